"""Times and dates as timestamps, shifted and numbered, also beyond the range of nanoseconds."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.values.kinds import Kind, values_of
from mlsys.values.plain import plain

UNITS: tuple[Literal["s", "ms", "us", "ns"], ...] = ("s", "ms", "us", "ns")
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_OUT = (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta, OverflowError)


def moments_of(column: pd.Series, who: str = "", called: str = "") -> pd.Series:
    """Return a column of times or dates as timestamps; a date counts as midnight at its start.

    Parameters
    ----------
    column : Series
        Times or dates in any type; nulls stay, also where there is nothing else.
    who : str
        The caller, for messages.
    called : str
        What the message calls the column; ``column '<name>'`` when not given.

    Raises
    ------
    DataError
        If it holds other values; names the first such row.

    Examples
    --------
    >>> import datetime
    >>> moments_of(pd.Series([datetime.date(2024, 1, 1)])).tolist()
    [Timestamp('2024-01-01 00:00:00')]
    """
    values = values_of(column)
    if values.kind is not Kind.MOMENT and not column.notna().any():
        return pd.Series(pd.NaT, index=column.index, name=column.name, dtype="datetime64[s]")
    if values.means not in {Kind.MOMENT, Kind.DATE}:
        odd = "" if values.strange is None else f", such as {values.strange[1]!r} in row {values.strange[0]!r}"
        raise DataError(
            f"{who}{': ' if who else ''}{called or f'column {column.name!r}'} holds {values}{odd}, not timestamps",
            f"convert it with pd.to_datetime in a Derive step, for example Derive({{{column.name!r}: ...}})",
        )
    made = plain(column)
    return made.astype(made.cat.categories.dtype) if isinstance(made.dtype, pd.CategoricalDtype) else made


def moved(times: pd.Series, by: pd.Timedelta) -> pd.Series:
    """Return timestamps moved by a duration, in the coarsest unit that loses nothing.

    Raises
    ------
    DataError
        If a shifted time is outside the range of timestamps.

    Examples
    --------
    >>> moved(pd.Series(pd.to_datetime(["9999-12-31"])).dt.as_unit("s"), pd.Timedelta("1h")).tolist()
    [Timestamp('9999-12-31 01:00:00')]
    """
    exact = next(unit for unit in UNITS if by.as_unit(unit, round_ok=True) == by)
    unit = UNITS[max(UNITS.index(exact), UNITS.index(times.dt.unit))]
    try:
        return pd.Series(times.dt.as_unit(unit) + by.as_unit(unit))
    except _OUT as error:
        raise DataError(
            f"column {times.name!r} holds a time that cannot be shifted by {by}: {error}",
            "correct the times far outside this era, or set them to null if they mean 'never'",
        ) from error


def nanoseconds(times: pd.Series) -> NDArray[Any]:
    """Return timestamps as nanoseconds since 1970, in UTC, or of the clock where there is no zone.

    Returns
    -------
    array of int64, or of Python integers where a time lies beyond what 64 bits hold (1677 to 2262)
        Null is the smallest integer of 64 bits.

    Examples
    --------
    >>> nanoseconds(pd.Series(pd.to_datetime(["1970-01-01 00:00:01"]))).tolist()
    [1000000000]
    """
    ticks = pd.DatetimeIndex(times.array)
    try:
        return np.asarray(ticks.as_unit("ns").asi8, dtype=np.int64)
    except _OUT:
        null, many = np.iinfo(np.int64).min, _NANOSECONDS[ticks.unit]
        return np.array([*(int(tick) * many if tick != null else int(null) for tick in ticks.asi8), None], object)[:-1]


def ranks(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return what numbers are sorted by: themselves, or their place where 64 bits do not hold them.

    Examples
    --------
    >>> ranks(np.array([2**70, 5], dtype=object)).tolist()
    [1, 0]
    """
    return numbers if numbers.dtype != object else np.unique(numbers, return_inverse=True)[1]


_PLAIN_ISO = (len("2024-03-01"), len("2024-03-01 13:30:00"))
_FIRST_YEAR = "0001"


def iso_moments(texts: pd.Series) -> pd.Series | None:
    """Return times of texts that are all ``2024-03-01`` or all ``2024-03-01 13:30:00``, which Arrow reads fastest.

    Examples
    --------
    >>> iso_moments(pd.Series(["2024-02-29", "2024-03-01"])).dt.day.tolist(), iso_moments(pd.Series(["1/2/24"]))
    ([29, 1], None)
    >>> iso_moments(pd.Series(["2024-02-29", None])).isna().tolist()
    [False, True]
    """
    if not isinstance(texts.dtype, pd.StringDtype) or not len(texts):
        return None
    written = pa.array(texts.array)
    lengths = pc.min_max(pc.binary_length(written))
    if lengths["min"].as_py() != lengths["max"].as_py() or lengths["min"].as_py() not in _PLAIN_ISO:
        return None
    if pc.min(written).as_py() < _FIRST_YEAR:
        return None
    try:
        moments = written.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return pd.Series(moments.to_numpy(zero_copy_only=False), index=texts.index, name=texts.name)


def most_iso_moments(texts: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]] | None:
    """Return times of the texts that are as :func:`iso_moments` reads them, null elsewhere, and which ones are not.

    Returns
    -------
    tuple of (Series, array of bool), or None where less than half of the texts are such

    Examples
    --------
    >>> times, others = most_iso_moments(pd.Series(["2024-02-29", "soon", "2024-03-01", "2024-02-30"]))
    >>> times.dt.day.tolist(), others.tolist()
    ([29.0, nan, 1.0, nan], [False, True, False, True])
    """
    if not isinstance(texts.dtype, pd.StringDtype) or not len(texts):
        return None
    written = pa.chunked_array(pa.array(texts.array)).combine_chunks()
    lengths = pc.fill_null(pc.binary_length(written), 0).to_numpy(zero_copy_only=False)
    known = np.count_nonzero(lengths)
    length = next((each for each in _PLAIN_ISO if 2 * np.count_nonzero(lengths == each) > known), 0)
    if not length:
        return None
    fits: NDArray[np.bool_] = lengths == length
    likely = written.filter(pa.array(fits)).cast(pa.binary(length))
    letters = np.frombuffer(likely.buffers()[1], dtype=np.uint8).reshape(-1, length)[: len(likely)]
    blocks = np.split(letters, range(_ROWS_AT_ONCE, len(letters), _ROWS_AT_ONCE))
    fits[fits] = np.concatenate([_name_a_moment(block) for block in blocks])
    made = pc.if_else(pa.array(fits), written, None).cast(pa.timestamp("us"))
    others = ~fits & texts.notna().to_numpy()
    return pd.Series(made.to_numpy(zero_copy_only=False), index=texts.index, name=texts.name), others


_ROWS_AT_ONCE = 32_768
"""Rows whose letters stay in the processor's cache."""
_DAYS = np.zeros(256, dtype=np.uint8)
"""Of each month; none of what is no month."""
_DAYS[1:13] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
_LEAP_DAY = (2, 29)
_FORM = np.frombuffer(b"0000-00-00 00:00:00", dtype=np.uint8)


def _name_a_moment(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which rows of letters are a moment of the calendar, written as ``2024-03-01 13:30:00`` or its day."""
    columns = np.ascontiguousarray(letters.T)
    digits = columns - np.uint8(ord("0"))
    fits = np.ones(len(letters), dtype=bool)
    for column, digit, mark in zip(columns, digits, _FORM.tolist(), strict=False):
        if mark == ord("0"):
            fits &= digit < 10  # noqa: PLR2004
        elif mark == ord(" "):
            fits &= (column == mark) | (column == ord("T"))
        else:
            fits &= column == mark

    def two(place: int) -> NDArray[np.uint8]:
        made: NDArray[np.uint8] = digits[place] * np.uint8(10) + digits[place + 1]
        return made

    month, day = two(5), two(8)
    fits &= (day > 0) & (day <= _DAYS[month]) & digits[:4].any(axis=0)
    leap = np.flatnonzero(fits & (month == _LEAP_DAY[0]) & (day == _LEAP_DAY[1]))
    years = np.array([1000, 100, 10, 1]) @ digits[:4, leap].astype(np.int64)
    fits[leap] = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    for place, most in ((11, 24), (14, 60), (17, 60)):
        if place < len(digits):
            fits &= two(place) < most
    return fits
