"""Reading timestamps, and bringing two columns of them into one zone."""

from __future__ import annotations

import pandas as pd

from mlsys.errors import DataError


def as_times(values: pd.Series, who: str, zone: str | None = None) -> pd.Series:
    """Return timestamps; in ``zone`` when one is given, else naive or UTC as the text says.

    Raises
    ------
    DataError
        When a value is no time, with the first such row.
    """
    times = values
    if not pd.api.types.is_datetime64_any_dtype(values):
        try:
            times = pd.to_datetime(values)
        except (ValueError, TypeError):
            times = _as_utc(values, who)
    if zone is None:
        return times
    return in_zone(times, zone, who)


def _as_utc(values: pd.Series, who: str) -> pd.Series:
    """Read texts with several offsets or formats; name the first that is no time at all."""
    times = pd.to_datetime(values, utc=True, errors="coerce", format="mixed")
    bad = times.isna() & values.notna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise DataError(
            f"{who}: column {values.name!r} holds {values.iloc[row]!r} in row {row}, which is no time "
            f"({int(bad.sum()):,} such rows)",
            "correct these values, or leave the column out of times= and parse it in a Derive step",
        )
    return times


def in_zone(times: pd.Series, zone: str, who: str) -> pd.Series:
    """Convert aware timestamps to ``zone``; read naive ones as clock times of it."""
    try:
        zoned: pd.Series = times.dt.tz_convert(zone) if times.dt.tz is not None else times.dt.tz_localize(zone)
    except (ValueError, KeyError, OSError) as error:  # a clock hour that occurs twice, never, or an unknown zone
        raise DataError(
            f"{who}: column {times.name!r} cannot be read as clock times of {zone!r}: {error}",
            "give a zone such as Europe/Berlin, and times with an offset (2024-10-27T02:30+01:00) where clocks change",
        ) from error
    return zoned
