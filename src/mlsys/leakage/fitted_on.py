"""Find the rows that a fitted estimator learned from, by fitting it again and comparing the states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mlsys.errors import StateError
from mlsys.states import digest
from mlsys.warned import hushed

MOST_ROWS = 100_000
"""With more rows, fitting again costs more than the other checks together."""


def is_fitted(value: Any) -> bool:
    """Whether a value is an estimator that was fitted on a frame, whose columns it remembers.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> is_fitted(StandardScaler()), is_fitted(StandardScaler().fit(pd.DataFrame({"x": [1.0, 2.0]})))
    (False, True)
    """
    return hasattr(type(value), "get_params") and "feature_names_in_" in getattr(value, "__dict__", {})


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

    names = [str(name) for name in estimator.feature_names_in_]
    if len(frame) > MOST_ROWS or not set(names) <= set(frame.columns):
        return False
    there = [name for name in targets if name in frame.columns]
    answers = [*(frame[name] for name in there), *([frame[there]] if len(there) > 1 else []), None]
    for answer in answers:
        try:
            with hushed():  # of a fit that nobody asked for
                again = clone(estimator).fit(frame[names], answer)
            if digest(again) == digest(estimator):
                return True
        except (ValueError, TypeError, StateError):  # not on these rows, or nothing to compare
            continue
    return False
