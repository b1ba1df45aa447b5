"""Checks of the arguments of drift: rows, names, windows; refused before anything is counted."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import check_names
from mlsys.drift.reading import as_compared, times_of
from mlsys.drift.two_sample import OF_LEVELS, OF_NUMBERS
from mlsys.errors import ConfigurationError, DataError


def check_rows(frame: Any, who: str) -> None:
    """Raise unless ``frame`` is a DataFrame with rows and with columns of unique names that are texts."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{who} got {type(frame).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
    if frame.empty:
        raise DataError(f"{who} got {len(frame)} rows and {frame.shape[1]} columns", "give a DataFrame with rows")
    check_names(frame, who, "got")


def row_named(rows: pd.DataFrame | pd.Series, place: int) -> str:
    """Return how the row at a place is called, for messages."""
    label = rows.index[place]
    return repr(label.item() if isinstance(label, np.generic) else label)


def names_asked(columns: Any, who: str) -> tuple[str, ...] | None:
    """Return the names in ``columns``, each once, or raise; None stays None."""
    if columns is None:
        return None
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise ConfigurationError(f"{who}: columns={columns!r} is not a list of names", f"write columns=[{columns!r}]")
    names = tuple(columns)
    if not names:
        raise ConfigurationError(f"{who}: columns=[] names no column", "name columns, or leave it out to monitor all")
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise ConfigurationError(f"{who}: columns= holds {odd[0]!r}, which is not a name", "give names of columns")
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ConfigurationError(f"{who}: columns= names {twice[0]!r} twice", "name each column once")
    return names


def check_least_effect(least: Any, who: str) -> None:
    """Raise unless ``least`` is 0 or more."""
    if isinstance(least, bool) or not isinstance(least, numbers.Real) or not 0 <= float(least) < math.inf:
        raise ConfigurationError(
            f"{who}: least_effect={least!r} is not an effect size",
            "give 0 or more: standard deviations for numbers, share of rows for categories",
        )


def check_tests(numbers: Any, levels: Any, who: str) -> None:
    """Raise unless both are names of two-sample tests."""
    for name, given, known in (("numbers", numbers, OF_NUMBERS), ("levels", levels, OF_LEVELS)):
        if given not in known:
            raise ConfigurationError(f"{who}: {name}={given!r} is no test", f"choose one of {', '.join(known)}")


def watched_columns(
    frame: pd.DataFrame, columns: Iterable[str] | None, roles: Mapping[str, str | None], who: str
) -> tuple[str, ...]:
    """Return the columns that are watched, the prediction among them.

    Parameters
    ----------
    frame : DataFrame
        The reference.
    columns : iterable of str, optional
        Asked for; all but target and time when not given.
    roles : mapping of str to str or None
        ``target``, ``time``, ``prediction`` and ``id``.
    """
    asked = names_asked(columns, who)
    named = {role: name for role, name in roles.items() if name is not None}
    for role, name in [*named.items(), *(("columns", name) for name in asked or ())]:
        if not isinstance(name, str) or name not in frame.columns:
            raise DataError(
                f"{who}: {role}= names {name!r}, which the reference does not have",
                f"correct the name; its columns are {', '.join(frame.columns)}",
            )
    if len(set(named.values())) < len(named):
        raise ConfigurationError(
            f"{who}: " + ", ".join(f"{role}={name!r}" for role, name in named.items()) + " name one column twice",
            "give each role its own column",
        )
    kept_out = {named.get("target"), named.get("time"), named.get("id")}
    chosen = [name for name in frame.columns if name not in kept_out] if asked is None else list(asked)
    if "target" in named and named["target"] in chosen:
        raise ConfigurationError(
            f"{who}: columns= asks for {named['target']!r}, which target= excludes", "name it in only one of them"
        )
    prediction = named.get("prediction")
    if prediction is not None and prediction not in chosen:
        chosen.append(prediction)
    if not chosen:
        raise DataError(f"{who}: the reference has no column to monitor", "give it columns besides target and time")
    return tuple(chosen)


def window_seconds(window: Any, time: str | None, who: str) -> float | None:
    """Return the length of a window in seconds."""
    if window is None:
        return None
    if time is None:
        raise ConfigurationError(f"{who}: window={window!r} needs times", 'name the time column: time="..."')
    remedy = 'write a number and a unit of fixed length, such as "12h", "7D" or "30D"'
    try:
        if not isinstance(window, (str, datetime.timedelta)):
            raise ValueError(f"{type(window).__name__} is not a duration")
        length = pd.Timedelta(window)
    except ValueError as error:
        raise ConfigurationError(f"{who}: window={window!r} is not a duration", remedy) from error
    if pd.isna(length) or length < pd.Timedelta("1s"):
        raise ConfigurationError(f"{who}: window={window!r} is not a duration of at least one second", remedy)
    return float(length.total_seconds())


def delay_of(given: Any, who: str) -> pd.Timedelta:
    """Return ``label_delay`` as a duration, or raise."""
    try:
        if not isinstance(given, str | datetime.timedelta):
            raise ValueError(given)
        delay = pd.Timedelta(given)
    except ValueError as error:
        raise ConfigurationError(
            f"{who}: label_delay={given!r} is not a duration", 'write a number and a unit: "14D", "12h"'
        ) from error
    if pd.isna(delay) or delay < pd.Timedelta(0):
        raise ConfigurationError(f"{who}: label_delay={given!r} is negative", 'write "14D"')
    return delay


def plain_rows(frame: pd.DataFrame, columns: Iterable[str], time: str | None) -> pd.DataFrame:
    """Return the columns in plain types, so that every piece of the frame is read as the whole is."""
    made = {name: as_compared(frame[name]).reset_index(drop=True) for name in columns}
    if time is not None:
        made[time] = times_of(frame[time]).reset_index(drop=True)
    return pd.DataFrame(made)
