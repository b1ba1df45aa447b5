"""Find the rows that a fitted estimator learned from, by fitting it again and comparing the states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import StateError
from mlsys.states import digest
from mlsys.values import Kind, values_of
from mlsys.warned import hushed

MOST_ROWS = 100_000
"""With more rows, fitting again costs more than the other checks together."""
MOST_RUNS = 6
"""Runs of neighbouring columns that an estimator without names of columns may have been fitted on."""
MOST_WORK = 1_000_000
"""Rows by trees beyond which an estimator is not fitted again on columns that are guessed."""
MOST_CHARACTERS = 5_000_000
"""Of a column of texts that an estimator is fitted on again."""


def is_fitted(value: Any) -> bool:
    """Whether a value is an estimator that was fitted; a chain of estimators is if the last one is.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> is_fitted(StandardScaler()), is_fitted(StandardScaler().fit(pd.DataFrame({"x": [1.0, 2.0]})))
    (False, True)
    """
    if not hasattr(type(value), "get_params"):
        return False
    held = getattr(value, "__dict__", {})
    steps = held.get("steps")
    if isinstance(steps, list) and steps:
        return isinstance(steps[-1], tuple) and len(steps[-1]) == 2 and is_fitted(steps[-1][1])  # noqa: PLR2004
    return any(name.endswith("_") and not name.startswith("_") for name in held)


def was_fitted_on(estimator: Any, frame: pd.DataFrame, targets: Sequence[str] = ()) -> bool:
    """Whether fitting the same estimator on some rows gives the same state.

    Parameters
    ----------
    estimator : estimator
        Fitted; is not changed.
    frame : DataFrame
        Rows it may have been fitted on.
    targets : sequence of str
        The target columns, for estimators that take one, or all of several.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> rows = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    >>> scaler = StandardScaler().fit(rows)
    >>> was_fitted_on(scaler, rows), was_fitted_on(scaler, rows[:2])
    (True, False)
    """
    from sklearn.base import clone

    if len(frame) > MOST_ROWS:
        return False
    there = [name for name in targets if name in frame.columns]
    answers = [*(frame[name] for name in there), *([frame[there]] if len(there) > 1 else [])] + _without(estimator)
    for given in _given(estimator, frame, there):
        for answer in answers:
            try:
                with hushed():  # of a fit that nobody asked for
                    again = clone(estimator).fit(given, answer)
                if digest(again) == digest(estimator):
                    return True
            except (ValueError, TypeError, StateError, AttributeError):  # not on these rows, or nothing to compare
                continue
    return False


def _without(estimator: Any) -> list[None]:
    """Return the answer ``None`` for estimators that need no target."""
    from sklearn.utils import get_tags

    try:
        needed = bool(get_tags(estimator).target_tags.required)
    except (AttributeError, TypeError):  # of another library
        needed = False
    return [] if needed else [None]


def columns_of(estimator: Any) -> list[str]:
    """Return the names of the columns that an estimator was fitted on; none where it was given an array or texts."""
    return [str(name) for name in getattr(estimator, "feature_names_in_", ())]


def _given(estimator: Any, frame: pd.DataFrame, targets: Sequence[str]) -> Iterator[Any]:
    """Yield what an estimator may have been fitted on: its columns, an array of neighbouring ones, or texts.

    Arrays are tried as they are, and scaled to unit variance, as most people do first.
    """
    names = columns_of(estimator)
    if names:
        if set(names) <= set(frame.columns):
            yield frame[names]
        return
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        for _, column in frame.items():
            if values_of(column).kind is Kind.TEXT and column.str.len().sum() <= MOST_CHARACTERS:
                yield column.astype(object)
        return
    numbers = frame.drop(columns=list(targets)).select_dtypes("number")
    if len(frame) * int(getattr(estimator, "n_estimators", 1) or 1) > MOST_WORK:
        return
    for start in range(min(numbers.shape[1] - int(width) + 1, MOST_RUNS)):
        table = numbers.iloc[:, start : start + int(width)].to_numpy(dtype=np.float64, na_value=np.nan)
        yield table
        spread = table.std(axis=0)
        if np.isfinite(spread).all() and (spread > 0).all():
            yield (table - table.mean(axis=0)) / spread
