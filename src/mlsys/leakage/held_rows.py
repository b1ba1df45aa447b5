"""Whether a held table, column or array is rows of the data, and whether held-out rows are among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 20
"""Shorter tables are look-ups, or cannot be told from them."""
LOOKED_AT = 500
"""Rows compared by value."""
SHARE_EQUAL = 0.9
SHARE_OF_A_KEY = 0.5
"""Under a key that stands once in the data fewer values need to be equal: others may have been corrected since."""
FEWEST_VALUES = 5
"""A column of fewer distinct values equals another by accident."""


def rows_held(value: Any, data: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Return which rows of the data a held value has, ``None`` if it is something else.

    Parameters
    ----------
    value : DataFrame, Series or array
        What a step holds.
    data : DataFrame
        All rows of the source.

    Notes
    -----
    Rows of the data are told by row ids (as many as the data has, or ids that are no mere count), by values that
    equal a column of the data under the same ids or under a column that stands once, such as an order's number or the
    hour; or, for an array, by values that equal a column in its order.

    Examples
    --------
    >>> data = pd.DataFrame({"x": np.arange(100) ** 2})
    >>> rows_held(data[:50]["x"] , data).sum(), rows_held(pd.Series(range(50)), data)
    (np.int64(50), None)
    """
    if len(data) < FEWEST or np.ndim(value) == 0 or len(value) < FEWEST:
        return None
    if isinstance(value, np.ndarray):
        return _of_array(value, data)
    if not isinstance(value, (pd.DataFrame, pd.Series)) or not (data.index.is_unique and value.index.is_unique):
        return None
    frame = value.to_frame() if isinstance(value, pd.Series) else value
    if frame.index.equals(data.index):
        return np.ones(len(data), dtype=bool)
    found = _under(frame, data.index, data, SHARE_EQUAL)
    return found if found is not None else _by_key(frame, data)


def _by_key(frame: pd.DataFrame, data: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Look for rows of the data under a key of theirs that is an index of the table, or a column of it."""
    keyed = [(frame.index, frame)] + [
        (pd.Index(frame[name]), frame.drop(columns=name))
        for name in frame.columns
        if name in data.columns and frame.shape[1] > 1
    ]
    for name, column in data.items():
        if pd.api.types.is_float_dtype(column) or not column.is_unique:
            continue
        for key, rest in keyed:
            if key.is_unique and _comparable(key, column) and (key is frame.index or key.name == name):
                found = _under(rest.set_axis(key), pd.Index(column), data, SHARE_OF_A_KEY)
                if found is not None:
                    return found
    return None


def _comparable(key: pd.Index, column: pd.Series) -> bool:
    return not isinstance(key, (pd.RangeIndex, pd.MultiIndex)) and key.dtype.kind == column.dtype.kind


def _under(frame: pd.DataFrame, ids: pd.Index, data: pd.DataFrame, share: float) -> NDArray[np.bool_] | None:
    """Return the rows of the data whose ids a table has, if a column of it holds their values."""
    places = ids.get_indexer(frame.index)
    here = places >= 0
    if here.mean() < 0.5 or not _equal_somewhere(frame[here], data.iloc[places[here]], share):
        return None
    held = np.zeros(len(data), dtype=bool)
    held[places[here]] = True
    return held


def _of_array(values: NDArray[Any], data: pd.DataFrame) -> NDArray[np.bool_] | None:
    if len(values) == len(data):
        return np.ones(len(data), dtype=bool)
    first = values if values.ndim == 1 else values[:, 0] if values.ndim == 2 and values.shape[1] else None
    if first is None or len(np.unique(first[:LOOKED_AT])) < max(FEWEST_VALUES, 0.5 * min(len(first), LOOKED_AT)):
        return None
    for _, column in data.items():
        if pd.api.types.is_numeric_dtype(column):
            there = column.to_numpy(dtype=np.float64, na_value=np.nan)
            if np.isin(first[:LOOKED_AT], there).mean() >= SHARE_EQUAL and (first % 1 != 0).mean() > 0.5:
                return np.isin(there, first)
    return None


def _equal_somewhere(frame: pd.DataFrame, data: pd.DataFrame, share: float) -> bool:
    """Whether a column of the one equals a column of the other, row by row; by name, or any for a single column."""
    some = np.unique(np.linspace(0, len(frame) - 1, LOOKED_AT).astype(np.int64))
    frame, data = frame.iloc[some], data.iloc[some]
    shared = [name for name in frame.columns if name in data.columns]
    pairs = [(name, name) for name in shared] or [(a, b) for a in frame.columns[:3] for b in data.columns]
    return any(_equal(frame[one], data[other], share) for one, other in pairs)


def _equal(one: pd.Series, other: pd.Series, share: float) -> bool:
    both = one.notna().to_numpy() & other.notna().to_numpy()
    if both.sum() < FEWEST or (one.dtype.kind in "iufb") != (other.dtype.kind in "iufb"):
        return False
    left, right = one.to_numpy()[both], other.to_numpy()[both]
    try:
        return bool((left == right).mean() >= share) and len(pd.unique(left)) >= FEWEST_VALUES
    except TypeError:  # values that are not compared
        return False
