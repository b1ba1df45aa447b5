"""Read timestamps by one declared rule, and convert them to one zone."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.data._time_formats import formats_of, two_digit_year
from mlsys.errors import DataError
from mlsys.values import TIMES, Kind, iso_moments, moments_of, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

Zone = str | datetime.tzinfo

_THE_CLOCK = ("now", "today")
"""Texts that pandas replaces by the moment of reading."""

_NANOSECONDS = r"([.,]\d{6})\d+"
"""A fraction of a second that microseconds do not hold."""


def as_times(
    values: pd.Series,
    who: str,
    zone: Zone | None = None,
    *,
    written: str | None = None,
    row: Callable[[int], str] | None = None,
    remedy: Callable[[str], str] | None = None,
) -> pd.Series:
    """Return timestamps; in ``zone`` when one is given, else naive or UTC as the text says.

    Parameters
    ----------
    values : Series
        Timestamps, dates, or texts.
    who : str
        For messages.
    zone : str, optional
        Clock times are read in it, times with an offset are converted to it.
    written : str, optional
        How all texts are written, in the letters of ``strptime``. Without it: ISO 8601, or one other way of writing,
        the same in all rows, that can be read in one way only.
    row : callable, optional
        Names the row at a position, for messages; its label when not given.
    remedy : callable, optional
        Says how a way of writing is given, for messages.

    Raises
    ------
    DataError
        When a value is not a time or can be read in two ways, with the first such row.
    """
    reading = _Reading(values, who, zone, row or (lambda place: f"row {values.index[place]}"), remedy or _in_a_derive)
    times = reading.times(written)
    return times if zone is None else reading.in_zone(times, zone)


def _in_a_derive(written: str) -> str:
    return f"specify its format: pd.to_datetime(table[...], format={written!r}) before, or in a Derive step"


class _Reading:
    """One column on its way to timestamps."""

    def __init__(
        self, values: pd.Series, who: str, zone: Zone | None, row: Callable[[int], str], remedy: Callable[[str], str]
    ) -> None:
        self._values, self._who, self._zone, self._row, self._remedy = values, who, zone, row, remedy

    def times(self, written: str | None) -> pd.Series:
        if values_of(self._values).means in TIMES:
            return moments_of(self._values, self._who)
        values = plain(self._values)
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(values.cat.categories.dtype)
        found = values_of(values)
        if not values.notna().any():
            return pd.Series(pd.NaT, index=values.index, name=values.name, dtype="datetime64[us]")
        if found.kind is not Kind.TEXT:
            raise self._refused(
                f"holds {f'numbers ({values.dtype})' if found.kind is Kind.NUMBER else found}, not times",
                "convert it in a Derive step that gives the unit, such as pd.to_datetime(f[...], unit='s'); for digits "
                f"such as 20240229 {self._remedy('%Y%m%d')}",
            )
        plain_times = iso_moments(values) if written in {None, "ISO8601"} else None
        return self._of_texts(values.str.strip(), written) if plain_times is None else plain_times

    def _of_texts(self, texts: pd.Series, written: str | None) -> pd.Series:
        clock = texts.isin(_THE_CLOCK).to_numpy()
        if clock.any():
            raise self._no_time(clock)
        if written is not None and written != "ISO8601":
            return self._as_written(texts, written)
        read = _parsed(texts, "ISO8601")
        if read is not None:
            return read
        offsets = _has_offset(texts)
        clocks = ~offsets & texts.notna().to_numpy()
        utc = _parsed(texts, "ISO8601", in_utc=True)
        if utc is None:
            return self._one_other_way(texts)
        return utc if not clocks.any() else self._clocks_beside_offsets(texts, utc, clocks)

    def _clocks_beside_offsets(self, texts: pd.Series, utc: pd.Series, clocks: Any) -> pd.Series:
        """Read clock times in the zone that was given; without one they cannot be set beside times with an offset."""
        if self._zone is None:
            clock, other = int(clocks.argmax()), int((~clocks & texts.notna().to_numpy()).argmax())
            raise self._refused(
                f"holds the clock time {texts.iloc[clock]!r} in {self._row(clock)} beside {texts.iloc[other]!r} in "
                f"{self._row(other)}, which has an offset",
                'set the time zone with zone=, such as zone="Europe/Berlin", or write all times with an offset',
            )
        zoned = self.in_zone(_naive(utc).where(pd.Series(clocks, index=utc.index)), self._zone)
        return zoned.where(pd.Series(clocks, index=utc.index), utc.dt.tz_convert(self._zone))

    def _one_other_way(self, texts: pd.Series) -> pd.Series:
        first = texts.dropna().iloc[0]
        if two_digit_year(first):
            raise self._refused(
                f"holds {first!r} in {self._row(int(texts.notna().to_numpy().argmax()))}, a year without its century",
                self._remedy("%d/%m/%y"),
            )
        ways = formats_of(first)
        read = {way: times for way in ways if (times := _parsed(texts, way)) is not None}
        if not read:
            raise self._no_common_way(texts, ways)
        way, *others = read
        if others:
            differ = (read[way] != read[others[0]]).to_numpy() & texts.notna().to_numpy()
            if differ.any():
                raise self._could_be_either(texts, int(differ.argmax()), way, others[0])
        return read[way]

    def _could_be_either(self, texts: pd.Series, place: int, *ways: str) -> DataError:
        days = " or ".join(f"{pd.to_datetime(texts.iloc[place], format=way):%d %B %Y}" for way in ways)
        return self._refused(
            f"holds {texts.iloc[place]!r} in {self._row(place)}, which could be {days}, and no row settles which",
            self._remedy(ways[0]),
        )

    def _as_written(self, texts: pd.Series, written: str) -> pd.Series:
        times = _parsed(texts, written)
        if times is not None:
            return times
        self._refuse_fine_and_far(texts, (written,))
        bad = _unread(texts, written)
        place = int(bad.argmax())
        raise self._refused(
            f"holds {texts.iloc[place]!r} in {self._row(place)}, which is not written {written!r} "
            f"({int(bad.sum()):,} such rows)",
            f"correct these values, or {self._remedy('%d.%m.%Y')}",
        )

    def _no_common_way(self, texts: pd.Series, ways: tuple[str, ...]) -> DataError:
        """Return an error that names the first row which is not written as the first one is."""
        self._refuse_fine_and_far(texts, ("ISO8601", *ways))
        unread = {way: _unread(texts, way) for way in ("ISO8601", *ways)}
        bad = np.logical_and.reduce(list(unread.values()))
        if bad.any():
            return self._no_time(bad, texts)
        first = int(texts.notna().to_numpy().argmax())
        place = min(int(missed.argmax()) for missed in unread.values() if not missed[first])
        return self._refused(
            f"holds {texts.iloc[place]!r} in {self._row(place)} and {texts.iloc[first]!r} in {self._row(first)}, "
            "which have different formats",
            f"correct these values, or {self._remedy(ways[0])}",
        )

    def _no_time(self, bad: Any, texts: pd.Series | None = None) -> DataError:
        place = int(bad.argmax())
        shown = (self._values if texts is None else texts).iloc[place]
        ways = formats_of(str(shown))
        before = self._values.iloc[:place].dropna()
        alike = len(before) > 0 and bool({*ways} & {*formats_of(str(before.iloc[0]))})
        what = (
            "which is not a time"
            if alike or not ways or before.empty
            else ("whose format differs from that of the rows before")
        )
        return self._refused(
            f"holds {shown!r} in {self._row(place)}, {what} ({int(bad.sum()):,} such rows)",
            "correct these values" if alike else f"correct these values, or {self._remedy([*ways, '%d.%m.%Y'][0])}",
        )

    def _refuse_fine_and_far(self, texts: pd.Series, ways: tuple[str, ...]) -> None:
        """Raise where only nanoseconds beside years that these do not reach keep the texts from being read."""
        rounded = texts.str.replace(_NANOSECONDS, r"\1", regex=True)
        fine = (rounded != texts).to_numpy() & texts.notna().to_numpy()
        if not fine.any() or all(_parsed(rounded, way, in_utc=True) is None for way in ways):
            return
        place = int(fine.argmax())
        raise self._refused(
            f"holds {texts.iloc[place]!r} in {self._row(place)}, whose nanoseconds no type can represent "
            "together with the distant years of other rows",
            "write fewer digits of the second, or correct the distant years (9999 for 'never' may be an empty field)",
        )

    def _refused(self, problem: str, remedy: str) -> DataError:
        return DataError(f"{self._who}: column {self._values.name!r} {problem}", remedy)

    def in_zone(self, times: pd.Series, zone: Zone) -> pd.Series:
        """Convert aware timestamps to ``zone``; read naive ones as clock times of it."""
        try:
            zoned: pd.Series = times.dt.tz_convert(zone) if times.dt.tz is not None else times.dt.tz_localize(zone)
        except (ValueError, KeyError, OSError) as error:  # a clock hour that occurs twice, never, or an unknown zone
            raise self._refused(
                f"cannot be read as clock times of {str(zone)!r}: {error}{self._hour_row(times, zone)}",
                "set a zone such as Europe/Berlin, and give times with an offset (2024-10-27T02:30+01:00) where clocks "
                "change",
            ) from error
        return zoned

    def _hour_row(self, times: pd.Series, zone: Zone) -> str:
        try:
            told = times.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        except (ValueError, KeyError, OSError, TypeError):
            return ""
        lost = (told.isna() & times.notna()).to_numpy()
        return f" ({self._row(int(lost.argmax()))})" if lost.any() else ""


def _parsed(texts: pd.Series, written: str, in_utc: bool = False) -> pd.Series | None:
    """Return times where all rows are written so; ISO texts of several offsets become times of UTC."""
    if written == "ISO8601" and not in_utc and (plain := iso_moments(texts)) is not None:
        return plain
    try:
        read: pd.Series = pd.to_datetime(texts, format=written, utc=in_utc or "%z" in written or "%Z" in written)
    except (ValueError, TypeError):
        return None
    return read


def _unread(texts: pd.Series, written: str) -> Any:
    """Return which texts are not written so."""
    read = pd.to_datetime(texts, format=written, errors="coerce", utc=True)
    return (read.isna() & texts.notna()).to_numpy()


def _has_offset(texts: pd.Series) -> Any:
    return texts.str.contains(r"[Zz]$|[Tt ].*[+-]\d{2}(?::?\d{2})?$", na=False).to_numpy(dtype=bool)


def _naive(utc: pd.Series) -> pd.Series:
    clock: pd.Series = utc.dt.tz_localize(None)
    return clock
