"""Items: the values of features that slices are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer]


@dataclass(frozen=True)
class Items:
    """Values that enough rows have.

    Parameters
    ----------
    codes : sequence of ndarray
        For each feature the number of each row's value, from 0.
    feature, value : ndarray of int
        Of each item, ordered by feature and value.
    """

    codes: Sequence[Codes]
    feature: NDArray[np.int64]
    value: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.feature)

    def rows(self, item: int) -> NDArray[np.bool_]:
        """Return which rows have the value of an item."""
        return np.asarray(self.codes[self.feature[item]] == self.value[item])

    def where(self, items: Sequence[int]) -> NDArray[np.bool_]:
        """Return which rows have the values of all items."""
        held: NDArray[np.bool_] = np.logical_and.reduce([self.rows(item) for item in items])
        return held


def items_of(codes: Sequence[Codes], smallest: int, without: Sequence[int] = ()) -> Items:
    """Return the values that at least ``smallest`` rows have.

    Parameters
    ----------
    codes : sequence of ndarray of shape (rows,)
        One a feature, whole numbers from 0.
    smallest : int
        Rows of the smallest slice; a value of fewer rows is in none.
    without : sequence of int, optional
        For each feature a value that is no item; -1 for none.

    Examples
    --------
    >>> found = items_of([np.array([0, 0, 1]), np.array([2, 0, 2])], smallest=2)
    >>> found.feature.tolist(), found.value.tolist()
    ([0, 1], [0, 2])
    """
    values = [np.flatnonzero(np.bincount(each) >= smallest) for each in codes]
    values = [each[each != out] for each, out in zip(values, without or [-1] * len(values), strict=True)]
    feature = np.repeat(np.arange(len(values)), [len(each) for each in values])
    return Items(codes, feature, np.concatenate([*values, np.empty(0, np.int64)]).astype(np.int64))
