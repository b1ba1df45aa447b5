"""Rows that lie exactly between two others, as oversampling makes them before the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.blocks import dtypes_of
from mlsys.errors import Finding
from mlsys.leakage.levels import numbers_of, some_rows
from mlsys.leakage.off_grid import MOST_DECIMALS
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.values import Kind, is_of_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Table = NDArray[np.float64]

MOST_TRAIN, MOST_JUDGED = 20_000, 300
TOO_MANY = 3 * MOST_TRAIN
"""Training rows of which both rows that another was made of are rarely among those compared."""
FEWEST_COLUMNS, MOST_COLUMNS = 2, 8
FEWEST_COMPUTED = 2
"""Columns in which a row has more decimals than people write down: whole numbers lie on lines anyway."""
LARGEST = 1e60
DIFFERENT = 0.9
"""Share of different values among those of many decimals: fractions of whole numbers lie on lines as well."""
NEIGHBOURS = 60
"""Nearest training rows among which two are sought that a row lies between."""
STRAIGHT = 1e-12
"""How far the cosine of the directions to both may be from -1: an angle of a millionth."""
MOST_LINES = 5
"""Pairs of neighbours that a row is between, above which all rows lie on lines."""
FEWEST, SHARE = 8, 0.02
"""Rows between two others, and their share of those asked."""


def between_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: Sequence[str], learned: str = "training"
) -> list[Finding]:
    """Return a finding when many rows of a part lie exactly between two rows learned from.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows.
    name : str
        Name of the part.
    features : sequence of str
        Features; up to eight numbers that vary most are compared.
    learned : str
        Name of the rows learned from, for messages.

    Notes
    -----
    SMOTE and its variants put a row at a random place of the line between two rows. Among the sixty nearest training
    rows, in plain units and in standard deviations, two are sought whose directions are opposite to a millionth of an
    angle. Only rows with at least two numbers of many decimals are asked.

    Examples
    --------
    >>> import pandas as pd
    >>> generator = np.random.default_rng(0)
    >>> rows = pd.DataFrame(generator.normal(size=(300, 3)), columns=list("abc"))
    >>> made = rows[:150] + generator.random((150, 1)) * (rows[150:].to_numpy() - rows[:150])
    >>> [each.code for each in between_findings(rows, made, "validation", ["a", "b", "c"])]
    ['LK214']
    """
    columns = _columns(train, part, features) if len(train) <= TOO_MANY else []
    if len(columns) < FEWEST_COLUMNS:
        return []
    known, asked = _finite(train[columns], MOST_TRAIN), _finite(part[columns], MOST_JUDGED)
    rows = asked[(asked.round(MOST_DECIMALS) != asked).sum(axis=1) >= FEWEST_COMPUTED]
    if len(rows) < FEWEST or len(known) < NEIGHBOURS:
        return []
    scale = known.std(axis=0)
    scaled = (rows / scale, known / scale)
    between = _are_between(*scaled, near=scaled) | _are_between(*scaled, near=(rows, known))
    if between.sum() < max(FEWEST, SHARE * len(asked)):
        return []
    return [
        Finding(
            "LK214",
            f"{between.sum()} of {len(asked)} {name} rows lie exactly between two {learned} rows in "
            f"{', '.join(map(repr, columns))}, as oversampling makes them; {REMEDIES['made copies']}",
            "warning",
            columns=tuple(columns),
        )
    ]


def _columns(train: pd.DataFrame, part: pd.DataFrame, features: Sequence[str]) -> list[str]:
    """Return numeric features with values of many decimals, nearly all different: those with most among a few rows."""
    kinds, others, found = dtypes_of(train), dtypes_of(part), {}
    for name in features:
        if name in others and all(is_of_type(each[name], {Kind.NUMBER}) for each in (kinds, others)):
            some = numbers_of(some_rows(train[name]))
            some = some[np.abs(some) < LARGEST]
            computed = some[some.round(MOST_DECIMALS) != some]
            different = len(np.unique(computed))
            if different >= max(FEWEST, DIFFERENT * len(computed)) and np.ptp(some) > 1 / LARGEST:
                found[name] = len(np.unique(some))
    chosen = sorted(found, key=lambda name: -found[name])[:MOST_COLUMNS]
    return [name for name in features if name in chosen]


def _finite(frame: pd.DataFrame, most: int) -> Table:
    """Return some rows in which all numbers are known and no square of theirs is endless."""
    values = in_hash_order(frame.dropna(), most).to_numpy(dtype=np.float64)
    rows: Table = values[(np.abs(values) < LARGEST).all(axis=1)]
    return rows


def _are_between(rows: Table, known: Table, near: tuple[Table, Table]) -> NDArray[np.bool_]:
    """Whether rows have two opposite directions among those to their nearest rows, by some distance."""
    from scipy.spatial import KDTree

    places = KDTree(near[1]).query(near[0], k=NEIGHBOURS)[1]
    apart = known[places] - rows[:, None, :]
    length = np.sqrt((apart**2).sum(axis=2, keepdims=True))
    directions = np.divide(apart, length, out=np.zeros_like(apart), where=length > 0)
    lines = (np.matmul(directions, directions.transpose(0, 2, 1)) <= STRAIGHT - 1).sum(axis=(1, 2)) // 2
    found: NDArray[np.bool_] = (lines > 0) & (lines <= MOST_LINES)
    return found
