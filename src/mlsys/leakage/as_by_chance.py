"""Whether given parts look like a random split of single rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.leakage.levels import auc, levels_of_column
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import hashable_columns
from mlsys.values import NUMERIC, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

SAMPLE = 6_000
FEWEST_COLUMNS = 2
"""That could have told parts by time or by group: with fewer nothing is said."""
ERRORS = 3.5
"""Standard errors by which no column tells the parts apart."""
SHARED = 0.25
"""How much rarer values of evaluated rows are among training rows than their own; parts by group share none."""


def as_by_chance(train: pd.DataFrame, judged: pd.DataFrame, accused: Collection[str], apart: Collection[str]) -> bool:
    """Whether no column distinguishes the parts, and values recur in evaluated rows as often as in training rows.

    Parameters
    ----------
    train, judged : DataFrame
        The parts; at most 6,000 rows of each are used.
    accused : collection of str
        Columns that may differ because they are under suspicion.
    apart : collection of str
        Columns to ignore: the target, and those that name the parts.

    Examples
    --------
    >>> rows = pd.DataFrame(np.random.default_rng(0).normal(size=(900, 3)), columns=["a", "b", "c"])
    >>> as_by_chance(rows[:600], rows[600:], [], []), as_by_chance(rows[:600], rows[600:] + 1, [], [])
    (True, False)
    """
    there = set(hashable_columns(train)) & set(hashable_columns(judged)) - set(apart)
    names = [name for name in train.columns if name in there]
    if len(set(names) - set(accused)) < FEWEST_COLUMNS:
        return False
    sides = [in_hash_order(side[names], SAMPLE) for side in (train, judged)]
    later, half = np.repeat([False, True], [len(each) for each in sides]), len(sides[0]) // 2
    for name in names:
        codes = _in_order(pd.concat([each[name] for each in sides], ignore_index=True))
        area, error = auc(later, codes)
        if name not in accused and abs(area - 0.5) > ERRORS * error:
            return False
        known = np.isin(codes[half:], codes[:half])
        if known[: len(sides[0]) - half].mean() - known[len(sides[0]) - half :].mean() > SHARED:
            return False
    return True


def _in_order(column: pd.Series) -> NDArray[np.float64]:
    """Return the places of values in their order; texts have that of the alphabet, since codes come in turn."""
    if values_of(column).kind in NUMERIC:
        return levels_of_column(column).codes.astype(np.float64)
    return np.asarray(plain(column).astype("str").rank(method="dense").to_numpy(), dtype=np.float64)
