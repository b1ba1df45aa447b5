"""Reading timestamps, and bringing two columns of them into one zone."""

from __future__ import annotations

import datetime
import warnings

import pandas as pd

from mlsys.errors import DataError
from mlsys.values import Kind, moments_of, values_of

Zone = str | datetime.tzinfo


def as_times(values: pd.Series, who: str, zone: Zone | None = None) -> pd.Series:
    """Return timestamps; in ``zone`` when one is given, else naive or UTC as the text says.

    Raises
    ------
    DataError
        When a value is no time, with the first such row.
    """
    known = values_of(values).means in {Kind.MOMENT, Kind.DATE}
    times = moments_of(values, who) if known else _parsed(values, who)
    return times if zone is None else in_zone(times, zone, who)


def _parsed(values: pd.Series, who: str) -> pd.Series:
    """Read ISO 8601, also with several offsets; else one other format, the same in all rows."""
    if values.dtype.kind in "iufb" and values.notna().any():
        raise DataError(
            f"{who}: column {values.name!r} holds numbers ({values.dtype}), not times",
            "convert it in a Derive step that says the unit, such as pd.to_datetime(f[...], unit='s')",
        )
    for utc in (False, True):
        try:
            return pd.to_datetime(values, format="ISO8601", utc=utc)
        except (ValueError, TypeError):
            continue
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # pandas would go on to guess a format for each row
            return pd.to_datetime(values)
    except (ValueError, TypeError, UserWarning) as error:
        raise _no_time(values, who, error) from error


def _no_time(values: pd.Series, who: str, error: Exception) -> DataError:
    bad = pd.to_datetime(values, utc=True, errors="coerce", format="mixed").isna() & values.notna()
    if bad.any():
        row = int(bad.to_numpy().argmax())
        what = f"holds {values.iloc[row]!r} in row {row}, which is no time ({int(bad.sum()):,} such rows)"
    else:
        what = f"cannot be read as times: {error}"
    return DataError(
        f"{who}: column {values.name!r} {what}",
        "correct these values, or leave the column out of times= and parse it in a Derive step",
    )


def in_zone(times: pd.Series, zone: Zone, who: str) -> pd.Series:
    """Convert aware timestamps to ``zone``; read naive ones as clock times of it."""
    try:
        zoned: pd.Series = times.dt.tz_convert(zone) if times.dt.tz is not None else times.dt.tz_localize(zone)
    except (ValueError, KeyError, OSError) as error:  # a clock hour that occurs twice, never, or an unknown zone
        raise DataError(
            f"{who}: column {times.name!r} cannot be read as clock times of {str(zone)!r}: {error}",
            "give a zone such as Europe/Berlin, and times with an offset (2024-10-27T02:30+01:00) where clocks change",
        ) from error
    return zoned
