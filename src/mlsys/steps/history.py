"""Past: what was known of a key before each row's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import DataError
from mlsys.values import Unlike, as_values_like, by_value, moments_of, nanoseconds, ranks, refused

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Past:
    """Earlier rows of the same key, for every row of a frame.

    Parameters
    ----------
    now : DataFrame
        The rows to compute for.
    rows : DataFrame
        All rows that may be history.
    by : str
        The key column, in both.
    decide : Series
        Moment of decision of each row of ``now``.
    known : Series
        Moment from which each row of ``rows`` was known.
    asked : set of str, optional
        Collects the names of the columns that are used.

    Notes
    -----
    A row is history if it was known strictly before the decision. Sorting costs O(n log n) once; every
    aggregate is then one pass over sorted arrays.

    Examples
    --------
    >>> frame = pd.DataFrame({"who": ["a", "a", "b"], "paid": [1.0, 3.0, 5.0],
    ...                       "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"])})
    >>> past = Past(frame, frame, "who", frame["day"], frame["day"])
    >>> past.count().tolist(), past.mean("paid").tolist()
    ([0, 1, 0], [nan, 1.0, nan])
    """

    def __init__(
        self,
        now: pd.DataFrame,
        rows: pd.DataFrame,
        by: str,
        decide: pd.Series,
        known: pd.Series,
        asked: set[str] | None = None,
    ) -> None:
        for frame in (now, rows):
            if by not in frame.columns:
                raise DataError(f"the history key {by!r} is not a column", "name a column of the data in by=")
        self._index = now.index
        self._asked: set[str] = set() if asked is None else asked
        keys, _ = pd.factorize(pd.concat(_alike(rows[by], now[by]), ignore_index=True))
        key_rows, key_now = keys[: len(rows)], keys[len(rows) :]
        usable = np.flatnonzero(known.notna().to_numpy() & (key_rows >= 0))
        moments = nanoseconds(moments_of(known, "a history"))[usable]
        order = np.lexsort((ranks(moments), key_rows[usable]))
        self._rows = rows.iloc[usable[order]]
        sorted_keys, sorted_moments = key_rows[usable][order], moments[order]
        self._key_of_row = sorted_keys
        self._start = np.searchsorted(sorted_keys, key_now, side="left")
        self._end = self._start + _count_before(
            sorted_keys, sorted_moments, key_now, nanoseconds(moments_of(decide, "a history")), self._start
        )

    def count(self) -> pd.Series:
        """Return how many rows of the past each row has."""
        return pd.Series(self._end - self._start, index=self._index)

    def last(self, column: str, back: int = 1) -> pd.Series:
        """Return the value of the ``back``-th most recent row of the past; null if there are fewer rows."""
        at = self._end - back
        values = self._column(column).array.take(np.where(at >= self._start, at, -1), allow_fill=True)
        return pd.Series(values, index=self._index)

    def sum(self, column: str) -> pd.Series:
        """Return the sum of a numeric column over the past; nulls are skipped."""
        values = self._column(column).to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(self._between(np.nan_to_num(values)), index=self._index)

    def mean(self, column: str) -> pd.Series:
        """Return the mean of a numeric column over the past; null without known values."""
        present = self._between(self._column(column).notna().to_numpy().astype(np.float64))
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.Series(self.sum(column).to_numpy() / present, index=self._index)

    def of(self, position: int) -> pd.DataFrame:
        """Return the past of one row as a frame, oldest first."""
        return self._rows.iloc[self._start[position] : self._end[position]]

    def _column(self, name: str) -> pd.Series:
        self._asked.add(name)
        remedy = "correct the name; a served model keeps the columns that were read in training"
        require_columns(self._rows.columns, [name], "the history", remedy)
        return self._rows[name]

    def _between(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        # Running sums restart at every key, so that one key's size never touches another's rounding.
        running = pd.Series(values).groupby(self._key_of_row, sort=False).cumsum().to_numpy()
        sums = np.r_[0.0, running]
        return np.asarray(np.where(self._end > self._start, sums[self._end], 0.0), dtype=np.float64)


def _alike(rows: pd.Series, now: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the keys of past and present rows in the form in which they are compared."""
    try:
        known = by_value(rows)
        return known, as_values_like(by_value(now), known, ("in the rows", "in the history"))
    except Unlike as error:
        raise refused(error, f"the history key {rows.name!r}") from error


def _count_before(
    keys: NDArray[np.int64],
    moments: NDArray[Any],
    key_now: NDArray[np.int64],
    decide: NDArray[Any],
    start: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Count, for each row, the sorted entries of its key with a moment strictly before its decision."""
    span = np.r_[moments, decide]
    ranks = np.unique(span, return_inverse=True)[1].astype(np.int64)
    base = int(ranks.max(initial=0)) + 1
    combined = keys.astype(np.int64) * base + ranks[: len(moments)]
    wanted = key_now.astype(np.int64) * base + ranks[len(moments) :]
    return np.asarray(np.maximum(np.searchsorted(combined, wanted, side="left") - start, 0), dtype=np.int64)
