"""What steps that make columns of the past have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import pandas as pd

from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Past

FUNCTIONS = ("count", "sum", "mean", "min", "max", "last", "distinct")

Aggregates = Mapping[str, str | tuple[str, str]]
"""For each new column ``"count"``, or a column and a function."""


def check_aggregates(columns: Aggregates, who: str) -> None:
    """Raise for columns that no function makes."""
    if not columns:
        raise ConfigurationError(f"{who} got no columns", 'name them: {"visits": "count", "paid": ("price", "mean")}')
    for name, made in columns.items():
        if made == "count" or (not isinstance(made, str) and made[1] in FUNCTIONS):
            continue
        function = made if isinstance(made, str) else made[1]
        raise ConfigurationError(
            f"{who}: {function!r} for the column {name!r} "
            f"{'needs a column' if function in FUNCTIONS else 'is not among the functions'}",
            f'write ("<column>", "<function>") with one of {", ".join(FUNCTIONS)}; "count" needs no column',
        )


def aggregated(past: Past, columns: Aggregates) -> dict[str, pd.Series]:
    """Return the new columns of a past."""
    by_name: dict[str, Callable[[str], pd.Series]] = {
        "count": past.count,
        "sum": past.sum,
        "mean": past.mean,
        "min": past.min,
        "max": past.max,
        "last": past.latest,
        "distinct": past.distinct,
    }
    return {
        name: past.count() if isinstance(made, str) else by_name[made[1]](made[0]) for name, made in columns.items()
    }


def past_duration(given: str | pd.Timedelta, what: str, positive: bool = False) -> pd.Timedelta:
    """Return a duration that looks back.

    Examples
    --------
    >>> past_duration("3h", "window")
    Timedelta('0 days 03:00:00')
    """
    if isinstance(given, str) and given.strip().lstrip("+-").isdigit():
        raise ConfigurationError(f"{what} is {given!r}, which has no unit", 'write the unit too, such as "3h" or "7D"')
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
