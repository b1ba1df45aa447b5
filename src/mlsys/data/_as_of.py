"""The look-up behind AsOfJoin: sorted once; then one pass over many rows, or one search for each of a few."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.data._keys import KeyCodes
from mlsys.data._side import that_can_be_null
from mlsys.errors import DataError
from mlsys.steps.ordering import Order, sorted_places
from mlsys.values import nanoseconds, ranks, with_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

Integers = NDArray[np.int64]

_AT_ONCE = 16
"""From one row in so many of the table's on, one pass over both is faster than to sort the table by key."""


class AsOfLookUp:
    """Rows of a table, found by key and by what was known at a moment.

    Parameters
    ----------
    side : DataFrame
        The table.
    by : tuple of str
        Key columns; none for one series.
    events, known : Series
        When each row happened and when it was known; both with a zone or both without.
    added : sequence of str
        Columns that will be taken.
    tolerance : Timedelta or None
        Greatest age of an event at the decision.
    who : str
        For messages.

    Notes
    -----
    Rows are in order of the moment from which they are known, and of their events within it. Where events are in order
    then, which is checked, the row known last is that of the latest event; else the latest event among the rows of a
    key known so far is a running maximum.
    """

    def __init__(
        self,
        side: pd.DataFrame,
        by: tuple[str, ...],
        events: pd.Series,
        known: pd.Series,
        added: Sequence[str],
        tolerance: pd.Timedelta | None,
        who: str,
    ) -> None:
        self._by, self._who, self._tolerance = by, who, tolerance
        self.added = tuple(added)
        keep = (events.notna() & known.notna()).to_numpy()
        if by:
            keep = keep & side[list(by)].notna().all(axis=1).to_numpy()
        if not keep.all():
            side, events, known = side[keep], events[keep], known[keep]
        moments, happened = nanoseconds(known), nanoseconds(events)
        if not (_in_order(moments) and _in_order(happened)):
            order = np.lexsort((ranks(happened), ranks(moments)))
            side, events = side.iloc[order], events.iloc[order]
            moments, happened = moments[order], happened[order]
        self._rows, self._events, self._moments, self._happened = side, events, moments, happened
        self.side = {name: that_can_be_null(side[name]).array for name in added}

    def positions(self, frame: pd.DataFrame, moments: pd.Series, strict: bool) -> Integers:
        """Return the place in ``side`` for each row of ``frame``; -1 where nothing was known."""
        decided = nanoseconds(moments)
        many = len(frame) * _AT_ONCE >= len(self._moments) and decided.dtype == self._moments.dtype != object
        rows = self._in_one_pass(frame, decided, strict) if many else self._searched(frame, decided, strict)
        if self._newest is not None:
            rows = np.where(rows >= 0, self._newest[rows], -1)
        found = rows >= 0
        if self._tolerance is not None and found.any():
            too_old = decided[found] - self._happened[rows[found]] > self._tolerance.as_unit("ns").value
            rows[np.flatnonzero(found)[too_old.astype(bool)]] = -1
        return rows

    def _in_one_pass(self, frame: pd.DataFrame, decided: Integers, strict: bool) -> Integers:
        """Return the place of the row of each key known last, by the kernel of pandas: it takes rows in time order."""
        theirs, ours = self._plain_keys(frame)
        order = None if _in_order(decided) else np.argsort(decided, kind="stable")
        at, key = (decided, ours) if order is None else (decided[order], ours[order])
        asked = pd.DataFrame({"at": at, "key": key}, copy=False)
        held = pd.DataFrame({"at": self._moments, "key": theirs, "place": np.arange(len(theirs))}, copy=False)
        found = pd.merge_asof(asked, held, on="at", by="key", allow_exact_matches=not strict)["place"]
        rows = np.array(found.fillna(-1), dtype=np.int64)
        if order is None:
            return rows
        back = np.empty_like(rows)
        back[order] = rows
        return back

    def _plain_keys(self, frame: pd.DataFrame) -> tuple[Integers, Integers]:
        """Return keys of the table and of the rows: as they are where both are whole numbers of one type."""
        if not self._by:
            return np.zeros(len(self._moments), dtype=np.int64), np.zeros(len(frame), dtype=np.int64)
        name = self._by[0]
        if len(self._by) == 1 and name in frame.columns and frame.columns.is_unique:
            theirs, ours = self._rows[name], frame[name]
            if theirs.dtype == ours.dtype and isinstance(ours.dtype, np.dtype) and ours.dtype.kind == "i":
                return theirs.to_numpy(dtype=np.int64), ours.to_numpy(dtype=np.int64)
        assert self._keys is not None
        return self._keys.codes, self._keys.of(frame)

    def _searched(self, frame: pd.DataFrame, decided: NDArray[Any], strict: bool) -> Integers:
        """Return the same by a search for each row."""
        codes = self._keys.of(frame) if self._keys else np.zeros(len(frame), dtype=np.int64)
        last = self._order.before(np.maximum(codes, 0), decided, also_then=not strict) - 1
        found = (last >= 0) & (codes >= 0)
        found[found] = self._codes[self._by_key[last[found]]] == codes[found]
        rows = np.full(len(frame), -1, dtype=np.int64)
        rows[found] = self._by_key[last[found]]
        return rows

    @cached_property
    def _keys(self) -> KeyCodes | None:
        return KeyCodes(self._rows, self._by, self._who) if self._by else None

    @cached_property
    def _codes(self) -> Integers:
        return self._keys.codes if self._keys else np.zeros(len(self._moments), dtype=np.int64)

    @cached_property
    def _by_key(self) -> Integers:
        return sorted_places(self._codes, self._moments)

    @cached_property
    def _order(self) -> Order:
        return Order(self._codes[self._by_key], self._moments[self._by_key])

    @cached_property
    def _newest(self) -> Integers | None:
        """For each row that of the latest event of its key known by then; nothing where it is always itself."""
        if _in_order(self._happened):
            return None
        by_event = sorted_places(self._codes, self._happened)
        rank = np.empty(len(by_event), dtype=np.int64)
        rank[by_event] = np.arange(len(by_event))  # ranks of a later key are larger: with each, the maximum starts anew
        newest = np.empty(len(by_event), dtype=np.int64)
        newest[self._by_key] = by_event[np.maximum.accumulate(rank[self._by_key])]
        return newest

    def refuse_repeated(self) -> None:
        """Raise when two rows of one key, event and known time say different things."""
        same = np.zeros(len(self._moments) + 1, dtype=bool)
        same[1:-1] = (self._moments[1:] == self._moments[:-1]) & (self._happened[1:] == self._happened[:-1])
        beside = np.flatnonzero(same[1:] | same[:-1])
        runs = np.cumsum(~same[:-1])[beside]
        said = (
            pd.DataFrame({"": runs, " ": self._codes[beside]}) if self._by and len(beside) else pd.DataFrame({"": runs})
        )
        repeated = said.duplicated(keep=False).to_numpy()
        if not repeated.any():
            return
        places, said = beside[repeated], said[repeated]
        columns = {f"  {name}": _hashable(self._rows[name].iloc[places]).array for name in self.added}
        differ = places[(said.duplicated() & ~with_columns(said, columns).duplicated()).to_numpy()]
        if len(differ):
            example = self._rows.iloc[differ[0]]
            shown = ", ".join(f"{name}={example[name]!r}" for name in self._by)
            raise DataError(
                f"{self._who}: {len(differ):,} rows of the table have the same key, event time and known time as "
                f"another row but different values, for example {shown} at {self._events.iloc[differ[0]]}",
                'keep one row of each, say with known_at= which was known later, or use the last: duplicates="last"',
            )


def _in_order(numbers: NDArray[Any]) -> bool:
    return numbers.dtype != object and bool((numbers[1:] >= numbers[:-1]).all())


def _hashable(column: pd.Series) -> pd.Series:
    try:
        pd.util.hash_array(column.array if column.dtype != object else column.to_numpy())
    except TypeError:
        return column.map(repr)
    return column
