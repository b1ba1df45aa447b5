"""Columns that a step could change in rows unlike the training rows: such a step must be served."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from mlsys.execution.changed import changed_columns
from mlsys.values import Kind, meaning_of

Apply = Callable[[pd.DataFrame], pd.DataFrame]

FAR = 1e6
"""Times the largest value: beyond any limit that training rows have set."""
UNSEEN = "\u2014 never seen \u2014"


def could_change(apply: Apply, sample: pd.DataFrame, columns: Iterable[str]) -> set[str]:
    """Return those of some columns that a step changes in extreme, negative, null or unseen values.

    Parameters
    ----------
    apply : callable
        Frame in, frame out, rows treated alone.
    sample : DataFrame
        A few rows; they are disturbed in several ways.
    columns : iterable of str
        Columns that the step did not change in training rows.

    Notes
    -----
    A step that clips at the largest training value changes no training row but is still needed. A disturbance on which
    the step fails is ignored.

    Examples
    --------
    >>> rows = pd.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    >>> could_change(lambda frame: frame.assign(x=frame["x"].clip(upper=2.0)), rows, ["x", "y"])
    {'x'}
    """
    left, found = set(columns), set[str]()
    for way in WAYS:
        if not left or sample.empty:
            break
        rows = pd.DataFrame({name: way(sample[name]) for name in sample.columns}, index=sample.index)
        try:
            after = apply(rows.copy(deep=False))
        except Exception:  # a step may refuse what it never meant to see
            continue
        moved = changed_columns(rows.reset_index(drop=True), after.reset_index(drop=True), left)
        found |= moved
        left -= moved
    return found


def _far(column: pd.Series) -> pd.Series:
    return _scaled(column, 1)


def _negative(column: pd.Series) -> pd.Series:
    return _scaled(column, -1)


def _null(column: pd.Series) -> pd.Series:
    """Return a column of nulls where its type has them, as it was otherwise."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu":
        return column
    if column.isna().all():  # Arrow before version 25 aborts on its type of nulls alone
        return column
    return column.where(np.zeros(len(column), dtype=bool))


def _scaled(column: pd.Series, sign: int) -> pd.Series:
    """Return values far outside, of the same type; texts that were never seen."""
    dtype, values = column.dtype, meaning_of(column.dtype)
    if values is None or values.kind is Kind.CATEGORY or isinstance(dtype, pd.SparseDtype):
        return column
    if values.kind is Kind.TRUTH:
        return ~column if sign < 0 else column
    if values.kind is Kind.NUMBER and not values.whole:
        sizes = np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan))
        known = sizes[~np.isnan(sizes)]
        largest = float(known.max()) if len(known) else 1.0
        return pd.Series(sign * FAR * (largest or 1.0), index=column.index, dtype=dtype)
    if values.kind is Kind.NUMBER:
        kind = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
        return pd.Series(kind.max // 2 if sign > 0 else kind.min // 2, index=column.index, dtype=dtype)
    if isinstance(dtype, pd.StringDtype):
        return pd.Series(UNSEEN, index=column.index, dtype=dtype)
    return column


WAYS = (_far, _negative, _null)
"""Extremes on both sides, unseen texts, nulls; the type is kept."""
