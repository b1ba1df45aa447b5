"""Frames for imbalanced-learn samplers, and back: which rows were kept, repeated or made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.steps.answers import new_ids
from mlsys.values import plain, with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


def numpy_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose numbers and truth values of any type are numpy's, as samplers want them."""
    plainly = {name: plain(frame[name]) for name in frame.columns}
    return with_columns(frame, {name: _numpy_type(column) for name, column in plainly.items()})


def numpy_target(target: pd.Series) -> NDArray[Any]:
    """Return a target without nulls as an array: truth values that were objects as truth values."""
    made = plain(target)
    if isinstance(made.dtype, pd.CategoricalDtype):
        made = plain(made.astype(made.cat.categories.dtype))
    return np.asarray(_numpy_type(made))


def _numpy_type(column: pd.Series) -> pd.Series:
    dtype = column.dtype
    if isinstance(dtype, np.dtype) or dtype.kind not in "biuf" or not hasattr(dtype, "numpy_dtype"):
        return column
    whole = dtype.kind != "f" and not column.isna().any()
    return column.astype(dtype.numpy_dtype if whole else np.float64)


def origins(before: pd.DataFrame, after: pd.DataFrame) -> NDArray[np.int64]:
    """Return for each row of ``after`` the row of ``before`` with the same values, each used once; -1 for made rows."""
    kept = after.iloc[: len(before)]
    if kept.reset_index(drop=True).equals(before.reset_index(drop=True)):  # the rows that were there, made ones after
        return np.append(np.arange(len(before)), np.full(len(after) - len(before), -1))
    waiting: dict[Any, list[int]] = {}
    for place, row in enumerate(_row_keys(before)):
        waiting.setdefault(row, []).append(place)
    for places in waiting.values():
        places.reverse()
    found = [waiting[row].pop() if waiting.get(row) else -1 for row in _row_keys(after)]
    return np.array(found, dtype=np.int64)


def _row_keys(frame: pd.DataFrame) -> list[Any]:
    return list(zip(*(_keys(frame.iloc[:, place]) for place in range(frame.shape[1])), strict=True))


def _keys(column: pd.Series) -> list[Any]:
    """Values that compare equal when they are the same, null included."""
    return column.astype(object).where(column.notna(), None).tolist()


def completed(train: Rows, origin: NDArray[np.int64], sampled: pd.DataFrame, target: NDArray[Any]) -> pd.DataFrame:
    """Return training rows in the order of ``origin``; made rows get what the sampler made and nulls elsewhere."""
    frame = pd.DataFrame(train)
    made = origin < 0
    if not made.any():
        return frame.iloc[origin]
    columns: dict[str, Any] = {}
    for name in frame.columns:
        if name == train.roles.target:
            columns[name] = _like(pd.Series(target), frame[name])
        elif name in sampled.columns:
            columns[name] = pd.Series(sampled[name].to_numpy(), dtype=sampled[name].dtype)
        elif name == train.roles.weight:
            columns[name] = _weights(train, origin, target)
        else:
            columns[name] = pd.Series(_nullable(frame[name]).array.take(origin, allow_fill=True))
    index = frame.index.take(np.maximum(origin, 0)).to_numpy(copy=True)
    new = new_ids(frame.index, int(made.sum()), "made")
    index = index.astype(object) if index.dtype.kind != new.dtype.kind else index
    index[made] = new
    return pd.DataFrame(columns).set_axis(pd.Index(index.tolist(), name=frame.index.name), axis=0)


def _like(values: pd.Series, model: pd.Series) -> pd.Series:
    return values.astype(model.dtype)


def _nullable(column: pd.Series) -> pd.Series:
    """Whole numbers and booleans in a type that can hold null, so that ids stay whole."""
    if column.dtype.kind in "iu" and isinstance(column.dtype, np.dtype):
        nullable: Any = column.dtype.name.replace("uint", "UInt").replace("int", "Int")
        whole: pd.Series = column.astype(nullable)
        return whole
    return column.astype("boolean") if column.dtype == np.bool_ else column


def _weights(train: Rows, origin: NDArray[np.int64], target: NDArray[Any]) -> pd.Series:
    """A made row weighs as much as the mean row of its class: a null weight would stop every model."""
    assert train.weight is not None
    weights = plain(train.weight).to_numpy(dtype=np.float64)
    mean = pd.Series(weights).groupby(numpy_target(train.y)).mean()
    own = weights[np.maximum(origin, 0)]
    return pd.Series(np.where(origin < 0, pd.Series(target).map(mean).to_numpy(dtype=np.float64), own))
