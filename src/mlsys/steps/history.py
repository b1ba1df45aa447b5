"""Past: what was known of a key before each row's decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.steps.keys import NO_KEY, numbered
from mlsys.values import moments_of, nanoseconds, ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Learnt:
    """What became known of a key since its last decision, and the rows that are decided next.

    Parameters
    ----------
    decided : slice
        Of the rows in the order of the replay those that are decided, all of one key and with the same past.
    begins : bool
        Whether these are the first rows of the key.
    rows : DataFrame
        What became known, oldest first.
    """

    decided: slice
    begins: bool
    rows: pd.DataFrame


class Past:
    """Earlier rows of the same key, for every row of a frame.

    Parameters
    ----------
    now : DataFrame
        The rows to compute for.
    rows : DataFrame
        All rows that may be history.
    by : str or sequence of str
        The key columns, in both.
    decide : Series
        Moment of decision of each row of ``now``.
    known : Series
        Moment from which each row of ``rows`` was known.
    asked : set of str, optional
        Collects the names of the columns that are used.
    states : sequence, optional
        For each row of ``now`` what was absorbed of its key before ``rows``; ``None`` for nothing.

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
        by: str | Sequence[str],
        decide: pd.Series,
        known: pd.Series,
        asked: set[str] | None = None,
        states: Sequence[Any] | None = None,
    ) -> None:
        self._index = now.index
        self._asked: set[str] = set() if asked is None else asked
        self._states = states
        key_rows, key_now = numbered(by, rows, now)
        self._key_now = key_now
        usable = np.flatnonzero(known.notna().to_numpy() & (key_rows != NO_KEY))
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

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Places of the rows in the order of the replay: key by key, and in order of time."""
        return np.lexsort((self._end, self._key_now))

    def replayed(self) -> Iterator[Learnt]:
        """Replay the past key by key, in order of time: what became known before each decision, and who is decided."""
        order = self.order
        if not len(order):
            return
        key, start, end = self._key_now[order], self._start[order], self._end[order]
        # Rows without a key are nobody's: each stands alone.
        begins = np.r_[True, np.diff(key) != 0] | (key == NO_KEY)
        firsts = np.flatnonzero(begins | np.r_[True, np.diff(end) != 0])
        done = 0
        for first, after in zip(firsts.tolist(), [*firsts[1:].tolist(), len(order)], strict=True):
            done = start[first] if begins[first] else done
            yield Learnt(slice(first, after), bool(begins[first]), self._rows.iloc[done : end[first]])
            done = end[first]

    def absorbed_before(self, learnt: Learnt) -> Any:
        """Return what was absorbed of a key before the rows of this past; ``None`` for nothing."""
        return None if self._states is None else self._states[self.order[learnt.decided.start]]

    def _column(self, name: str) -> pd.Series:
        self._asked.add(name)
        remedy = "correct the name; a served model keeps only the columns read in training"
        require_columns(self._rows.columns, [name], "the history", remedy)
        return self._rows[name]

    def _between(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        # Running sums restart at every key, so that one key's size never touches another's rounding.
        running = pd.Series(values).groupby(self._key_of_row, sort=False).cumsum().to_numpy()
        sums = np.r_[0.0, running]
        return np.asarray(np.where(self._end > self._start, sums[self._end], 0.0), dtype=np.float64)


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
