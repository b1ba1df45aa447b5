"""Recognize rows of the data in held tables, columns and arrays, and held-out rows among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.leakage.agreeing import FEWEST, FEWEST_VALUES, agree, follow_from_place, found_among
from mlsys.values import NUMERIC, TIMES, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LOOKED_AT = 500
"""Rows compared by value."""
SHARE_EQUAL = 0.9
SHARE_OF_A_KEY = 0.5
"""Share of equal values under a unique key: fewer are required, because others may have been corrected since."""
ROWS_IN_TURN = 20_000
"""Number of rows that show whether a column follows from row position."""
MOST_SIDES = 8
"""Columns of a table or an array that are compared."""


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
    Rows of the data are recognized by values that equal a column of the data under the same row ids, or under a unique
    column such as an order number or the hour. In an array they are recognized by values that occur in columns of the
    data, equal a column row by row, or have its order row by row. An equal number of rows proves nothing, and neither
    do ids alone, because a table of earlier facts about the same customers or hours has them too. Values that follow
    from row position or from the calendar, or that any other sample would have, prove nothing either.

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
    if frame.index.equals(data.index) and _goes_row_by_row(frame, data):
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
    if here.mean() < 0.5:
        return None
    equal = _equal_somewhere(frame[here], data.iloc[places[here]], share)
    if not equal or (_says_when(ids) and follow_from_place(data.set_axis(ids)[:ROWS_IN_TURN], equal)):
        return None
    held = np.zeros(len(data), dtype=bool)
    held[places[here]] = True
    return held


def _says_when(ids: pd.Index) -> bool:
    """Whether row ids only count rows or are times, so that any table of the same length has them."""
    if isinstance(ids, (pd.RangeIndex, pd.DatetimeIndex)) or values_of(ids.to_series()).means in TIMES:
        return True
    return ids.dtype.kind in "iu" and bool((np.diff(ids.to_numpy()) == 1).all())


def _goes_row_by_row(frame: pd.DataFrame, data: pd.DataFrame) -> bool:
    """Whether a column of a table with the data's ids has the order of a column of it."""
    return any(
        is_measured_in_numbers(column) and _in_its_order(_floats(column), data)
        for _, column in list(frame.items())[:MOST_SIDES]
    )


def _of_array(values: NDArray[Any], data: pd.DataFrame) -> NDArray[np.bool_] | None:
    for turned in _turned(values):
        if turned.shape[1] == len(data) and any(_in_its_order(side, data) for side in turned):
            return np.ones(len(data), dtype=bool)
        found = _among_columns(list(turned), data)
        if found is not None:
            return found
    return None


def _among_columns(sides: list[NDArray[np.float64]], data: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Return the rows of the data whose values sides of an array have, all together; one side has fractions at least.

    Whole numbers meet by accident, and a side of few values does.
    """
    numbers = [_floats(column) for _, column in data.items() if is_measured_in_numbers(column)]
    pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for side in sides:
        free = (each for each in numbers if not any(each is column for _, column in pairs))
        column = next((each for each in free if np.isin(side[:LOOKED_AT], each).mean() >= SHARE_EQUAL), None)
        pairs += [(side, column)] if column is not None else []
    if not any(_is_fine(side) for side, _ in pairs):
        return None
    return found_among([side for side, _ in pairs], [column for _, column in pairs])


def _is_fine(side: NDArray[np.float64]) -> bool:
    few = len(np.unique(side[:LOOKED_AT])) < max(FEWEST_VALUES, 0.5 * min(len(side), LOOKED_AT))
    return not few and bool((side % 1 != 0).mean() > 0.5)


def _turned(values: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """Yield an array of one dimension as one side; of two, its columns as sides, then its rows."""
    if values.ndim == 1:
        yield values.astype(np.float64)[None, :]
    elif values.ndim == 2:  # noqa: PLR2004
        for turned in (values.T, values):
            if turned.shape[1] >= FEWEST:
                yield turned[:MOST_SIDES].astype(np.float64)


def _in_its_order(values: NDArray[np.float64], data: pd.DataFrame) -> bool:
    """Whether as many numbers as the data has rows rise and fall with a column exactly, or equal it row by row.

    A grid rises with every column that does, such as the time of sorted rows, and says nothing.
    """
    steps = np.diff(values)
    if len(np.unique(values[:LOOKED_AT])) < FEWEST_VALUES or np.ptp(steps) <= 1e-9 * np.abs(steps).max():
        return False
    is_sorted = (steps >= 0).all() or (steps <= 0).all()
    ranks = np.asarray(pd.Series(values).rank(), dtype=np.float64)
    equal = {name for name, column in data.items() if is_measured_in_numbers(column)
             and _has_its_order(values, None if is_sorted else ranks, _floats(column))}  # fmt: skip
    return bool(equal) and not follow_from_place(data[:ROWS_IN_TURN], equal)


def _has_its_order(values: NDArray[np.float64], ranks: NDArray[np.float64] | None, there: NDArray[np.float64]) -> bool:
    if agree(pd.Series(values), pd.Series(there), SHARE_EQUAL):
        return True
    if ranks is None or not np.isfinite(there).all() or len(np.unique(there)) < FEWEST:
        return False
    order = pd.Series(there).rank().to_numpy()
    return bool(min(np.abs(ranks - order).max(), np.abs(ranks + order - len(there) - 1).max()) == 0)


def is_measured_in_numbers(column: pd.Series) -> bool:
    """Whether a column holds numbers, truth values among them."""
    return values_of(column).kind in NUMERIC


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return plain(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _equal_somewhere(frame: pd.DataFrame, data: pd.DataFrame, share: float) -> set[Any]:
    """Return the columns of the data that equal one of a table, row by row; by name, or any for a single column."""
    some = np.unique(np.linspace(0, len(frame) - 1, LOOKED_AT).astype(np.int64))
    frame, data = frame.iloc[some], data.iloc[some]
    shared = [name for name in frame.columns if name in data.columns]
    pairs = [(name, name) for name in shared] or [(a, b) for a in frame.columns[:3] for b in data.columns]
    return {other for one, other in pairs if agree(frame[one], data[other], share)}
