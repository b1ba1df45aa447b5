"""Find the columns of a frame that are new or have changed values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from mlsys.blocks import MOST_ROWS, dtypes_of, number_blocks
from mlsys.tables import address

FEW = 16
"""Up to so many columns of floats are compared one by one: most lie in the same memory, which costs less to see."""


FEW = 16
"""Up to so many columns of floats are compared one by one: most lie in the same memory, which costs less to see."""


def changed_columns(before: pd.DataFrame, after: pd.DataFrame, names: Collection[str] | None = None) -> set[str]:
    """Return the columns of ``after``, or those among ``names``, that are new or have changed values.

    Parameters
    ----------
    before, after : DataFrame
        The same rows.
    names : collection of str, optional
        Columns to compare.

    Notes
    -----
    A different type counts as a different value; null equals null. Columns that share memory are not read, and floats
    of short frames are compared many columns at once.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1.0, None], "b": [1, 2]})
    >>> sorted(changed_columns(one, one.assign(b=[1, 3], c=0)))
    ['b', 'c']
    """
    known = set(before.columns.tolist())
    asked = [name for name in after.columns.tolist() if names is None or name in names]
    there = [name for name in asked if name in known]
    moved = set(asked).difference(there)
    together = _floats_of_both(before, after, there) if FEW < len(there) and len(after) <= MOST_ROWS else []
    for (some, one), (_, other) in zip(number_blocks(before, together), number_blocks(after, together), strict=True):
        same = ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
        moved.update(some[place] for place in np.flatnonzero(~same).tolist())
    alone = set(there).difference(together)
    return {str(name) for name in moved.union(name for name in alone if not _untouched(before[name], after[name]))}


def _floats_of_both(before: pd.DataFrame, after: pd.DataFrame, names: list[Any]) -> list[Any]:
    """Return the columns that hold plain floats in both frames, whose rows are the same."""
    if not before.index.equals(after.index):
        return []
    one, other = dtypes_of(before), dtypes_of(after)
    return [name for name in names if one[name] == np.float64 and other[name] == np.float64]


def _untouched(one: pd.Series, other: pd.Series) -> bool:
    if one.dtype != other.dtype:
        return False
    return one is other or (address(one) is not None and address(one) == address(other)) or one.equals(other)
