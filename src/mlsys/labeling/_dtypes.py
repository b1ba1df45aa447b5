"""Types of labels that can be null without becoming something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def label_dtype(values: pd.Series) -> Any:
    """Return the type for a label of these values: classes stay classes where some are not known.

    Examples
    --------
    >>> label_dtype(pd.Series([True, False])), label_dtype(pd.Series([1, 2])), label_dtype(pd.Series([0.5]))
    (BooleanDtype, Int64Dtype(), dtype('float64'))
    """
    dtype = values.dtype
    kind = pd.api.types.infer_dtype(values, skipna=True) if dtype.kind == "O" else ""
    if pd.api.types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype) or kind == "boolean":
        return pd.BooleanDtype()
    if pd.api.types.is_integer_dtype(dtype) or kind == "integer":
        return pd.UInt64Dtype() if dtype == np.uint64 else pd.Int64Dtype()
    if pd.api.types.is_float_dtype(dtype) or kind in {"floating", "mixed-integer-float"}:
        return np.dtype(np.float64)
    return pd.StringDtype(na_value=np.nan) if kind in {"string", "empty"} else dtype


def nulls(like: Any, index: pd.Index) -> pd.Series:
    """Return a label column of a type that is null everywhere."""
    return pd.Series(np.nan if like == np.float64 else None, index=index, dtype=like)


def class_series(places: Any, classes: Sequence[Any], index: pd.Index, who: str) -> pd.Series:
    """Return the class at each place, null below 0.

    Examples
    --------
    >>> class_series(np.array([1, -1]), (False, True), pd.RangeIndex(2), "WeakLabel").tolist()
    [True, <NA>]
    """
    if len({bool if isinstance(each, bool) else type(each) for each in classes}) > 1:
        raise DataError(
            f"{who} has classes of several types: {classes!r}", "use only text, only numbers, or False and True"
        )
    values = pd.Series(list(classes))
    dtype = label_dtype(values)
    return pd.Series(values.astype(dtype).array.take(places, allow_fill=True), index=index)
