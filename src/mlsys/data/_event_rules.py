"""Which events become rows: those that can be read, are new, and are not late."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.data._event_columns import EventColumns, parsed
from mlsys.data._event_progress import Counts, Standing
from mlsys.errors import ConfigurationError
from mlsys.schemas.checked import checked
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.data.feeds import Message
    from mlsys.schemas import Column, Schema

_REMEMBERED = 100_000
"""Ids that are remembered where no lateness says how late an event may come again."""
_LONGEST = 1_000
"""Characters of an event that are kept aside."""
_OFFSET = re.compile(r"(?:[Zz]|[Tt ].*[+-]\d{2}(?::?\d{2})?)$")
_BEFORE_ALL = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Judged:
    """What became of some messages: rows, those set aside, counts, and how far the stream is read with them."""

    rows: pd.DataFrame
    aside: pd.DataFrame
    counts: Counts
    after: Standing


@dataclass(frozen=True)
class Rules:
    """What makes rows of messages.

    An event is late by the events of its partition that came before it, so that the size of batches changes nothing.

    Parameters
    ----------
    columns : sequence of str or None
        Columns to keep.
    dtypes : mapping
        Declared types.
    time, id, arrived : str or None
        Columns of event times, of what identifies an event, and of when it arrived.
    lateness : Timedelta or None
        How much older than the latest event another one may be.
    since, until : Timestamp or None
        Event times at which the rows begin and end.
    schema : Schema or None
        What rows must be.
    who : str
        For messages.
    """

    columns: Sequence[str] | None
    dtypes: Mapping[str, Any]
    time: str | None
    id: str | None
    arrived: str | None
    lateness: pd.Timedelta | None
    since: pd.Timestamp | None
    until: pd.Timestamp | None
    schema: Schema | None
    who: str

    def judged(self, messages: Sequence[Message], before: Standing) -> Judged:
        """Return what becomes of messages that follow those of a standing."""
        new, numbers = _of_new_numbers(messages, before.numbers)
        aside = _Aside()
        some = _Events([], [])
        for message in new:
            event, reason = parsed(message)
            if event is None:
                aside.put(message, reason)
            else:
                some.messages.append(message)
                some.events.append(event)
        zoned = self._zoned(some.events, before.zoned)
        columns = EventColumns(self._types(zoned), self.columns, self.who)
        some, made = self._typed(some, columns, aside)
        ticks = None if self.time is None else _microseconds(made[self.time])
        broken = len(aside.held)
        names = self._ids(some)
        repeated, ids = self._repeated(some, names, ticks, before)
        late, newest = self._late(some, ticks, ~repeated, before.newest, aside)
        outside = self._outside(made, len(some.events)) & ~repeated & ~late
        kept = np.flatnonzero(~(repeated | late | outside))
        rows, unfit = self._fitting(self._rows(some, made, columns, kept), some.at(kept.tolist()), aside)
        counts = Counts(
            read=len(messages),
            rows=len(rows),
            broken=broken + unfit,
            late=int(late.sum()),
            duplicates=len(messages) - len(new) + int(repeated.sum()),
            outside=int(outside.sum()),
        )
        after = replace(
            before,
            places={**before.places, **{message.partition: message.place for message in messages}},
            numbers=numbers,
            newest=newest,
            zoned=zoned,
            counts=before.counts + counts,
            ids=self._remembered(ids, newest, {*names}),
        )
        return Judged(rows, aside.frame(messages), counts, after)

    def watermark(self, standing: Standing) -> pd.Timestamp | None:
        """Return the event time before which nothing more is expected of any partition."""
        if self.lateness is None or not standing.newest:
            return None
        moment = pd.Timestamp(min(standing.newest.values()), unit="us", tz="UTC" if standing.zoned else None)
        return moment - self.lateness

    def is_over(self, standing: Standing) -> bool:
        """Whether all partitions have come to ``until``."""
        if self.until is None or not standing.newest:
            return False
        allowed = 0 if self.lateness is None else _ticks_of(self.lateness)
        return min(standing.newest.values()) - allowed >= _ticks_of(self.until)

    def _zoned(self, events: Sequence[Mapping[str, Any]], known: bool | None) -> bool | None:
        """Whether event times have an offset, as declared or as the first one has."""
        if self.time is None or known is not None:
            return known
        if self.time in self.dtypes:
            return isinstance(pd.api.types.pandas_dtype(self.dtypes[self.time]), pd.DatetimeTZDtype)
        first = next((event[self.time] for event in events if event.get(self.time) is not None), None)
        if isinstance(first, (int, float)):
            raise ConfigurationError(
                f"{self.who}: the time {self.time!r} is the number {first!r}, whose unit is not known",
                f'declare it: dtypes={{{self.time!r}: "datetime64[ms, UTC]"}} for milliseconds since 1970',
            )
        if first is None:
            return None
        return getattr(first, "tzinfo", None) is not None or _OFFSET.search(str(first)) is not None

    def _types(self, zoned: bool | None) -> dict[str, Any]:
        """Return declared types: by ``dtypes``, the time of events, and the schema, in this order."""
        asked = {} if self.schema is None else dict(self.schema.columns)
        types = {name: _dtype_of(each) for name, each in asked.items() if each.type != "any"}
        if self.time is not None:
            types[self.time] = "datetime64[us, UTC]" if zoned else "datetime64[us]"
        return types | dict(self.dtypes)

    def _typed(self, some: _Events, columns: EventColumns, aside: _Aside) -> tuple[_Events, dict[str, pd.Series]]:
        """Return the events that fit the declared types and have what identifies them, with these columns."""
        made, bad = columns.declared(some.events, [message.flat for message in some.messages])
        for name, what in ((self.time, "time"), (self.id, "id")):
            if name is not None:
                held = made[name].isna() if name in made else [event.get(name) is None for event in some.events]
                missing = np.flatnonzero(held).tolist()
                bad |= {place: f"has no {what} in {name!r}" for place in missing if place not in bad}
        if not bad:
            return some, made
        for place, reason in sorted(bad.items()):
            aside.put(some.messages[place], reason)
        some = some.at([place for place in range(len(some.events)) if place not in bad])
        return some, columns.declared(some.events, [message.flat for message in some.messages])[0]

    def _repeated(
        self, some: _Events, names: Sequence[str | None], ticks: NDArray[Any] | None, before: Standing
    ) -> tuple[NDArray[np.bool_], Mapping[str, int]]:
        """Return which events came before by their id, and the ids with their times.

        An id counts while an event of its time would not be late, whether or not it is still remembered.
        """
        repeated = np.zeros(len(some.events), dtype=bool)
        if not any(names):
            return repeated, before.ids
        ids, latest = OrderedDict(before.ids), dict(before.newest)
        allowed = None if self.lateness is None else _ticks_of(self.lateness)
        for place, (own, message) in enumerate(zip(names, some.messages, strict=True)):
            tick = 0 if ticks is None else int(ticks[place])
            newest = latest.get(message.partition, _BEFORE_ALL)
            if own is not None and own in ids:
                repeated[place] = allowed is None or ids[own] == tick or ids[own] >= newest - allowed
            if not repeated[place]:
                latest[message.partition] = max(newest, tick)
                if own is not None:
                    ids[own] = tick
                if allowed is None and len(ids) > _REMEMBERED:
                    ids.popitem(last=False)
        return repeated, ids

    def _ids(self, some: _Events) -> list[str | None]:
        if self.id is None:
            return [message.id for message in some.messages]
        return [_name_of(event[self.id]) for event in some.events]

    def _remembered(
        self, ids: Mapping[str, int], newest: Mapping[str, int], last: Collection[str | None]
    ) -> dict[str, int]:
        """Return the ids of events that may come again: in time, or because a server never heard of the batch's end."""
        if self.lateness is None or not newest:
            return dict(ids)
        oldest = min(newest.values()) - _ticks_of(self.lateness)
        return {own: tick for own, tick in ids.items() if tick >= oldest or own in last}

    def _late(
        self,
        some: _Events,
        ticks: NDArray[Any] | None,
        counts: NDArray[np.bool_],
        before: Mapping[str, int],
        aside: _Aside,
    ) -> tuple[NDArray[np.bool_], dict[str, int]]:
        """Return which events are older than the watermark was when they came, and the latest times."""
        late, newest = np.zeros(len(some.events), dtype=bool), dict(before)
        if ticks is None:
            return late, newest
        times = np.where(counts, ticks, _BEFORE_ALL)
        partitions = np.array([message.partition for message in some.messages], dtype=object)
        for partition in dict.fromkeys(partitions):
            own = np.flatnonzero(partitions == partition)
            latest = np.maximum.accumulate(np.r_[newest.get(partition, _BEFORE_ALL), times[own]])
            if latest[-1] > _BEFORE_ALL:
                newest[partition] = int(latest[-1])
            if self.lateness is not None:
                known = latest[:-1] > _BEFORE_ALL
                bound = np.where(known, latest[:-1], 0) - _ticks_of(self.lateness)
                late[own] = known & counts[own] & (ticks[own] < bound)
                for place, seen in zip(own[late[own]], latest[:-1][late[own]], strict=True):
                    aside.put(some.messages[place], self._why_late(int(ticks[place]), int(seen)))
        return late, newest

    def _why_late(self, tick: int, latest: int) -> str:
        moment, seen = pd.Timestamp(tick, unit="us"), pd.Timestamp(latest, unit="us")
        return f"late: {moment} is {seen - moment} before {seen}, which came earlier (lateness={self.lateness})"

    def _outside(self, made: Mapping[str, pd.Series], count: int) -> NDArray[np.bool_]:
        """Return which events happened before ``since``, at ``until``, or later."""
        outside = np.zeros(count, dtype=bool)
        for name, bound in (("since", self.since), ("until", self.until)):
            if bound is None or self.time is None or not count:
                continue
            times = made[self.time]
            if (times.dt.tz is None) != (bound.tzinfo is None):
                raise ConfigurationError(
                    f"{self.who}: {name}={str(bound)!r} and the times in {self.time!r} do not both have an offset",
                    f"write it as the events are written, such as {name}={str(times.iloc[0])!r}",
                )
            outside |= np.asarray(times < bound if name == "since" else times >= bound, dtype=bool)
        return outside

    def _rows(
        self, some: _Events, made: Mapping[str, pd.Series], columns: EventColumns, kept: NDArray[Any]
    ) -> pd.DataFrame:
        chosen = some.at(kept.tolist())
        rows = columns.frame(chosen.events, {name: each.iloc[kept] for name, each in made.items()})
        if self.arrived is None:
            return rows
        came = [message.arrived for message in chosen.messages]
        moments = pd.to_datetime(pd.array(came, dtype="Int64"), unit="us", utc=True)
        return with_columns(rows, {self.arrived: pd.Series(moments).dt.as_unit("us")})

    def _fitting(self, rows: pd.DataFrame, some: _Events, aside: _Aside) -> tuple[pd.DataFrame, int]:
        """Return the rows that fit the schema, and how many do not."""
        if self.schema is None:
            return rows, 0
        found = checked(self.schema.demands, rows, None, self.who)
        reasons = found.unfit.iloc[:, 0]
        for place, reason in zip(np.flatnonzero(found.bad).tolist(), reasons, strict=True):
            aside.put(some.messages[place], reason)
        return found.fit.reset_index(drop=True), len(reasons)


@dataclass(frozen=True)
class _Events:
    messages: list[Message]
    events: list[Mapping[str, Any]]

    def at(self, places: Sequence[int]) -> _Events:
        return _Events([self.messages[place] for place in places], [self.events[place] for place in places])


class _Aside:
    """Events that are set aside, each with its reason."""

    def __init__(self) -> None:
        self.held: list[tuple[Message, str]] = []

    def put(self, message: Message, reason: str) -> None:
        self.held.append((message, reason))

    def frame(self, messages: Sequence[Message]) -> pd.DataFrame:
        """Return them in the order in which they came."""
        places = {id(message): place for place, message in enumerate(messages)}
        ordered = sorted(self.held, key=lambda each: places[id(each[0])])
        shown = [(message.where, reason, _text(message.body)[:_LONGEST]) for message, reason in ordered]
        return pd.DataFrame(shown, columns=pd.Index(["where", "reason", "event"], dtype="str"), dtype=object)


_encoded = json.JSONEncoder(default=str).encode


def _name_of(own: Any) -> str:
    """Return what tells an id from others: 1 from "1"."""
    return str(own) if type(own) is int else _encoded(own)


def _text(body: Any) -> str:
    return (body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)).strip()


def _of_new_numbers(messages: Sequence[Message], before: Mapping[str, int]) -> tuple[list[Message], dict[str, int]]:
    """Return the messages whose number is higher than all before in their partition."""
    numbers = dict(before)
    new = []
    for message in messages:
        if message.number > numbers.get(message.partition, -1):
            numbers[message.partition] = message.number
            new.append(message)
    return new, numbers


def _microseconds(times: pd.Series) -> NDArray[np.int64]:
    """Return times as microseconds since 1970, which reach every year that ISO 8601 can write."""
    return np.asarray(pd.DatetimeIndex(times.array).as_unit("us").asi8, dtype=np.int64)


def _dtype_of(column: Column) -> str:
    """Return the type of a column of a schema."""
    if column.type == "datetime":
        return "datetime64[us]" if column.zone is None else f"datetime64[us, {column.zone}]"
    return {"int": "int64", "float": "float64", "bool": "bool"}.get(column.type, "str")


def _ticks_of(value: pd.Timestamp | pd.Timedelta) -> int:
    return int(value.as_unit("us").asm8.astype(np.int64))
