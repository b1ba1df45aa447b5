"""Columns that repeat another one given the target: they count as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.leakage.separation import in_hash_order
from mlsys.values import TIMES, Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALIKE = 0.6
"""Rank correlation within the classes from which on two columns are one; of pairs that correlate by .9 it finds 96 %
or more, of those that correlate by .5 none."""
MOST_ROWS, TENTHS = 5_000, 10
ROWS_A_LEVEL = 20
"""Minimum number of rows per level: with fewer, its means follow any column."""
FEW_CLASSES = 20


def siblings_of(column: str, others: Sequence[str], train: pd.DataFrame, target: str) -> list[str]:
    """Return the other columns that are correlated with one within the classes of the target, or tenths of a number.

    Parameters
    ----------
    column : str
        The column that they are compared with.
    others : sequence of str
        Columns to compare.
    train : DataFrame
        Training rows; at most 5,000 are used.
    target : str
        The target column.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"score": rng.normal(size=300), "age": rng.normal(size=300), "y": [0, 1] * 150})
    >>> frame["rating"] = np.where(frame["score"] > 0, "A", "B")
    >>> siblings_of("score", ["age", "rating"], frame, "y")
    ['rating']
    """
    rows = in_hash_order(train[[column, *others, target]], MOST_ROWS)
    within = _classes(rows[target])
    leader = _centred(_ranks(rows[column], _ranks(rows[target], within)), within)
    length = float(np.sqrt(leader @ leader))
    if not length:
        return []
    found = []
    for name in others:
        other = _centred(_ranks(rows[name], leader), within)
        both = length * float(np.sqrt(other @ other))
        if both and abs(float(leader @ other)) >= ALIKE * both:
            found.append(name)
    return found


def _classes(target: pd.Series) -> NDArray[np.int64]:
    """Return the class of each row, or the tenth of a target of many values."""
    codes = np.asarray(pd.factorize(target, use_na_sentinel=False)[0], dtype=np.int64)
    if codes.max(initial=0) < FEW_CLASSES:
        return codes
    ranks = target.rank(method="first", pct=True).to_numpy(dtype=np.float64, na_value=0.0)
    return np.ceil(ranks * TENTHS).astype(np.int64)


def _ranks(column: pd.Series, leader: NDArray[Any]) -> NDArray[np.float64]:
    """Return the rank of each row, nulls first; categories stand in the order of the leader's means."""
    kind = values_of(column).kind
    if kind in {Kind.NUMBER, Kind.TRUTH, *TIMES}:
        return np.asarray(plain(column).rank(na_option="top").to_numpy(dtype=np.float64))
    codes = pd.factorize(plain(column), use_na_sentinel=False)[0]
    counts = np.bincount(codes)
    if len(counts) * ROWS_A_LEVEL > len(codes):
        return np.zeros(len(codes))
    return np.asarray((np.bincount(codes, leader) / counts)[codes], dtype=np.float64)


def _centred(values: NDArray[np.float64], within: NDArray[np.int64]) -> NDArray[np.float64]:
    counts = np.maximum(np.bincount(within), 1)
    return values - (np.bincount(within, values) / counts)[within]
