"""Where the parts of a time split start: read from dates, durations or shares."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.values import moments_of

_DATE = re.compile(r"\d{4}([-/T ].*)?$")

CLOCKS = (
    "dates without a zone are read in the zone of the time column; an hour that occurs twice means the "
    "first, a skipped hour the next valid moment",
    "a time column of dates counts as midnight at the start of each day",
)
"""How boundaries and times are read, for plans."""


@dataclass(frozen=True)
class Boundary:
    """The moment a part starts, and how it was found."""

    part: str
    start: pd.Timestamp
    how: str


def read_start(given: Any, what: str) -> float | pd.Timedelta | pd.Timestamp:
    """Read a share, a duration or a date.

    Examples
    --------
    >>> read_start("28D", "test"), read_start("2013-09-01", "test"), read_start(0.2, "test")
    (Timedelta('28 days 00:00:00'), Timestamp('2013-09-01 00:00:00'), 0.2)
    """
    remedy = 'write a date such as "2013-09-01", a duration before the end such as "28D", or a share such as 0.2'
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        if not 0 < given < 1:
            raise ConfigurationError(f"{what}={given} is not a share between 0 and 1", remedy)
        return float(given)
    try:
        if isinstance(given, str) and not _DATE.match(given.strip()):
            given = pd.Timedelta(given)
        if isinstance(given, (datetime.timedelta, np.timedelta64)):
            duration = pd.Timedelta(given)
            if duration > pd.Timedelta(0):
                return duration
        elif isinstance(given, (str, datetime.date, np.datetime64)):
            date = pd.Timestamp(given)
            if not pd.isna(date):
                return date
    except ValueError as error:
        raise ConfigurationError(f"{what}={given!r} is neither a date nor a duration", remedy) from error
    raise ConfigurationError(f"{what}={given!r} is not a date, duration or share", remedy)


def times_of(keys: pd.DataFrame, who: str) -> pd.Series:
    """Return the time of each row; raise if there is none."""
    if "time" not in keys.columns:
        raise DataError(
            f"{who} splits by time, but no column has the time role",
            'name it: Pipeline(..., time="departs"), or split(frame, time="departs")',
        )
    return moments_of(keys["time"], who, "the column with the time role")


def usable_times(keys: pd.DataFrame, who: str) -> pd.Series:
    """Return the times of the rows whose label is known: those a part can be judged on."""
    times = times_of(keys, who)
    usable = times.notna()
    if "target" in keys.columns:
        usable &= keys["target"].notna()
    return times[usable]


def labelled_times(keys: pd.DataFrame, who: str) -> pd.Series:
    """Return these times in order; raise if there is none."""
    times = usable_times(keys, who)
    if not len(times):
        raise DataError(
            f"{who}: none of {len(keys):,} rows has both a time and a label", "check the time role and the target"
        )
    return times.sort_values(ignore_index=True)


def boundaries(wanted: dict[str, Any], times: pd.Series, who: str) -> list[Boundary]:
    """Place the start of each part, the last part first, in ordered ``times``; check order and range."""
    found: list[Boundary] = []
    end: pd.Timestamp | None = None
    for part, given in reversed(wanted.items()):
        boundary = _boundary(part, read_start(given, part), times, end, who)
        if not times.iloc[0] < boundary.start <= times.iloc[-1]:
            raise DataError(
                f"{who}: {part} would start at {boundary.start}, but labelled rows run from {times.iloc[0]} to "
                f"{times.iloc[-1]}, so it leaves no rows on one side",
                f"choose {part}= inside this range",
            )
        if end is not None and boundary.start >= end:
            raise DataError(
                f"{who}: {part} would start at {boundary.start}, which is not before the next part at {end} "
                f"(labelled rows run from {times.iloc[0]} to {times.iloc[-1]})",
                "name the parts in order of time, training first",
            )
        found.insert(0, boundary)
        end = boundary.start
    return found


def _boundary(
    part: str, given: float | pd.Timedelta | pd.Timestamp, times: pd.Series, end: pd.Timestamp | None, who: str
) -> Boundary:
    before = len(times) if end is None else int(times.searchsorted(end))
    if isinstance(given, float):
        at = before - round(given * len(times))
        return Boundary(part, times.iloc[min(max(at, 0), len(times) - 1)], f"{given:g} of the rows by time")
    if isinstance(given, pd.Timedelta):
        last = times.iloc[-1] if end is None else end
        return Boundary(part, last - given, f"{given} before {last}")
    return Boundary(part, *_in_zone(given, times, part, who))


def _in_zone(date: pd.Timestamp, times: pd.Series, part: str, who: str) -> tuple[pd.Timestamp, str]:
    zone = times.dt.tz
    if zone is None and date.tz is not None:
        raise DataError(
            f"{who}: {part}={date} has a time zone, but the time column has none", "write the date without a zone"
        )
    if zone is None:
        return date, "date as written"
    if date.tz is not None:
        return date.tz_convert(zone), "date as written, with its zone"
    first = date.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    how = f"date read in {zone}, the zone of the time column"
    if first.tz_localize(None) != date:
        how += "; clocks skip that hour, so the next valid moment is used"
    elif first != date.tz_localize(zone, ambiguous=False, nonexistent="shift_forward"):
        how += "; that hour occurs twice, so the first is used"
    return first, how
