"""Find why a function treats a row differently among others: codes, the order of rows, or a statistic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mlsys.values import Kind, values_of

LOOKED_AT = 2_000
"""Number of rows that are given to the function in reverse order."""
RELATIVE = 1e-6
_NAMES = frozenset({Kind.TEXT, Kind.CATEGORY})

Apply = Callable[[pd.DataFrame], pd.DataFrame]


def cause_among_rows(apply: Apply, given: pd.DataFrame, made: pd.DataFrame, columns: Sequence[str]) -> str:
    """Return the cause, a key of :data:`mlsys.leakage.remedies.REMEDIES`.

    Parameters
    ----------
    apply : callable
        From rows to the same rows, under the same ids.
    given, made : DataFrame
        Rows, and what it made of them.
    columns : sequence of str
        Those of ``made`` that depend on other rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"shop": ["a", "b", "a", "b"], "price": [1.0, 3.0, 8.0, 7.0]})
    >>> for function in (lambda f: f["price"] - f["price"].mean(), lambda f: f["price"].shift(-1),
    ...                  lambda f: f["shop"].astype("category").cat.codes):
    ...     def apply(frame):
    ...         return frame.assign(z=function(frame))
    ...     print(cause_among_rows(apply, rows, apply(rows), ["z"]))
    statistic
    order
    codes
    """
    there = [name for name in columns if name in made.columns]
    if there and all(_is_coded(given, made[name]) for name in there):
        return "codes"
    return "order" if _follows_order(apply, given.head(LOOKED_AT), there) else "statistic"


def _is_coded(given: pd.DataFrame, column: pd.Series) -> bool:
    """Whether a column is another name for the levels of a text or a category."""
    rows = column.index.intersection(given.index)
    codes = column.loc[rows].astype("object")
    for name, each in given.items():
        if name != column.name and values_of(each).kind in _NAMES:
            levels = each.loc[rows].astype("object")
            pairs = pd.DataFrame({"level": levels, "code": codes}).drop_duplicates()
            if 1 < len(pairs) <= len(rows) // 2 and pairs["level"].is_unique and pairs["code"].is_unique:
                return True
    return False


def _follows_order(apply: Apply, rows: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether rows in the opposite order get other values."""
    if not rows.index.is_unique:
        return False
    try:
        straight, turned = apply(rows), apply(rows.iloc[::-1])
    except Exception:  # it may refuse fewer rows
        return False
    shared = straight.index.intersection(turned.index, sort=False)
    return any(
        _differ(straight[name].loc[shared], turned[name].loc[shared])
        for name in columns
        if name in straight.columns and name in turned.columns
    )


def _differ(one: pd.Series, other: pd.Series) -> bool:
    if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(other):
        left, right = (each.to_numpy(dtype=np.float64, na_value=np.nan) for each in (one, other))
        size = np.nanmax(np.abs(left), initial=0.0)
        return not np.allclose(left, right, rtol=RELATIVE, atol=RELATIVE * size, equal_nan=True)
    return not one.reset_index(drop=True).equals(other.reset_index(drop=True))
