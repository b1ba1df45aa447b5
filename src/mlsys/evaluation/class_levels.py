"""Levels: the classes of rows as they stand in the data, numbered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[np.float64]
CLOSE = 1_000
"""Whole numbers that lie within so many are numbered by subtraction."""
AT_ONCE = 1 << 16
"""Rows that are read at once: they stay in the processor's cache."""


@dataclass(frozen=True)
class Levels:
    """Classes of rows as they stand in the data: the place of each row's among the different values, -1 for null.

    Parameters
    ----------
    places : ndarray of int
        One a row.
    values : tuple
        The different values.
    texts : tuple of str
        Each value as a text.
    may_be_null : bool
        Whether some row may be null; rows are not read again to find out.
    """

    places: NDArray[np.int64]
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    may_be_null: bool = True

    @classmethod
    def of(cls, values: pd.Series) -> Levels:
        """Read classes; few values are turned into texts, not every row."""
        numbered = _numbered(values.to_numpy()) if isinstance(values.dtype, np.dtype) else None
        if numbered is not None:
            plain = tuple(numbered[1].tolist())
            return cls(numbered[0], plain, tuple(map(str, plain)), may_be_null=False)
        places, found = pd.factorize(values)
        texts = tuple(pd.Series(found).astype("str"))
        return cls(np.asarray(places, np.int64), tuple(found.tolist()), texts, bool((places < 0).any()))

    @property
    def nulls_last(self) -> NDArray[np.int64]:
        """Place of each row's value, that of null behind all others."""
        return np.where(self.places < 0, len(self.values), self.places) if self.may_be_null else self.places

    def codes(self, codes: Mapping[str, float]) -> Values:
        """Return the code of each row, NaN for a class that has none."""
        return self.coded(codes)[self.places]  # null has the place -1: the last

    def coded(self, codes: Mapping[str, float]) -> Values:
        """Return the code of each different value, and NaN for null, which comes last."""
        return np.array([codes.get(text, np.nan) for text in self.texts] + [np.nan])

    def taken(self, rows: NDArray[np.int64]) -> Levels:
        """Return some of the rows."""
        return replace(self, places=self.places[rows])


def _numbered(numbers: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]] | None:
    """Return the places of whole numbers that lie close together, and these; ``None`` for what is to be hashed."""
    if numbers.dtype.kind not in "iub" or not len(numbers):
        return None
    low, high = _ends(numbers)
    if high - low >= CLOSE or abs(low) >= 2**62:
        return None
    places = numbers.astype(np.int64) - low if low else numbers.astype(np.int64, copy=False)
    there = _there(places, high - low + 1)
    if len(there) <= high - low:
        places = np.searchsorted(there, places)
    return places, (there + low).astype(numbers.dtype)


def _ends(numbers: NDArray[Any]) -> tuple[int, int]:
    """Return the least and the greatest number; each part is read twice while it is in the processor's cache."""
    parts = [numbers[begin : begin + AT_ONCE] for begin in range(0, len(numbers), AT_ONCE)]
    ends = [(int(part.min()), int(part.max())) for part in parts]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _there(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return which places occur; rows are read until all of them do."""
    found = np.zeros(size, dtype=bool)
    for begin in range(0, len(places), AT_ONCE):
        found |= np.bincount(places[begin : begin + AT_ONCE], minlength=size) > 0
        if found.all():
            break
    return np.flatnonzero(found)
