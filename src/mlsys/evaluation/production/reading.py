"""Rows of tests in production: arms, outcomes and times, checked before anything is counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import check_names, require_columns
from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.values import Kind, plain, values_of

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
_MEASURED = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.NOTHING})


def check_between(who: str, name: str, value: Any, example: float) -> None:
    """Raise unless a number lies between 0 and 1, both excluded."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 1:
        raise ConfigurationError(f"{who}: {name}={value!r} is not between 0 and 1", f"write {name}={example}")


def check_above_zero(who: str, name: str, value: Any, what: str) -> None:
    """Raise unless a number is finite and above 0."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ConfigurationError(f"{who}: {name}={value!r} is not above 0", f"give {what}")


def names_of(who: str, arms: Any, fewest: int = 2, most: int | None = None) -> tuple[str, ...]:
    """Return the names of arms, each once, or raise."""
    if isinstance(arms, str) or not isinstance(arms, Iterable):
        raise ConfigurationError(
            f"{who}: arms={arms!r} is not a list of names", 'write arms=("champion", "challenger")'
        )
    names = tuple(arms)
    odd = [name for name in names if not isinstance(name, str) or not name]
    if odd:
        raise ConfigurationError(f"{who}: arms= holds {odd[0]!r}, which is not a name", "name each arm by a text")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{who}: arms={names!r} names one arm twice", "give each arm a name of its own")
    if len(names) < fewest or (most is not None and len(names) > most):
        raise ConfigurationError(
            f"{who}: arms={names!r} has {len(names)} names",
            f"give {fewest} names" if most == fewest else f"give {fewest} names or more",
        )
    return names


def check_frame(frame: Any, who: str, columns: Sequence[str]) -> None:
    """Raise unless it is a DataFrame with rows and with these columns."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{who} got {type(frame).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
    check_names(frame, who, "got")
    require_columns(frame.columns, columns, who, "name columns of the rows")
    if frame.empty:
        raise DataError(f"{who} got 0 rows", "give one row for each outcome")


def places_of(frame: pd.DataFrame, column: str, arms: Sequence[str], who: str) -> Places:
    """Return the place of each row's arm among ``arms``.

    Raises
    ------
    DataError
        If an arm is null or none of these.
    """
    named = plain(frame[column]).astype("str")
    null = frame[column].isna().to_numpy()
    if null.any():
        raise DataError(f"{who}: {column!r} is null in row {row_named(frame, null)}", "leave rows without an arm out")
    places: Places = pd.Index(list(arms)).get_indexer(pd.Index(named))
    odd = places < 0
    if odd.any():
        found = str(named.iloc[int(odd.argmax())])
        raise DataError(
            f"{who}: {column!r} is {found!r} in row {row_named(frame, odd)}, which is none of its arms",
            f"{meant(found, arms)}arms are {listed(arms)}: correct the rows, or name others with arms=",
        )
    return places


def numbers_of(frame: pd.DataFrame, column: str, who: str) -> Values:
    """Return a column of numbers or truth values, NaN where it is null.

    Raises
    ------
    DataError
        If it holds anything else, or infinite numbers.
    """
    held = values_of(frame[column])
    if held.kind not in _MEASURED:
        raise DataError(f"{who}: {column!r} holds {held}", "give numbers, or truth values")
    values = plain(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise DataError(
            f"{who}: {column!r} is infinite in row {row_named(frame, np.isinf(values))}",
            "limit it, or leave the row out",
        )
    return values


def row_named(frame: pd.DataFrame, rows: Mask) -> str:
    """Return how the first of some rows is called."""
    label = frame.index[int(rows.argmax())]
    return repr(label.item() if isinstance(label, np.generic) else label)


def times_of(frame: pd.DataFrame, time: str, who: str) -> pd.Series:
    """Return a column of times, as moments without an object for each, or of numbers.

    Raises
    ------
    DataError
        If a time is null, or times cannot be ordered.
    """
    null = frame[time].isna().to_numpy()
    if null.any():
        raise DataError(f"{who}: {time!r} is null in row {row_named(frame, null)}", "leave rows without a time out")
    kind = values_of(frame[time]).kind
    if kind not in {Kind.NUMBER, Kind.MOMENT, Kind.DATE}:
        raise DataError(
            f"{who}: {time!r} holds {values_of(frame[time])}, which have no order in time",
            f"give times, or numbers such as those of days: pd.to_datetime(rows[{time!r}]) reads texts",
        )
    column = plain(frame[time])
    held: pd.Series = column if kind is Kind.NUMBER else pd.to_datetime(column)
    return held


def order_of(times: pd.Series | None, rows: int) -> Places:
    """Return the places of rows in order of time, as they stand where there is no time."""
    if times is None:
        return np.arange(rows)
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    order: Places = np.argsort(times.to_numpy(), kind="stable")
    return order


def by_day(times: pd.Series) -> pd.Series:
    """Return the days, by their own clock, of ordered times that span at least two; other times as they are."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_localize(None)
    if times.dtype.kind != "M" or times.iloc[-1] - times.iloc[0] < pd.Timedelta("2D"):
        return times
    days: pd.Series = times.dt.floor("D")
    return days


def looks_of(times: pd.Series | None, rows: int, most: int) -> Places:
    """Return how many rows had come by each look, after each distinct time; ``most`` looks at most."""
    if times is None:
        return np.array([rows])
    changed = np.flatnonzero(times.iloc[1:].to_numpy() != times.iloc[:-1].to_numpy()) + 1
    ends = np.append(changed, rows).astype(np.int64)
    return ends if len(ends) <= most else ends[np.unique(np.linspace(0, len(ends) - 1, most).round().astype(int))]
