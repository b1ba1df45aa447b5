"""Near repeats in numbers: evaluated rows with a training row far closer than rows that are merely alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.values import Kind, is_of_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_TRAIN, MOST_JUDGED = 20_000, 1_000
FEWEST = 200
MOST_COLUMNS = 8
FINE = 0.5
"""Share of unique values from which a column is fine-grained enough to distinguish copies from chance."""
COMMON = 0.05
"""Share of rows with one value, such as 0, from which density is uninformative."""
INNER, SMALL_INNER, SMALL = 20, 10, 3_000
"""Copies are sought among the neighbours before this one; among fewer in fewer rows than ``SMALL``."""
OUTWARD, SPARE = 4, 20
"""The density is learned from the inner neighbour to the fourfold; spare ones stand in for rows that are equal here."""
SURPRISING = 0.01
"""Chance of a nearest neighbour so close, where rows lie as densely as a little further out."""
CHANCE = 0.03
"""Share of rows that is so close in clean data at most, since the dimension is learned from few neighbours and the
density is uneven; measured on normal, log-normal, heavy-tailed, clustered and curved data of 2 to 8 columns."""
SHARE = 0.05
"""Of the evaluated rows, beyond what chance brings, from which on it is a warning."""
ERRORS = 5.0


def near_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: Sequence[str], learned: str = "training"
) -> list[Finding]:
    """Return a finding when many rows of a part have a row learned from far closer than density explains.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows.
    name : str
        Name of the part.
    features : sequence of str
        Features; at most eight fine-grained numbers are compared.
    learned : str
        Name of the rows learned from, for messages.

    Notes
    -----
    Dense data has near rows everywhere, so closeness alone proves nothing. Around each evaluated row the dimension is
    estimated from its twentieth to eightieth neighbour (Levina and Bickel 2004, censored below); with a locally uniform
    density the nearest of the inner nineteen is at a share ``r`` of the twentieth's distance or closer with probability
    ``1 - (1 - r ** dimension) ** 19``. A row is near where that is below ``SURPRISING``; copies with noise, and points
    interpolated between rows, are. Largest difference of scaled columns as distance. Cost: one tree of 20,000 rows.
    """
    columns = fine_columns(train, part, features)
    if len(columns) < 2:
        return []
    rows, known = _scaled(train, part, columns)
    if len(known) < FEWEST or len(rows) < FEWEST:
        return []
    chances = nearest_chances(rows, known)
    if len(chances) < FEWEST:
        return []
    share = float((chances < SURPRISING).mean())
    error = float(np.sqrt(CHANCE * (1 - CHANCE) / len(chances)))
    looked_at = min(1.0, len(known) / len(train))
    excess = (share - CHANCE) / looked_at
    if excess < SHARE or share - CHANCE < ERRORS * error:
        return []
    return [
        Finding(
            "LK214",
            f"about {min(excess, 1.0):.0%} of the {name} rows have a {learned} row far closer in "
            f"{', '.join(map(repr, columns))} than rows that are merely alike, as copies with noise and interpolated "
            f"rows do; {REMEDIES['made copies']}",
            "warning",
            columns=tuple(columns),
        )
    ]


def nearest_chances(rows: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each row how likely a nearest neighbour as close as its own is; rows without enough are left out.

    Parameters
    ----------
    rows, known : array of shape (rows, columns)
        Rows asked about, and those among which they are looked up.
    """
    from scipy.spatial import KDTree

    inner = INNER if len(known) >= SMALL else SMALL_INNER
    outer = OUTWARD * inner
    distances = np.sort(KDTree(known).query(rows, k=min(outer + SPARE, len(known)), p=np.inf)[0], axis=1)
    equal = (distances == 0).sum(axis=1)
    enough = equal + outer <= distances.shape[1]
    distances = np.take_along_axis(distances[enough], equal[enough, None] + np.arange(outer), axis=1)
    logs = np.log(distances[:, -1:] / distances[:, inner - 1 : -1])
    dimension = (outer - inner) / np.maximum(logs.sum(axis=1) + (inner - 1) * logs[:, 0], 1e-12)
    most = rows.shape[1] if rows.shape[1] > 2 else 1  # two columns often lie on lines: an amount, and it by the piece
    dimension = np.minimum(dimension, most)  # and rows far away, all at one distance, would look like more
    inside = (distances[:, 0] / distances[:, inner - 1]) ** dimension
    chances: NDArray[np.float64] = 1 - (1 - inside) ** (inner - 1)
    return chances


def fine_columns(train: pd.DataFrame, part: pd.DataFrame, features: Sequence[str]) -> list[str]:
    """Return the numeric features that nearly every row has a value of its own in, finest first."""
    shares: dict[str, float] = {}
    kinds, others = dtypes_of(train), dtypes_of(part)
    for name in features:
        if name not in others or not all(is_of_type(each[name], {Kind.NUMBER}) for each in (kinds, others)):
            continue
        some = train[name].head(MOST_TRAIN // 4).dropna()
        counts = some.value_counts()
        if len(some) >= FEWEST and len(counts) >= FINE * len(some) and counts.iloc[0] <= COMMON * len(some):
            shares[name] = len(counts) / len(some)
        if sum(share == 1 for share in shares.values()) == MOST_COLUMNS:  # no later column is finer
            break
    return sorted(sorted(shares, key=lambda name: -shares[name])[:MOST_COLUMNS], key=list(features).index)


def _scaled(
    train: pd.DataFrame, part: pd.DataFrame, columns: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return some rows of both sides without nulls, each column in units of its middle half, its tails drawn in."""
    known = in_hash_order(train[columns].dropna(), MOST_TRAIN).to_numpy(dtype=np.float64)
    rows = in_hash_order(part[columns].dropna(), MOST_JUDGED).to_numpy(dtype=np.float64)
    if not len(known):
        return rows, known
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75], axis=0)
    unit = np.where(high > low, high - low, 1.0)
    return np.arcsinh((rows - middle) / unit), np.arcsinh((known - middle) / unit)
