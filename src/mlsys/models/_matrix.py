"""Columns in the types that estimators take: numpy numbers, texts, categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plain_features(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with nullable and Arrow numbers as numpy numbers, NaN for null; other columns untouched.

    Examples
    --------
    >>> plain_features(pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}))["x"].tolist()
    [1.0, nan]
    """
    # By dtypes: a Series made of each column would take most of the time that one row takes.
    kinds = zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True)
    changed = {name: _plain(frame[name]) for name, dtype in kinds if _is_extension_number(dtype)}
    return frame.assign(**changed) if changed else frame


def plain_target(target: pd.Series) -> NDArray[Any]:
    """Return a target without nulls as an array of numbers, booleans or fixed-width texts.

    Examples
    --------
    >>> plain_target(pd.Series([True, False], dtype="boolean")), plain_target(pd.Series(["a", "bc"]))
    (array([ True, False]), array(['a', 'bc'], dtype='<U2'))
    """
    if isinstance(target.dtype, pd.CategoricalDtype):
        target = target.astype(target.cat.categories.dtype)
    if _is_extension_number(target.dtype):
        return _plain(target)
    # Texts of fixed width, because a fitted estimator keeps its classes and no object can be stored.
    if isinstance(target.dtype, pd.StringDtype) or pd.api.types.infer_dtype(target) == "string":
        return target.to_numpy(dtype=object).astype(str)
    return np.asarray(target.infer_objects())


def _is_extension_number(dtype: Any) -> bool:
    if isinstance(dtype, (np.dtype, pd.CategoricalDtype, pd.StringDtype, pd.SparseDtype)):
        return False
    return pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype)


def _plain(column: pd.Series) -> NDArray[Any]:
    if column.isna().any() or pd.api.types.is_float_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=np.bool_)
    unsigned = pd.api.types.is_unsigned_integer_dtype(column.dtype)
    return column.to_numpy(dtype=np.uint64 if unsigned else np.int64)


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of texts or of objects."""
    return [
        str(name)
        for name, dtype in zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True)
        if _holds_text(dtype)
    ]


def time_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of timestamps or durations."""
    kinds = zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True)
    return [str(name) for name, dtype in kinds if getattr(dtype, "kind", "") in "mM"]


def null_columns(frame: pd.DataFrame) -> list[str]:
    """Columns with nulls."""
    return [str(name) for name, some in frame.isna().any().items() if some]


def infinite_columns(frame: pd.DataFrame) -> list[str]:
    """Columns with infinite numbers."""
    floats = [name for name in frame.columns if pd.api.types.is_float_dtype(frame[name].dtype)]
    return [str(name) for name in floats if np.isinf(frame[name].to_numpy(dtype=np.float64, na_value=np.nan)).any()]


def _holds_text(dtype: Any) -> bool:
    if isinstance(dtype, pd.CategoricalDtype):
        return _holds_text(dtype.categories.dtype)
    return isinstance(dtype, pd.StringDtype) or dtype == np.dtype(object)
