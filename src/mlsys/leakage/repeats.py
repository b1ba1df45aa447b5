"""Equal rows on both sides of a split: the same case seen twice, or the same case with another label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import is_measured
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.steps.repeats import SAMPLE, SURPRISING
from mlsys.summaries import equal_by_chance, equal_rows, row_hashes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.summaries.hashing import Hashes

SHARE_OF_DUPLICATES = 0.05
"""Below this share of evaluated rows it stays information; so do repeats that chance and differing targets explain."""
FEWEST_COLUMNS = 4
"""Rows of fewer columns are often equal without being the same case."""
ACROSS, WITHIN = 0.3, 0.02
"""Share of evaluated rows that equal a training row, and of training rows that equal another one: rows of few columns
that recur by nature do so within the training rows as well."""
BEYOND_DOUBT = 1e-6
"""Equal rows of fewer columns are the same case where no more than so many are expected by chance: long texts."""


def repeat_findings(
    train: pd.DataFrame,
    part: pd.DataFrame,
    name: str,
    features: Sequence[str],
    target: str | None,
    known: Hashes | None = None,
    learned: str = "training",
    compared: str = "all features",
) -> list[Finding]:
    """Return findings about rows of a part that equal a row learned from in all features.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows.
    name : str
        Name of the part.
    features : sequence of str
        Columns compared; those that hold lists are left out.
    target : str, optional
        Compared for equal rows unless the part lacks it: remove it from a part whose labels are sealed. Whether equal
        rows are one case is then inferred from training rows that repeat each other.
    known : array of uint64, optional
        Hashes of the training rows over ``features``, if known from another part.
    learned : str
        What a message calls the rows learned from: training rows, or those of another part that something is fitted on.
    compared : str
        What a message calls the columns.
    """
    columns = [column for column in features if column in train.columns]
    if not columns or train.empty or part.empty:
        return []
    rows, asked = train[columns], part[columns]
    known = row_hashes(rows) if known is None else known
    equal = equal_rows(rows, asked, known)
    both = int(equal.sum())
    if not both:
        return []
    chance = equal_by_chance(asked[equal], in_hash_order(rows, SAMPLE), len(train), SURPRISING)
    few = len(columns) < FEWEST_COLUMNS and not _only_across(known, both / len(part))
    bound = BEYOND_DOUBT if few else SURPRISING
    surprising = float((chance < bound).mean())
    bar = SHARE_OF_DUPLICATES * len(part)
    same, other = float(both), 0
    if target is not None and target in train.columns:
        labels = train[target]
        by_chance = float((labels.value_counts(normalize=True, dropna=False) ** 2).sum())
        if target in part.columns:
            agree = _agreement(known, labels, row_hashes(asked[equal]), part.loc[equal, target])
            same, other = both * _same_cases(agree, by_chance), 0 if is_measured(labels) else int((agree == 0).sum())
        else:
            same = both * _same_cases(_agreement_among(known, labels), by_chance)
    found = [
        _seen_twice(both, len(part), name, learned, compared, "warning" if surprising * same > bar else "information")
    ]
    if other:
        found.append(
            _labelled_otherwise(
                other, len(part), name, learned, compared, "warning" if surprising * other > bar else "information"
            )
        )
    return found


def _only_across(known: Hashes, share: float) -> bool:
    """Whether rows recur between the parts, and hardly within the training rows."""
    return share >= ACROSS and len(np.unique(known)) >= (1 - WITHIN) * len(known)


def _seen_twice(both: int, rows: int, name: str, learned: str, compared: str, severity: str) -> Finding:
    return Finding(
        "LK213",
        f"{both:,} of {rows:,} {name} rows equal a {learned} row in {compared}; "
        f"if they are the same case seen twice, {REMEDIES['repeats']}",
        severity,
    )


def _labelled_otherwise(other: int, rows: int, name: str, learned: str, compared: str, severity: str) -> Finding:
    return Finding(
        "LK215",
        f"{other:,} of {rows:,} {name} rows equal {learned} rows in {compared} and have a different label from all of "
        f"these; {REMEDIES['other label']}",
        severity,
    )


def _agreement(known: Hashes, labels: pd.Series, asked: Hashes, judged: pd.Series) -> NDArray[np.float64]:
    """Return for each evaluated row the share of its equal training rows that have its label."""
    alike = _counted(known, labels).reindex(_pairs(asked, judged)).fillna(0.0).to_numpy()
    shares: NDArray[np.float64] = alike / pd.Series(asked).map(pd.Series(known).value_counts()).to_numpy()
    return shares


def _agreement_among(known: Hashes, labels: pd.Series) -> NDArray[np.float64]:
    """Return for each training row that repeats others the share of these that have its label."""
    alike = _counted(known, labels).reindex(_pairs(known, labels)).to_numpy() - 1
    others = pd.Series(known).map(pd.Series(known).value_counts()).to_numpy() - 1
    shares: NDArray[np.float64] = alike[others > 0] / others[others > 0]
    return shares


def _pairs(hashes: Hashes, labels: pd.Series) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([hashes, row_hashes(labels.to_frame())])


def _counted(hashes: Hashes, labels: pd.Series) -> pd.Series:
    return pd.Series(1.0, index=_pairs(hashes, labels)).groupby(level=[0, 1]).sum()


def _same_cases(agree: NDArray[np.float64], by_chance: float) -> float:
    """Return the share of equal rows that are the same case again, as far as labels tell.

    The same case has the same label. Rows that are equal by chance agree at least as often as any two rows; those that
    differ therefore give a lower bound of the number that is equal by chance.
    """
    return 1.0 - float((1 - agree).mean()) / (1 - by_chance) if len(agree) and by_chance < 1 else 1.0
