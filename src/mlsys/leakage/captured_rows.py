"""Recognize rows of the data in held tables, columns and arrays, and held-out rows among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.values import NUMERIC, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FEWEST = 20
"""Shorter tables are look-ups, or cannot be told from them."""
LOOKED_AT = 500
"""Rows compared by value."""
SHARE_EQUAL = 0.9
SHARE_OF_A_KEY = 0.5
"""Under a key that stands once in the data fewer values need to be equal: others may have been corrected since."""
MOST_SIDES = 8
"""Columns of a table or an array that are compared."""
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
    Rows of the data are told by row ids that are not a mere count, by values that equal a column of the data under the
    same ids or under a column that stands once, such as an order's number or the hour; or, for an array, by values
    that are found in a column, equal it row by row, or have its order row by row. As many rows as the data has prove
    nothing.

    Examples
    --------
    >>> data = pd.DataFrame({"x": np.arange(100) ** 2})
    >>> rows_held(data[:50]["x"] , data).sum(), rows_held(pd.Series(range(50)), data)
    (np.int64(50), None)
    """
    if len(data) < FEWEST or np.ndim(value) == 0 or np.size(value) < FEWEST:
        return None
    if isinstance(value, np.ndarray):
        return _of_array(value, data) if value.dtype.kind in "iuf" else None
    if not isinstance(value, (pd.DataFrame, pd.Series)) or not (data.index.is_unique and value.index.is_unique):
        return None
    frame = value.to_frame() if isinstance(value, pd.Series) else value
    if len(frame) < FEWEST:
        return None
    if frame.index.equals(data.index) and (not _is_count(data.index) or _goes_row_by_row(frame, data)):
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


def _is_count(ids: pd.Index) -> bool:
    """Whether row ids only count rows, so that any other table as long has them too."""
    return isinstance(ids, pd.RangeIndex) or (ids.dtype.kind in "iu" and bool((np.diff(ids.to_numpy()) == 1).all()))


def _goes_row_by_row(frame: pd.DataFrame, data: pd.DataFrame) -> bool:
    """Whether a column of a table as long as the data is a column of it, or has the order of one."""
    for name, column in list(frame.items())[:MOST_SIDES]:
        if is_measured_in_numbers(column):
            if _in_its_order(_floats(column), data):
                return True
        elif any(_equal(column, data[other], SHARE_EQUAL) for other in ([name] if name in data else data.columns)):
            return True
    return False


def _of_array(values: NDArray[Any], data: pd.DataFrame) -> NDArray[np.bool_] | None:
    for side in _sides(values):
        if len(side) == len(data) and _in_its_order(side, data):
            return np.ones(len(data), dtype=bool)
        if len(np.unique(side[:LOOKED_AT])) < max(FEWEST_VALUES, 0.5 * min(len(side), LOOKED_AT)):
            continue
        if (side % 1 != 0).mean() <= 0.5:  # whole numbers meet by accident
            continue
        for _, column in data.items():
            if is_measured_in_numbers(column):
                there = _floats(column)
                if np.isin(side[:LOOKED_AT], there).mean() >= SHARE_EQUAL:
                    return np.isin(there, side)
    return None


def _sides(values: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Yield an array of one dimension, or the columns and the rows of one of two."""
    if values.ndim == 1:
        yield values.astype(np.float64)
    elif values.ndim == 2:  # noqa: PLR2004
        for turned in (values.T, values):
            if turned.shape[1] >= FEWEST:
                yield from turned[:MOST_SIDES].astype(np.float64)


def _in_its_order(values: NDArray[np.float64], data: pd.DataFrame) -> bool:
    """Whether as many numbers as the data has rows equal a column row by row, or rise and fall with it exactly.

    A grid rises with every column that does, such as the time of sorted rows, and says nothing.
    """
    steps = np.diff(values)
    if len(np.unique(values[:LOOKED_AT])) < FEWEST_VALUES or np.ptp(steps) <= 1e-9 * np.abs(steps).max():
        return False
    is_sorted = (steps >= 0).all() or (steps <= 0).all()
    ranks = pd.Series(values).rank().to_numpy()
    for _, column in data.items():
        if not is_measured_in_numbers(column):
            continue
        there = _floats(column)
        if (values == there).mean() >= SHARE_EQUAL:
            return True
        if not is_sorted and np.isfinite(there).all() and len(np.unique(there)) >= FEWEST:
            order = pd.Series(there).rank().to_numpy()
            if min(np.abs(ranks - order).max(), np.abs(ranks + order - len(data) - 1).max()) == 0:
                return True
    return False


def is_measured_in_numbers(column: pd.Series) -> bool:
    """Whether a column holds numbers, truth values among them."""
    return values_of(column).kind in NUMERIC


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return plain(column).to_numpy(dtype=np.float64, na_value=np.nan)


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
