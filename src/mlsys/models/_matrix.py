"""Columns in the types that estimators take: numpy numbers, texts, categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.values import Kind, plain, values_of, with_columns

_LARGEST_OF_32_BITS = float(np.finfo(np.float32).max)
"""Trees hold numbers in 32 bits, and call larger ones infinite."""


def plain_features(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with numbers and truth values of any type as numpy's, NaN for null; texts as plain texts.

    A frame of columns alone that are sparse in zeros stays sparse, as scikit-learn takes it.

    Examples
    --------
    >>> plain_features(pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}))["x"].tolist()
    [1.0, nan]
    >>> plain_features(pd.DataFrame({"x": pd.Series([None, True], dtype=object)}))["x"].tolist()
    [nan, 1.0]
    """
    # By dtypes: a Series made of each column would take most of the time that one row takes.
    dtypes = frame.dtypes.tolist()
    if dtypes and all(isinstance(dtype, pd.SparseDtype) and dtype.fill_value == 0 for dtype in dtypes):
        return frame
    kinds = zip(frame.columns.tolist(), dtypes, strict=True)
    changed = {name: numpy_column(frame[name]) for name, dtype in kinds if not _is_plain(dtype)}
    return with_columns(frame, changed) if changed else frame


def plain_target(target: pd.Series) -> Any:
    """Return a target without nulls as an array of numbers, booleans or fixed-width texts.

    Examples
    --------
    >>> plain_target(pd.Series([True, False], dtype="boolean")), plain_target(pd.Series(["a", "bc"]))
    (array([ True, False]), array(['a', 'bc'], dtype='<U2'))
    """
    made = plain(target)
    if isinstance(made.dtype, pd.CategoricalDtype):
        made = plain(made.astype(made.cat.categories.dtype))
    # Texts of fixed width, because a fitted estimator keeps its classes and no object can be stored.
    if isinstance(made.dtype, pd.StringDtype):
        return made.to_numpy(dtype=object).astype(str)
    return np.asarray(numpy_column(made))


def order_of(target: pd.Series, classes: list[Any]) -> dict[str, list[Any]]:
    """Return ``order``: the classes in the order of an ordered target; empty without an order or if it is the same.

    Examples
    --------
    >>> order_of(pd.Series(["lo", "hi"], dtype=pd.CategoricalDtype(["lo", "hi"], ordered=True)), ["hi", "lo"])
    {'order': ['lo', 'hi']}
    """
    if not isinstance(target.dtype, pd.CategoricalDtype) or not target.cat.ordered:
        return {}
    order = [value for value in target.cat.categories.tolist() if value in classes]
    return {"order": order} if order != classes and len(order) == len(classes) else {}


def numpy_column(column: pd.Series) -> pd.Series:
    """Return numbers and truth values in numpy's types, a column of nulls alone as NaN; others in their plain type."""
    made = plain(column)
    if made.dtype == object:
        return made.astype(np.float64) if values_of(made).kind is Kind.NOTHING else made
    if isinstance(made.dtype, np.dtype) or made.dtype.kind not in "biuf" or _holds_levels(made.dtype):
        return made
    if made.isna().any() or made.dtype.kind == "f":
        return pd.Series(made.to_numpy(dtype=np.float64, na_value=np.nan), column.index)
    return made.astype(getattr(made.dtype, "numpy_dtype", np.float64))


def _is_plain(dtype: Any) -> bool:
    if isinstance(dtype, np.dtype):
        return dtype.kind != "O"
    return isinstance(dtype, pd.StringDtype) or (_holds_levels(dtype) and dtype.categories.dtype.kind != "O")


def _holds_levels(dtype: Any) -> bool:
    return isinstance(dtype, pd.CategoricalDtype)


def null_columns(frame: pd.DataFrame) -> list[str]:
    """Columns with nulls."""
    return [str(name) for name, some in frame.isna().any().items() if some]


def infinite_columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the first row of each column with an infinite number, or where none is, with one beyond 32 bits."""
    floats = {
        name: np.abs(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))
        for name in frame.columns
        if pd.api.types.is_float_dtype(frame[name].dtype)
    }
    for limit in (np.inf, _LARGEST_OF_32_BITS):
        found = {str(name): sizes >= limit for name, sizes in floats.items() if (sizes >= limit).any()}
        if found:
            return {name: frame.index[mask].tolist()[0] for name, mask in found.items()}
    return {}
