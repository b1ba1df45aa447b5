"""Types in which columns are compared: numbers (times and durations in seconds), or levels as text."""

from __future__ import annotations

import datetime
import numbers
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.levels import value_written
from mlsys.errors import DataError
from mlsys.values import Kind, plain, values_of

NUMBER, MOMENT, ZONED, DURATION, LEVEL, NOTHING = "numbers", "times", "times with a zone", "durations", "levels", ""
"""What columns are compared as; ``NOTHING`` where no value is known."""

_AS = {Kind.NUMBER: NUMBER, Kind.MOMENT: MOMENT, Kind.DATE: MOMENT, Kind.DURATION: DURATION, Kind.NOTHING: NOTHING}
_LARGEST = 1e100
"""Numbers beyond count as this one: nothing measured is larger, and squares of what is would overflow."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{8}(T|$)")
"""What ISO 8601 begins with; a year alone, or a number, is not a time."""
_ZONE = re.compile(r"[T ]\d\d.*([+-]\d\d(:?\d\d)?|Z)$")


def compared_as(column: pd.Series) -> str:
    """Return the type in which a reference column is compared.

    Examples
    --------
    >>> compared_as(pd.Series([1, 2])), compared_as(pd.Series([True])), compared_as(pd.Series([None, np.nan]))
    ('numbers', 'levels', '')
    """
    values = values_of(column)
    found = ZONED if values.kind is Kind.MOMENT and values.zoned else _AS.get(values.kind, LEVEL)
    return found if found == LEVEL or column.notna().any() else NOTHING


def as_compared(column: pd.Series) -> pd.Series:
    """Return a column so that every piece of it is compared as the whole is: plain, or as texts of its levels."""
    made = plain(column)
    return texts_of(made) if values_of(made).kind in {Kind.MIXED, Kind.NESTED, Kind.OTHER} else made


def texts_of(column: pd.Series) -> pd.Series:
    """Return a column's levels as texts, null where it is null."""
    made = plain(column)
    if values_of(made).kind is Kind.NESTED:
        made = made.astype(object).map(_list_written, na_action="ignore")
    return made if isinstance(made.dtype, pd.StringDtype) else made.astype("str")


def _list_written(value: object) -> str:
    return str(value.tolist() if isinstance(value, np.ndarray) else value)


def numbers_of(column: pd.Series, kind: str) -> NDArray[np.float64]:
    """Return a column as the numbers it is compared as, NaN for null; infinities count as null.

    Raises
    ------
    DataError
        When a value is not a number, time or duration: that is a broken feed, not drift.

    Examples
    --------
    >>> numbers_of(pd.Series(["1", "2.5", None]), NUMBER).tolist()
    [1.0, 2.5, nan]
    """
    made = _one_kind(column)
    if kind == NUMBER and values_of(made).kind in {Kind.NUMBER, Kind.TRUTH}:
        return _finite(made.to_numpy(dtype=np.float64, na_value=np.nan))
    if not made.notna().any():
        return np.full(len(made), np.nan)
    moved = f"held {kind} in the reference and holds"
    if kind in {MOMENT, ZONED}:
        return seconds_since_1970(_of_zone(_moments(made, moved), kind))
    if kind == DURATION:
        durations = made if values_of(made).kind is Kind.DURATION else _read(made, moved, _FEED, _read_durations)
        return _seconds(durations)
    return _finite(_read(made, moved, _FEED, _read_numbers).to_numpy(dtype=np.float64))


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.where(np.isfinite(values), values, np.nan), -_LARGEST, _LARGEST)


def times_of(column: pd.Series, kind: str = NOTHING) -> pd.Series:
    """Return a time column as ``datetime64``: dates as the midnight they begin with, ISO 8601 texts as they say.

    Parameters
    ----------
    column : Series
        Of any type.
    kind : str
        ``MOMENT`` or ``ZONED`` where the reference's times had no zone or had one.
    """
    made = _one_kind(column)
    if not made.notna().any():
        return pd.Series(pd.NaT, index=column.index, name=column.name, dtype="datetime64[s]")
    return _of_zone(_moments(made, "must hold times but holds"), kind)


def kind_of_times(times: pd.Series) -> str:
    """Return whether times have a zone; ``NOTHING`` where none is known."""
    if not times.notna().any():
        return NOTHING
    return MOMENT if times.dt.tz is None else ZONED


def seconds_since_1970(times: pd.Series) -> NDArray[np.float64]:
    """Return ``datetime64`` as seconds since 1970 in UTC, NaN for null."""
    return _seconds(times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz is not None else times)


def _seconds(ticks: pd.Series) -> NDArray[np.float64]:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[ticks.dt.unit]
    values = ticks.to_numpy()
    return np.where(np.isnat(values), np.nan, values.astype(np.int64) / per_second)


def _one_kind(column: pd.Series) -> pd.Series:
    """Return plain values, categories as what they stand for."""
    made = plain(column)
    return plain(made.astype(object)) if isinstance(made.dtype, pd.CategoricalDtype) else made


def _moments(made: pd.Series, found: str) -> pd.Series:
    if values_of(made).kind is Kind.MOMENT:
        return made
    texts = made.map(lambda value: value.isoformat() if isinstance(value, datetime.date) else value, na_action="ignore")
    zoned = texts[made.notna()].map(lambda value: isinstance(value, str) and bool(_ZONE.search(value)))
    if zoned.any() and not zoned.all():
        place = int((zoned != zoned.iloc[0]).to_numpy().argmax())
        raise DataError(
            f"the column {made.name!r} holds times with a zone and times without one: {made.dropna().iloc[place]!r} "
            f"in row {zoned.index[place]!r} is unlike those before it",
            "give all of them a zone, or none",
        )
    return _read(texts, found, _TIMES, _read_zoned if zoned.any() else _read_naive)


def _of_zone(times: pd.Series, kind: str) -> pd.Series:
    if kind and kind_of_times(times) not in {kind, NOTHING}:
        with_zone, without = ("the reference", "these rows") if kind == ZONED else ("these rows", "the reference")
        raise DataError(
            f"the column {times.name!r} holds times with a zone in {with_zone} and without one in {without}",
            "give both a zone: frame[...].dt.tz_localize('Europe/Berlin')",
        )
    return times


def _read(column: pd.Series, found: str, remedy: str, read: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Read texts; what cannot be read is refused with its row."""
    made = read(column)
    unread = column.notna() & made.isna() & (column.astype("str") != "nan")
    if unread.any():
        place = int(unread.to_numpy().argmax())
        raise DataError(
            f"the column {column.name!r} {found} {values_of(column)}, such as {column.iloc[place]!r} in row "
            f"{column.index[place]!r}",
            remedy,
        )
    return made


_FEED = "repair the feed, or convert the column: this is not drift"
_TIMES = "give timestamps, dates or text such as 2024-05-01T12:00, or convert it with pd.to_datetime(..., format=...)"


def _read_numbers(column: pd.Series) -> pd.Series:
    def number(value: object) -> object:
        return value_written(value) if isinstance(value, str) else value if isinstance(value, numbers.Number) else None

    readable = column.map(number, na_action="ignore")
    return pd.to_numeric(readable, errors="coerce").astype(np.float64)


def _read_durations(column: pd.Series) -> pd.Series:
    readable = column.map(lambda value: None if isinstance(value, numbers.Number) else value)
    return pd.to_timedelta(readable, errors="coerce")


def _read_naive(column: pd.Series) -> pd.Series:
    return _read_iso(column, utc=False)


def _read_zoned(column: pd.Series) -> pd.Series:
    return _read_iso(column, utc=True)


def _read_iso(column: pd.Series, utc: bool) -> pd.Series:
    readable = column.map(lambda value: value if isinstance(value, str) and _DATE.match(value) else None)
    return pd.to_datetime(readable, format="ISO8601", utc=utc, errors="coerce")
