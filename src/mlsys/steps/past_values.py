"""Values of one column of a past, in order of time, and what spans of them amount to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries import SpanSums, span_distinct, span_extremes
from mlsys.values import EXACT_IN_FLOAT, NUMERIC, Unlike, by_value, refused, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


class PastValues:
    """One column of a past.

    Parameters
    ----------
    values : Series
        The rows of all keys, sorted by key and moment.
    same : array of bool
        For each row but the first, whether its key and moments are those of the row before.
    taken : array of int, optional
        Which rows, where spans are of a list of rows rather than of the rows themselves.

    Notes
    -----
    What is worked out once for all spans is kept, so that a few more rows cost little.
    """

    def __init__(self, values: pd.Series, same: NDArray[np.bool_], taken: Integers | None = None) -> None:
        self._column, self._same, self._places = values, same, taken
        self._sums: dict[int, SpanSums] = {}

    @cached_property
    def values(self) -> pd.Series:
        """The rows' values, in a type that holds null too: the type must not depend on which rows have a past."""
        return nullable(self._column)

    def taken(self, places: Integers, index: pd.Index) -> pd.Series:
        """Return the values at some places of the spans, null for -1."""
        return self._of_rows(self._row_at(places), index)

    def by_size(self, places: Integers, index: pd.Index) -> pd.Series:
        """Return the values at some places of the spans, where values of one moment are sorted; null for -1."""
        return self._of_rows(np.r_[self._listed(self._by_size), -1][places], index)

    def _of_rows(self, rows: Integers, index: pd.Index) -> pd.Series:
        if not len(self.values):
            return self.values.reindex(np.full(len(index), -1)).set_axis(index)
        return pd.Series(self.values.array.take(rows, allow_fill=True), index=index)

    def _row_at(self, places: Integers) -> Integers:
        if self._places is None:
            return places
        return np.asarray(np.r_[self._places, -1][places], dtype=np.int64)

    def _listed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return what rows hold in the order in which spans count them."""
        return values if self._places is None else values[self._places]

    def counts(self, start: Integers, end: Integers) -> Integers:
        """Return how many values are not null."""
        present = self._present
        return np.asarray(present[end] - present[start], dtype=np.int64)

    def sums(self, start: Integers, end: Integers) -> NDArray[np.float64]:
        """Return exact sums, rounded once."""
        bits = int((end - start).max(initial=0)).bit_length()
        kept = next((size for size in sorted(self._sums) if size >= bits), bits)
        if kept not in self._sums:
            self._sums[kept] = SpanSums(self._numbers, (1 << kept) - 1)
        return self._sums[kept].of(start, end)

    def extremes(self, start: Integers, end: Integers, largest: bool) -> NDArray[np.float64]:
        """Return the least or largest value, null where there is none."""
        known = self._numbers[~np.isnan(self._numbers)]
        first, after = self._present[start], self._present[end]
        found = span_extremes(known, first, after, largest)
        return np.where(after > first, found, np.nan)

    def distinct(self, start: Integers, end: Integers) -> Integers:
        """Return how many different values there are."""
        return span_distinct(self._codes, start, end)

    def latest(self, start: Integers, end: Integers, index: pd.Index) -> pd.Series:
        """Return the last value that is not null; of several of one moment the largest."""
        rows = self._listed(self._by_size)
        known = self.values.notna().to_numpy()[rows]
        before = np.r_[-1, np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))]
        at = before[end]
        return self._of_rows(np.where(at >= start, np.r_[rows, -1][at], -1), index)

    @cached_property
    def _by_size(self) -> Integers:
        """The rows, those of one key and moment by their values: so the order in which they came does not matter."""
        if not self._same.any():
            return np.arange(len(self._column))
        ranks = pd.factorize(self._compared, sort=True)[0]
        return np.lexsort((ranks, np.cumsum(np.r_[True, ~self._same])))

    @cached_property
    def _compared(self) -> pd.Series:
        """The values in the form in which they are compared."""
        try:
            return by_value(self.values)
        except Unlike as error:
            raise refused(error, f"the history reads column {self._column.name!r}, which") from error

    @cached_property
    def _codes(self) -> Integers:
        return self._listed(np.asarray(pd.factorize(self._compared)[0], dtype=np.int64))

    @cached_property
    def _present(self) -> Integers:
        known = self._listed(self.values.notna().to_numpy())
        present = np.zeros(len(known) + 1, dtype=np.int64)
        np.cumsum(known, out=present[1:])
        return present

    @cached_property
    def _numbers(self) -> NDArray[np.float64]:
        held = values_of(self._column)
        if held.means not in NUMERIC and self._column.notna().any():
            raise DataError(
                f"the history reads column {self._column.name!r}, which holds {held}, as numbers",
                'choose a column of numbers, or count its rows or distinct values: "count", "distinct"',
            )
        return self._listed(self.values.to_numpy(dtype=np.float64, na_value=np.nan))


def nullable(values: pd.Series) -> pd.Series:
    """Return a column in a type that holds null; whole numbers as floats where that loses nothing."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "biu":
        return values
    if values.dtype.kind == "b":
        return values.astype("boolean")
    exact = values.empty or abs(int(values.min())) <= EXACT_IN_FLOAT >= abs(int(values.max()))
    return values.astype("float64" if exact else "UInt64" if values.dtype.kind == "u" else "Int64")
