"""What steps that make columns of the past check before they do."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError, DataError


def past_duration(given: str | pd.Timedelta, what: str, positive: bool = False) -> pd.Timedelta:
    """Return a duration that looks back.

    Examples
    --------
    >>> past_duration("3h", "window")
    Timedelta('0 days 03:00:00')
    """
    duration = duration_of(given, what)
    if pd.isna(duration) or duration < pd.Timedelta(0) or (positive and not duration):
        raise ConfigurationError(
            f"{what} is {given!r}, which does not look back",
            f'give a {"positive " if positive else ""}duration, such as "3h" or "7D"',
        )
    return duration


def refuse_taken(frame: pd.DataFrame, names: Collection[str], who: str) -> None:
    """Raise where the rows already have a column that would be made."""
    taken = [name for name in names if name in frame.columns]
    if taken:
        raise DataError(f"{who} would replace the column {taken[0]!r} of the rows", "give the new column another name")
