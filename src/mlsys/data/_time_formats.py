"""Formats in which a text can be read as a time, in the notation of ``strptime``."""

from __future__ import annotations

import re

_CLOCK = re.compile(
    r"(?P<gap>[T ]|,\s?)?"
    r"(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2})?(?P<fraction>\.\d{1,9})?"
    r"(?P<half>(?P<before>\s?)[AaPp][Mm])?"
    r"(?P<offset>(?P<space>\s?)(?:(?P<name>UTC|GMT)|Z|[+-]\d{2}:?\d{2}))?$"
)
_DATES = (
    (re.compile(r"\d{4}(?P<sign>[-./])\d{1,2}(?P=sign)\d{1,2}(?!\d)"), ("%Y{sign}%m{sign}%d",)),
    (
        re.compile(r"\d{1,2}(?P<sign>[-./])\d{1,2}(?P=sign)\d{4}(?!\d)"),
        ("%d{sign}%m{sign}%Y", "%m{sign}%d{sign}%Y"),
    ),
    (re.compile(r"(?P<week>[A-Za-z]+,\s)?\d{1,2}(?P<sign>[-. /])(?P<month>[A-Za-z]+)(?P=sign)\d{4}(?!\d)"), ()),
    (re.compile(r"(?P<month>[A-Za-z]+)\s\d{1,2}(?P<comma>,?)\s\d{4}(?!\d)"), ()),
)
_TWO_DIGITS = re.compile(r"\d{1,2}([-./])\d{1,2}\1\d{1,2}(?!\d)")


def formats_of(text: str) -> tuple[str, ...]:
    """Return how a text can be read; two ways where day and month could change places, none where it is not a time.

    Year first, a month by its English name, or three numbers with a year of four digits behind.

    Examples
    --------
    >>> formats_of("25 Feb 2024 13:30"), formats_of("2/25/2024 1:30 PM")
    (('%d %b %Y %H:%M',), ('%d/%m/%Y %I:%M %p', '%m/%d/%Y %I:%M %p'))
    >>> formats_of("soon")
    ()
    """
    for pattern, ways in _DATES:
        found = pattern.match(text)
        if found:
            clock = _clock(text[found.end() :])
            own = ways or _with_month(found)
            return () if clock is None else tuple(way.format(**found.groupdict()) + clock for way in own)
    return ()


def two_digit_year(text: str) -> bool:
    """Whether a text is a date whose year has no century.

    Examples
    --------
    >>> two_digit_year("01/02/24"), two_digit_year("01/02/2024")
    (True, False)
    """
    return _TWO_DIGITS.match(text) is not None


def _with_month(found: re.Match[str]) -> tuple[str, ...]:
    parts = found.groupdict()
    name = "%b" if len(parts["month"]) == 3 else "%B"
    if "comma" in parts:
        return (f"{name} %d{parts['comma']} %Y",)
    week = parts["week"]
    day = "" if not week else "%a, " if len(week) == 5 else "%A, "
    sign = parts["sign"]
    return (f"{day}%d{sign}{name}{sign}%Y",)


def _clock(rest: str) -> str | None:
    """Return how the time of day behind a date is written; ``None`` where it is none."""
    if not rest:
        return ""
    found = _CLOCK.match(rest)
    if found is None or not found["gap"]:
        return None
    hour = "%I" if found["half"] else "%H"
    seconds = "%S" if found["seconds"] else ""
    clock = f"{found['gap']}{hour}:%M{':' if seconds else ''}{seconds}{'.%f' if found['fraction'] else ''}"
    half = f"{found['before']}%p" if found["half"] else ""
    offset = f"{found['space']}{'%Z' if found['name'] else '%z'}" if found["offset"] else ""
    return clock + half + offset
