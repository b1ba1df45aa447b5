"""Ways to replace rows that must not matter: extremes, new categories, nulls, mirrored values, rows taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

Way = Callable[[pd.Series], pd.Series | None]
"""From the values to be replaced to others of the same type; ``None`` where it knows none."""

FAR = 1_000
"""Times the largest value: beyond any quantile of the rows that stay, within what dates and durations can hold."""
DAYS_AWAY = 3_650
NEW_CATEGORIES = 3


def extremes(column: pd.Series) -> pd.Series | None:
    """Return numbers far outside on both sides, and times ten years away."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return None
    sign = np.where(np.arange(len(column)) % 2, -1, 1)
    if pd.api.types.is_float_dtype(dtype):
        known = np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan))
        bound = float(np.finfo(getattr(dtype, "numpy_dtype", dtype)).max) / FAR / 2
        largest = min(float(known[np.isfinite(known)].max(initial=0.0)), bound)
        return _like(column, sign * FAR * (largest + 1.0))
    if pd.api.types.is_integer_dtype(dtype):
        bounds = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
        largest = max((abs(int(value)) for value in column.dropna()), default=1)
        far = min(FAR * (largest + 1), int(bounds.max))
        low = max(-far, int(bounds.min))
        return _like(column, np.where(sign > 0, far, low))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return column + pd.Timedelta(days=DAYS_AWAY)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return column + pd.Timedelta(days=DAYS_AWAY)
    return None


def new_categories(column: pd.Series) -> pd.Series | None:
    """Return texts that no other row has; another category where the type lists them all; truth values turned."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        count = len(dtype.categories)
        if count < 2:
            return None
        codes = column.cat.codes.to_numpy()
        turned = np.where(codes < 0, 0, (codes + 1) % count)
        return pd.Series(pd.Categorical.from_codes(turned, dtype=dtype), index=column.index, name=column.name)
    if pd.api.types.is_bool_dtype(dtype):
        return ~column
    if isinstance(dtype, pd.StringDtype) or pd.api.types.infer_dtype(column, skipna=True) == "string":
        texts = [f"\u2014 never seen {number % NEW_CATEGORIES} \u2014" for number in range(len(column))]
        return _like(column, texts)
    return None


def nulls(column: pd.Series) -> pd.Series | None:
    """Return nulls where the type has them."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu":
        return None
    return column.where(np.zeros(len(column), dtype=bool))


def mirrored(column: pd.Series) -> pd.Series | None:
    """Return the values turned around: small for large, each class for the next; all of them seen before."""
    dtype = column.dtype
    if column.notna().sum() == 0:
        return None
    if pd.api.types.is_bool_dtype(dtype):
        return ~column
    if pd.api.types.is_datetime64_any_dtype(dtype) or (
        pd.api.types.is_numeric_dtype(dtype) and column.nunique() > NEW_CATEGORIES
    ):
        return _like(column, column.max() - (column - column.min()))
    try:
        levels = sorted(column.dropna().unique())
    except TypeError:
        return None
    following = dict(zip(levels, [*levels[1:], levels[0]], strict=True))
    return _like(column, column.map(following))


def shuffled(column: pd.Series) -> pd.Series | None:
    """Return the same values in the opposite order: for columns whose readers refuse what they never met."""
    return pd.Series(column.array[::-1], index=column.index, name=column.name)


WAYS: Mapping[str, Way] = {"extremes": extremes, "new categories": new_categories, "nulls": nulls}
"""What held-out rows are replaced by, one way at a time; labels and removal are asked apart."""


def replaced(
    frame: pd.DataFrame, rows: NDArray[np.bool_], way: Way, keep: Collection[str], milder: Collection[str] = ()
) -> pd.DataFrame:
    """Return the frame with some rows replaced in all columns but some; the types of columns stay.

    Parameters
    ----------
    frame : DataFrame
        Is not changed.
    rows : array of bool
        The rows to replace.
    way : callable
        What becomes of a column; columns for which it knows nothing stay as they are.
    keep : collection of str
        Columns that stay: ids, groups, times, parts.
    milder : collection of str
        Columns whose values are only put in another order.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "t": ["a", "b", "c"]})
    >>> replaced(frame, np.array([False, False, True]), extremes, keep=[])["x"].tolist()
    [1.0, 2.0, 4000.0]
    """
    changed = {}
    for name in frame.columns:
        if name in keep:
            continue
        inside = frame[name][rows]
        values = (shuffled if name in milder else way)(inside)
        if values is not None:
            changed[name] = _placed(frame[name], rows, values)
    return with_columns(frame, changed)


def columns_replaced(frame: pd.DataFrame, way: Way, keep: Collection[str]) -> list[str]:
    """Return the columns for which a way knows other values."""
    head = frame.head(2)
    return [str(name) for name in frame.columns if name not in keep and way(head[name]) is not None]


def _placed(column: pd.Series, rows: NDArray[np.bool_], values: pd.Series) -> pd.Series:
    """Put values into their rows; the type stays, where it can hold them."""
    order = np.arange(len(column))
    order[rows] = len(column) + np.arange(int(rows.sum()))
    both = pd.concat([column, values.astype(column.dtype)], ignore_index=True)
    return both.iloc[order].set_axis(column.index)


def _like(column: pd.Series, values: Any) -> pd.Series:
    made = pd.Series(values, index=column.index, name=column.name)
    return made if made.dtype == column.dtype else made.astype(column.dtype)
