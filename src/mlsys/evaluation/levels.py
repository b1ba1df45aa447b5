"""Levels of a column: which rows hold the same value, and a name for each that no other has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.values import Kind, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

NULL = "nan"


def levels_of(column: pd.Series, who: str) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return each level's name and its rows, the most frequent first; null is one of them.

    Parameters
    ----------
    column : Series
        Of any type. Values of different types are different levels: ``1`` is not ``"1"``, null not ``"nan"``.
    who : str
        For messages.

    Examples
    --------
    >>> [(name, int(rows.sum())) for name, rows in levels_of(pd.Series(["nan", None, 1, "1", "nan"], dtype=object), "")]
    [("'nan'", 2), ('nan', 1), ('1', 1), ("'1'", 1)]
    """
    codes, names = level_codes(column, who)
    return [(name, codes == place) for place, name in enumerate(names)]


def level_codes(column: pd.Series, who: str, most: int | None = None) -> tuple[NDArray[np.int64], list[str]]:
    """Return the place of each row's level, the most frequent first, and the names of the levels.

    Parameters
    ----------
    column : Series
        Of any type.
    who : str
        For messages.
    most : int, optional
        How many are named: names of a million levels take long.

    Examples
    --------
    >>> codes, names = level_codes(pd.Series(["b", None, "b"]), "")
    >>> codes.tolist(), names
    ([0, 1, 0], ['b', 'nan'])
    """
    codes, values = _factorized(column, who)
    if (codes < 0).any():
        codes, values = np.where(codes < 0, len(values), codes), [*values, None]
    counts = np.bincount(codes, minlength=len(values))
    first = np.full(len(values), len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    order = np.lexsort((first, -counts))
    order = order[: int((counts > 0).sum())]
    places = np.full(len(values), len(order))
    places[order] = np.arange(len(order))
    return places[codes], names_of([values[place] for place in order[:most]])


def names_of(values: Sequence[Any]) -> list[str]:
    """Return a text for each of some different values, no two alike; ``None`` stands for null.

    Examples
    --------
    >>> names_of(["a", 1, "1", None, "nan"])
    ['a', '1', "'1'", 'nan', "'nan'"]
    """
    plain = [NULL if value is None else str(value) for value in values]
    often = Counter([*plain, NULL])  # text that reads as null is quoted also where no row is null
    return distinct(
        repr(value) if isinstance(value, str) and often[text] > 1 else text
        for value, text in zip(values, plain, strict=True)
    )


def distinct(names: Iterable[str]) -> list[str]:
    """Return names with a number behind those that were there before.

    Examples
    --------
    >>> distinct(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    made: dict[str, None] = {}
    for name in names:
        number, own = 1, name
        while own in made:
            number += 1
            own = f"{name} ({number})"
        made[own] = None
    return list(made)


def _factorized(column: pd.Series, who: str) -> tuple[NDArray[np.int64], list[Any]]:
    """Return the place of each row's value among the different values, -1 for null."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64), column.cat.categories.tolist()
    held = values_of(column)
    typed = column.dtype == object and held.kind in {Kind.MIXED, Kind.NUMBER, Kind.OTHER}
    try:
        if held.kind is Kind.NESTED:
            raise TypeError
        codes, values = pd.factorize(_with_types(column) if typed else column)
    except TypeError:  # what has no hash has no levels either
        raise DataError(
            f"{who} slices by {column.name!r}, which holds {held}",
            "slice by a column of plain values, or by a condition: slices={name: function of the rows}",
        ) from None
    return codes.astype(np.int64), [value[1] for value in values] if typed else list(values)


def _with_types(column: pd.Series) -> pd.Series:
    """Return each value with its type beside it: ``1``, ``1.0`` and ``True`` compare equal, and are not the same."""
    nulls = column.isna().to_numpy()
    plain = [value.item() if isinstance(value, np.generic) else value for value in column]
    typed = [None if null else (type(value).__name__, value) for value, null in zip(plain, nulls, strict=True)]
    return pd.Series(np.fromiter(typed, dtype=object, count=len(typed)), index=column.index)
