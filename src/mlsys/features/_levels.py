"""Codes of known levels, which every encoder of categories looks up."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries import coded_values
from mlsys.tables import Column
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

NULL, UNSEEN = -1, -2

_ROWS_AT_A_TIME = 1 << 16
_FEW_ROWS = 64
"""Up to here looking each value up beats numbering the distinct ones (20 us against 150 us for one row)."""


def codes_of(column: Column, codes: Mapping[Any, int]) -> NDArray[np.int64]:
    """Return the code of each value: ``NULL`` for null, ``UNSEEN`` for a level that is not in ``codes``."""
    return looked_up(column, codes, np.array([*range(len(codes)), UNSEEN, NULL], dtype=np.int64))


def looked_up(column: Column, codes: Mapping[Any, int], table: NDArray[Any]) -> NDArray[Any]:
    """Return for each value the row of a table that its code says; the last two are of unseen levels and of null."""
    if isinstance(column, list):
        return table[[NULL if value is None else codes.get(value, UNSEEN) for value in column]]
    column = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if len(column) <= _FEW_ROWS:
        return table[_one_by_one(column, codes)]
    try:
        places, distinct = coded_values(column)
    except DataError:
        return table[_one_by_one(column, codes)]
    return by_place(of_levels_among(table, codes, distinct), places)


def of_levels_among(table: NDArray[Any], codes: Mapping[Any, int], distinct: Iterable[Any]) -> NDArray[Any]:
    """Return the row of a table for each of some levels, then that of null: the last two are as in `looked_up`."""
    found: NDArray[Any] = table[[*map(codes.get, distinct, repeat(UNSEEN)), NULL]]
    return found


def by_place(table: NDArray[Any], places: NDArray[Any], fold_of: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the row of a table for each place; that of place -1, which null has, is the last.

    Parameters
    ----------
    table : array
        Of several folds, all of their tables one behind the other: shape (folds, places, ...).
    places : array of int
    fold_of : array of int, optional
        The fold of each place.

    Notes
    -----
    Some rows at a time: all places as whole numbers of the machine's size would take more memory than the answer.
    """
    size, rows_of = (len(table), table) if fold_of is None else (table.shape[1], table.reshape(-1, *table.shape[2:]))
    found = np.empty((len(places), *rows_of.shape[1:]), table.dtype)
    for start in range(0, len(places), _ROWS_AT_A_TIME):
        here = slice(start, start + _ROWS_AT_A_TIME)
        rows = places[here].astype(np.intp)
        rows[rows < 0] += size
        if fold_of is not None:
            rows += fold_of[here] * size
        np.take(rows_of, rows, axis=0, out=found[here], mode="clip")
    return found


def _one_by_one(column: pd.Series, codes: Mapping[Any, int]) -> NDArray[np.int64]:
    """Look each value up; what cannot be looked up, such as a list, is no level."""
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return np.array([NULL if null else _code(value, codes) for value, null in values], dtype=np.int64)


def _code(value: Any, codes: Mapping[Any, int]) -> int:
    try:
        return codes.get(value, UNSEEN)
    except TypeError:
        return UNSEEN


def numbered(levels: Sequence[Any]) -> dict[Any, int]:
    """Return the code of each level."""
    return {level: code for code, level in enumerate(levels)}


def refuse_alike(names: Sequence[str], column: str, who: str) -> None:
    """Raise when two levels of a column would have one name."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"{who}: two levels of {column!r} would both be named {twice!r}",
            f"convert the values of {column!r} to one type with distinct texts in a Derive step",
        )


def check_levels(levels: Sequence[Any], column: str, who: str) -> None:
    """Raise for levels that a state cannot hold as plain data."""
    if not all(issubclass(each, (str, int, float, bool)) for each in set(map(type, levels))):
        odd = next(level for level in levels if not isinstance(level, (str, int, float, bool)))
        raise DataError(
            f"{who}: the column {column!r} holds {type(odd).__name__} values such as {odd!r}, not texts or numbers",
            f"convert {column!r} to text or numbers with Derive, or leave it out of columns=",
        )
