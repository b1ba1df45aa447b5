"""Which columns of a frame are new, or hold other values than before."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from mlsys.blocks import MOST_ROWS, dtypes_of, number_blocks
from mlsys.cache import address


def changed_columns(before: pd.DataFrame, after: pd.DataFrame, names: Collection[str] | None = None) -> set[str]:
    """Return those columns of ``after``, or of ``names`` among them, that are new or hold other values than before.

    Parameters
    ----------
    before, after : DataFrame
        The same rows.
    names : collection of str, optional
        Columns to compare.

    Notes
    -----
    Another type is another value; null equals null. Columns that lie in the same memory are not read, and floats of
    short frames are compared many columns at once.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1.0, None], "b": [1, 2]})
    >>> sorted(changed_columns(one, one.assign(b=[1, 3], c=0)))
    ['b', 'c']
    """
    known, now = dtypes_of(before), dtypes_of(after)
    asked = [name for name in now if names is None or name in names]
    there = [name for name in asked if name in known and known[name] == now[name]]
    moved = set(asked).difference(there)
    together = len(after) <= MOST_ROWS and before.index.equals(after.index)
    floats = [name for name in there if together and now[name] == np.float64]
    pairs = zip(number_blocks(before, floats), number_blocks(after, floats), strict=True)
    for (some, one), (_, other) in pairs:
        same = ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
        moved.update(some[place] for place in np.flatnonzero(~same).tolist())
    alone = set(there).difference(floats)
    moved.update(name for name in there if name in alone and not _untouched(before[name], after[name]))
    return {str(name) for name in moved}


def _untouched(one: pd.Series, other: pd.Series) -> bool:
    return one is other or (address(one) is not None and address(one) == address(other)) or one.equals(other)
