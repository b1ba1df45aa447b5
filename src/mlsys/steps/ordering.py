"""Rows in order of key and moment, and how many of them lie before another moment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.values import ranks

_NULL = np.iinfo(np.int64).min
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000)
"""Nanoseconds of the units in which moments are tried: whole minutes of years still fit beside many keys."""
_ROOM = 2**62
_LARGE = 20_000
"""Rows from which counting keys is worth its overhead."""


def sorted_places(keys: NDArray[np.int64], moments: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of rows by key, then by moment, then as they stood.

    Examples
    --------
    >>> sorted_places(np.array([1, 0, 1]), np.array([5, 7, 3])).tolist()
    [1, 2, 0]
    """
    if len(keys) < _LARGE:
        return np.lexsort((ranks(moments), keys))
    numbers = ranks(moments)
    in_time = None if bool((numbers[1:] >= numbers[:-1]).all()) else np.argsort(numbers, kind="stable")
    ordered = keys if in_time is None else keys[in_time]
    low = int(ordered.min())
    if int(ordered.max()) - low >= 2 * len(keys):
        by_key = np.argsort(ordered, kind="stable")
    else:
        from scipy import sparse

        # Rows of a sparse matrix are counted into place, which is faster than to sort them.
        shape = (int(ordered.max()) - low + 1, len(keys))
        small = np.int32 if len(keys) < np.iinfo(np.int32).max else np.int64
        cells: Any = (np.zeros(len(keys), np.int8), ((ordered - low).astype(small), np.arange(len(keys), dtype=small)))
        by_key = sparse.coo_array(cells, shape=shape).tocsr().indices.astype(np.int64)
    return by_key if in_time is None else in_time[by_key]


class Order:
    """Moments of sorted rows, key by key, in one whole number a row.

    Parameters
    ----------
    keys : array of int64
        Sorted, none negative.
    moments : array
        Nanoseconds, sorted within each key; none null.

    Examples
    --------
    >>> order = Order(np.array([0, 0, 1]), np.array([10, 20, 5]))
    >>> order.before(np.array([0, 0, 1, 2]), np.array([20, 21, 5, 99])).tolist()
    [1, 2, 2, 3]
    """

    def __init__(self, keys: NDArray[np.int64], moments: NDArray[Any]) -> None:
        self._levels: NDArray[Any] | None = None
        self._low, self._high, self._unit = 0, 0, 1
        many = int(keys[-1]) + 2 if len(keys) else 1
        if len(moments):
            self._low, self._high = int(moments.min()), int(moments.max())
        unit = self._whole(moments, many)
        if unit is None:
            self._levels, placed = np.unique(moments, return_inverse=True)
            self._span = len(self._levels) + 1
        else:
            self._unit, placed = unit, (moments - self._low) // unit if unit > 1 else moments - self._low
            self._span = (self._high - self._low) // unit + 2
        self._sorted = keys * self._span + placed

    def _whole(self, moments: NDArray[Any], keys: int) -> int | None:
        """Return the unit in which the moments are whole and fit beside the keys."""
        for unit in _UNITS:
            if (self._high - self._low) // unit + 2 < _ROOM // keys:
                whole = moments.dtype != object and (unit == 1 or not ((moments - self._low) % unit).any())
                return unit if whole else None
        return None

    def before(self, keys: NDArray[np.int64], moments: NDArray[Any], also_then: bool = False) -> NDArray[np.int64]:
        """Return how many rows lie before each moment of a key, those of lesser keys included.

        Parameters
        ----------
        keys : array of int64
            Of a key that no row has, all rows of lesser keys are counted.
        moments : array
            Nanoseconds; nothing lies before null.
        also_then : bool
            Count rows of the same moment too.
        """
        if self._levels is not None:
            placed = np.searchsorted(self._levels, moments, "right" if also_then else "left")
        else:
            null = moments == _NULL
            moments = moments + 1 if also_then else moments
            inside = np.clip(moments, self._low, self._high + 1).astype(np.int64) - self._low
            placed = -(-inside // self._unit) if self._unit > 1 else inside
            placed = np.where(null, 0, placed)
        top = self._sorted[-1] // self._span + 1 if len(self._sorted) else 0
        asked = np.minimum(keys, top) * self._span + placed
        return np.searchsorted(self._sorted, asked, "left")
