"""Codes of known levels, which every encoder of categories looks up."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries import coded_values, hash_ids
from mlsys.tables import Column, is_counting, tally, tell
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

NULL, UNSEEN, RARE = -1, -2, -3

_ROWS_AT_A_TIME = 1 << 16
_FEW_ROWS = 64
"""Up to here looking each value up beats numbering the distinct ones (20 us against 150 us for one row)."""


def codes_of(column: Column, codes: Mapping[Any, int], told: str = "") -> NDArray[np.int64]:
    """Return the code of each value: ``NULL`` for null, ``RARE`` or ``UNSEEN`` for a level that has none."""
    return looked_up(column, codes, np.array([*range(len(codes)), RARE, UNSEEN, NULL], dtype=np.int64), told)


def looked_up(column: Column, codes: Mapping[Any, int], table: NDArray[Any], told: str = "") -> NDArray[Any]:
    """Return for each value the row of a table that its code says.

    Parameters
    ----------
    column : list, array or Series
        Values.
    codes : mapping
        Of levels; a `Known` tells rare levels from unseen ones.
    table : array
        A row for each code; behind them one of unseen levels and one of null, before these one of rare levels, if any.
    told : str
        The column of which unseen levels are counted, by a step that knows all levels of training rows.
    """
    if isinstance(column, list):
        found = [NULL if value is None else codes.get(value, UNSEEN) for value in column]
        return table[_found(found, column, codes, told)]
    column = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if len(column) <= _FEW_ROWS:
        return table[_found(_one_by_one(column, codes), column.tolist(), codes, told)]
    try:
        places, distinct = coded_values(column)
    except DataError:
        return table[_found(_one_by_one(column, codes), column.tolist(), codes, told)]
    found = _found([*map(codes.get, distinct, repeat(UNSEEN))], distinct, codes)
    if told and UNSEEN in found and is_counting():
        counts = np.bincount(places[places >= 0], minlength=len(found))
        tell(told, tally.UNSEEN, int(counts[np.array(found) == UNSEEN].sum()))
    return by_place(table[[*found, NULL]], places)


def _found(found: list[int], values: Sequence[Any], codes: Mapping[Any, int], told: str = "") -> list[int]:
    """Return codes with rare levels told from unseen ones, which are counted."""
    if UNSEEN not in found:
        return found
    if isinstance(codes, Known) and len(codes.rare):
        found = codes.told_apart(found, values)
    tell(told, tally.UNSEEN, found.count(UNSEEN) if told else 0)
    return found


class Known(dict[Any, int]):
    """Codes of levels, and the hashes of levels that training rows have too, but too rarely.

    Examples
    --------
    >>> known = Known({"a": 0}, hashes_of(["b"]))
    >>> known.told_apart([0, UNSEEN, UNSEEN], ["a", "b", "c"])
    [0, -3, -2]
    """

    def __init__(self, codes: Mapping[Any, int], rare: Sequence[int] | NDArray[np.uint64]) -> None:
        super().__init__(codes)
        self.rare = rare

    def told_apart(self, found: list[int], values: Sequence[Any]) -> list[int]:
        """Return codes with those of rare levels in the place of ``UNSEEN``."""
        places = [place for place, code in enumerate(found) if code == UNSEEN]
        try:
            rare = np.isin(hashes_of([values[place] for place in places]), self.rare)
        except DataError:  # lists and the like
            return found
        found = list(found)
        for place in np.array(places)[rare].tolist():
            found[place] = RARE
        return found


def hashes_of(levels: Sequence[Any]) -> NDArray[np.uint64]:
    """Return the hashes by which rare levels are known."""
    return hash_ids(pd.Series(levels, dtype=object))


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


def _one_by_one(column: pd.Series, codes: Mapping[Any, int]) -> list[int]:
    """Look each value up; what cannot be looked up, such as a list, is no level."""
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return [NULL if null else _code(value, codes) for value, null in values]


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
