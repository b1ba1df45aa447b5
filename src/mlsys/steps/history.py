"""Past: what was known of a key before each row's decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import duration_of, require_columns
from mlsys.steps.keys import NO_KEY, numbered
from mlsys.steps.known_values import KnownValues
from mlsys.steps.ordering import Order, sorted_places
from mlsys.steps.past_values import PastValues
from mlsys.summaries import KnownSpans, span_places
from mlsys.values import moments_of, moved, nanoseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray


_LISTED = 32
"""Where windows hold more rows than this on average, rows that were not known in time are found without listing all."""


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
    aggregate is then one pass over sorted arrays. Sums are exact and rounded once, so that they do not depend on the
    order of rows.

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
        self._index, self._frame = now.index, rows
        self._asked: set[str] = set() if asked is None else asked
        self._states = states
        keys, self._key_now = numbered(by, rows, now)
        self._decide, self._decided = moments_of(decide, "a history"), nanoseconds(moments_of(decide, "a history"))
        moments = nanoseconds(moments_of(known, "a history"))
        usable = np.flatnonzero(known.notna().to_numpy() & (keys != NO_KEY))
        order = usable[sorted_places(keys[usable], moments[usable])]
        self._hold(order, keys[order], moments[order])
        self._start = self._first()
        self._end = np.maximum(self._searched(self._decided), self._start)

    def _hold(self, places: NDArray[np.int64], keys: NDArray[np.int64], *moments: NDArray[Any]) -> None:
        """Take rows in an order: by key, then by the moments."""
        self._places, self._keys, self._moments = places, keys, moments
        self._order = Order(keys, moments[0])
        self._taken: NDArray[np.int64] | None = None
        self._among: KnownSpans | None = None
        self._in_order: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        self._values: dict[str, PastValues] = {}

    def _searched(self, moments: NDArray[Any], also_then: bool = False) -> NDArray[np.int64]:
        """Return how many rows lie before a moment of each row's key, those of lesser keys included."""
        order = self._in_time
        counted = np.empty(len(moments), dtype=np.int64)
        counted[order] = self._order.before(self._key_now[order], moments[order], also_then)
        return counted

    def _first(self) -> NDArray[np.int64]:
        """Return where the rows of each row's key begin."""
        top = int(self._key_now.max(initial=NO_KEY)) + 1
        return np.searchsorted(self._keys, np.arange(NO_KEY, top), "left")[self._key_now - NO_KEY]

    @cached_property
    def _in_time(self) -> NDArray[np.int64]:
        """Places of the rows that are decided by key and decision: in this order they are searched fast."""
        return sorted_places(self._key_now, self._decided)

    def within(self, window: str | pd.Timedelta, time: str | None = None) -> Past:
        """Return the past that reaches back no further than a duration before each decision.

        Parameters
        ----------
        window : str or Timedelta
            Such as ``"3h"``. Rows of exactly that age are included.
        time : str, optional
            Column of the moments that must lie in the window; later ones than the decision do not. By default, the
            moment from which a row was known.

        Returns
        -------
        Past
            Of the same rows.
        """
        past = self if time is None else self._by_event(time)
        earliest = nanoseconds(moved(self._decide, -duration_of(window, "window")))
        start = np.maximum(past._searched(earliest), past._start)
        if time is None:
            return past._between(start, past._end)
        end = past._searched(self._decided)
        ordered = past._moments[1]
        if bool(((ordered[1:] >= ordered[:-1]) | (past._keys[1:] != past._keys[:-1])).all()):
            return past._between(start, np.minimum(end, self._end))
        return past._known_among(start, np.maximum(end, start))

    def before(self, duration: str | pd.Timedelta) -> Past:
        """Return the past as it was some time before each decision; what became known exactly then is included.

        Parameters
        ----------
        duration : str or Timedelta
            Such as ``"7D"``.
        """
        latest = nanoseconds(moved(self._decide, -duration_of(duration, "before")))
        end = np.clip(self._searched(latest, also_then=True), self._start, self._end)
        return self._between(self._start, end)

    def numbered(self, time: str, number: Callable[[pd.Series], NDArray[np.int64]]) -> Past:
        """Return the same past, its rows found by a number rather than by the moment at which they were known.

        Parameters
        ----------
        time : str
            Column of the past that is numbered.
        number : callable
            Returns the number of each of its values, such as that of a day.
        """
        numbers = number(self._taken_of(time))
        order = sorted_places(self._keys, numbers)
        found = self._between(self._start, self._end)
        found._hold(self._places[order], self._keys[order], numbers[order], self._moments[0][order])
        return found

    def at(self, wanted: NDArray[np.int64]) -> Past:
        """Return the rows of a numbered past with the number that each row asks for, if known before its decision."""
        start, end = self._searched(wanted), self._searched(wanted, also_then=True)
        if (end - start).max(initial=0) > 1:
            return self._known_among(start, end)
        there = np.flatnonzero(end > start)
        known = self._moments[1][start[there]] < self._decided[there]
        end = start.copy()
        end[there[known]] += 1
        return self._between(start, end)

    def _between(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> Past:
        """Return the same past with other ends; what was worked out of its columns is shared."""
        found = object.__new__(type(self))
        found.__dict__ |= {name: each for name, each in self.__dict__.items() if name not in {"order", "_rows"}}
        found._start, found._end, found._in_order = start, np.maximum(start, end), None
        return found

    def _by_event(self, time: str) -> Past:
        """Return the same past sorted by a column of its own times."""
        events = moments_of(self._taken_of(time), "a history")
        ticks = nanoseconds(events)
        usable = np.flatnonzero(events.notna().to_numpy())
        order = usable[sorted_places(self._keys[usable], ticks[usable])]
        found = self._between(self._start, self._end)
        found._hold(self._places[order], self._keys[order], ticks[order], self._moments[0][order])
        found._start = found._first()
        return found

    def _known_among(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> Past:
        """Return those rows of spans that were known in time, which lie apart."""
        if int((end - start).sum()) > _LISTED * (len(start) + len(self._places)):
            found, order = self._between(start, end), self._in_time
            found._among = KnownSpans(self._moments[1], start[order], end[order], self._decided[order])
            found._values = {}
            return found
        return self._listed_among(start, end)

    def _listed_among(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> Past:
        """Return the same with each row listed."""
        places, _ = span_places(start, end)
        owners = np.repeat(np.arange(len(start)), end - start)
        known = self._moments[1][places] < self._decided[owners]
        lengths = np.bincount(owners[known], minlength=len(start))
        found = self._between(np.cumsum(lengths) - lengths, np.cumsum(lengths))
        found._taken, found._among, found._values = places[known], None, {}
        return found

    def count(self, column: str | None = None) -> pd.Series:
        """Return how many rows of the past each row has; given a column, those that are not null there."""
        if column is None and self._among is not None:
            return self._spread(self._among.counts(np.ones(len(self._places), dtype=bool)))
        if column is None:
            return pd.Series(self._end - self._start, index=self._index)
        return self._spread(self._of(column).counts(*self._spans))

    def last(self, column: str, back: int = 1) -> pd.Series:
        """Return the value of the ``back``-th most recent row of the past; null if there are fewer rows."""
        if self._among is not None:
            return self._listed_among(self._start, self._end).last(column, back)
        at = self._end - back
        return self._of(column).taken(np.where(at >= self._start, at, -1), self._index)

    def lag(self, column: str, back: int = 1) -> pd.Series:
        """Return the same as ``last``, where of rows known at the same moment those with larger values are later."""
        if self._among is not None:
            return self._listed_among(self._start, self._end).lag(column, back)
        at = self._end - back
        return self._of(column).by_size(np.where(at >= self._start, at, -1), self._index)

    def latest(self, column: str) -> pd.Series:
        """Return the most recent value that is not null; of several known at the same moment, the largest."""
        values = self._of(column)
        if isinstance(values, KnownValues):
            return values.of_rows(self._spread(values.latest_rows()).to_numpy(), self._index)
        return values.latest(self._start, self._end, self._index)

    def sum(self, column: str) -> pd.Series:
        """Return the exact sum of a numeric column over the past, rounded once; nulls are skipped."""
        return self._spread(self._of(column).sums(*self._spans))

    def mean(self, column: str) -> pd.Series:
        """Return the mean of a numeric column over the past; null without known values."""
        values = self._of(column)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._spread(values.sums(*self._spans) / values.counts(*self._spans))

    def min(self, column: str) -> pd.Series:
        """Return the least value of a numeric column over the past; null without known values."""
        return self._spread(self._of(column).extremes(*self._spans, largest=False))

    def max(self, column: str) -> pd.Series:
        """Return the largest value of a numeric column over the past; null without known values."""
        return self._spread(self._of(column).extremes(*self._spans, largest=True))

    def distinct(self, column: str) -> pd.Series:
        """Return how many different values a column has in the past; null is no value."""
        return self._spread(self._of(column).distinct(*self._spans))

    @property
    def _spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the past of each row begins and ends, in order of time: neighbours then look at the same memory."""
        if self._in_order is None:
            self._in_order = self._start[self._in_time], self._end[self._in_time]
        return self._in_order

    def _spread(self, values: NDArray[Any]) -> pd.Series:
        """Return values that lie in order of time as those of the rows."""
        found = np.empty_like(values)
        found[self._in_time] = values
        return pd.Series(found, index=self._index)

    def of(self, position: int) -> pd.DataFrame:
        """Return the past of one row as a frame, oldest first."""
        if self._among is not None:
            rows = np.arange(self._start[position], self._end[position])
            known: pd.DataFrame = self._rows.iloc[rows[self._moments[1][rows] < self._decided[position]]]
            return known
        span = slice(self._start[position], self._end[position])
        if self._taken is None:
            return self._rows.iloc[span]
        return self._rows.iloc[self._taken[span]]

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return self._frame.iloc[self._places]

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

    def _of(self, column: str) -> PastValues:
        if column not in self._values:
            values = self._taken_of(column)
            same = np.logical_and.reduce([self._keys[1:] == self._keys[:-1], *(m[1:] == m[:-1] for m in self._moments)])
            among = self._among
            made = PastValues(values, same, self._taken) if among is None else KnownValues(values, same, among)
            self._values[column] = made
        return self._values[column]

    def _taken_of(self, name: str) -> pd.Series:
        """Return a column of the rows in their order."""
        self._asked.add(name)
        remedy = "correct the name; a served model keeps only the columns read in training"
        require_columns(self._frame.columns, [name], "the history", remedy)
        return self._frame[name].iloc[self._places]
