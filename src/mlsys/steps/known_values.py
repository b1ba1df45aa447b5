"""Values of one column of a past of which, in each span, only some rows were known in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.steps.past_values import PastValues

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.summaries import KnownSpans

    Integers = NDArray[np.int64]


class KnownValues(PastValues):
    """One column of such a past; the spans are those of the past, in its order.

    Parameters
    ----------
    values : Series
        The rows of all keys, sorted by key and moment.
    same : array of bool
        For each row but the first, whether its key and moments are those of the row before.
    spans : KnownSpans
        Which rows count for whom.
    """

    def __init__(self, values: pd.Series, same: NDArray[np.bool_], spans: KnownSpans) -> None:
        super().__init__(values, same)
        self._known = spans

    def counts(self, start: Integers, end: Integers) -> Integers:
        """Return how many values are not null."""
        return self._known.counts(self.values.notna().to_numpy())

    def sums(self, start: Integers, end: Integers) -> NDArray[np.float64]:
        """Return exact sums, rounded once."""
        return self._known.sums(self._numbers)

    def extremes(self, start: Integers, end: Integers, largest: bool) -> NDArray[np.float64]:
        """Return the least or largest value, null where there is none."""
        sign = 1.0 if largest else -1.0
        numbers = np.where(np.isnan(self._numbers), -np.inf, sign * self._numbers)
        found = sign * self._known.largest(numbers, -np.inf)
        return np.where(self.counts(start, end) > 0, found, np.nan)

    def distinct(self, start: Integers, end: Integers) -> Integers:
        """Return how many different values there are."""
        return self._known.distinct(self._codes)

    def latest_rows(self) -> Integers:
        """Return the rows that hold the last value that is not null, -1 where there is none."""
        rows = self._by_size
        known = self.values.notna().to_numpy()[rows]
        last = self._known.largest(np.where(known, np.arange(len(rows)), -1), -1)
        return np.asarray(np.r_[rows, -1][last], dtype=np.int64)

    def of_rows(self, rows: Integers, index: pd.Index) -> pd.Series:
        """Return the values of some rows, null for -1."""
        return self._of_rows(rows, index)
