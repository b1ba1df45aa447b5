"""Keys of histories: rows with the same values in the key columns, numbered alike in several frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.values import Unlike, as_values_like, by_value, refused

NO_KEY = -1
"""Number of rows in which a key column is null: they are in nobody's history."""


def names_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the key columns."""
    return (by,) if isinstance(by, str) else tuple(by)


def numbered(by: str | Sequence[str], rows: pd.DataFrame, *others: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Return the number of each row's key, the same in all frames; values are compared, whatever their types.

    Examples
    --------
    >>> one, other = pd.DataFrame({"who": ["b", "a", None]}), pd.DataFrame({"who": ["a", "c"]})
    >>> [numbers.tolist() for numbers in numbered("who", one, other)]
    [[0, 1, -1], [1, 2]]
    """
    frames = (rows, *others)
    columns = [_numbers(name, frames) for name in names_of(by)]
    numbers = columns[0] if columns else np.zeros(sum(map(len, frames)), dtype=np.int64)
    for each in columns[1:]:
        pairs = numbers * (each.max(initial=0) + 1) + each
        null = (numbers == NO_KEY) | (each == NO_KEY)
        numbers = pd.factorize(np.where(null, NO_KEY, pairs))[0].astype(np.int64)
        if null.any():  # factorize numbers the null ones too
            numbers = np.where(null, NO_KEY, numbers)
    return np.split(numbers, np.cumsum([len(frame) for frame in frames[:-1]]))


class KeysHeld:
    """Where the rows of each key lie, so that a request looks at those of its own keys alone.

    Examples
    --------
    >>> held = KeysHeld("who", pd.DataFrame({"who": ["b", "a", None, "b"]}))
    >>> held.places(pd.DataFrame({"who": ["b", "c"]})).tolist()
    [0, 3]
    """

    def __init__(self, by: str | Sequence[str], rows: pd.DataFrame) -> None:
        self._columns = {name: _values(name, rows) for name in names_of(by)}
        self._places: dict[tuple[Any, ...], list[int]] = {} if self._columns else {(): list(range(len(rows)))}
        for place, key in enumerate(zip(*(each.tolist() for each in self._columns.values()), strict=True)):
            self._places.setdefault(key, []).append(place)

    def places(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return the places of all rows held that have the key of one of these, in their order."""
        asked = (_values(name, rows, known).tolist() for name, known in self._columns.items())
        keys = set(zip(*asked, strict=True)) if self._columns else {()}
        found = [place for key in keys for place in self._places.get(key, ())]
        return np.array(sorted(found), dtype=np.int64)


def _numbers(name: str, frames: Sequence[pd.DataFrame]) -> NDArray[np.int64]:
    known = _values(name, frames[0])
    if len(frames) > 1 and all(_same(name, frames[0], each) for each in frames[1:]):
        return np.tile(pd.factorize(known)[0].astype(np.int64), len(frames))  # the usual case of a batch
    alike = [_values(name, each, known) for each in frames[1:]]
    return pd.factorize(pd.concat([known, *alike], ignore_index=True))[0].astype(np.int64)


def _same(name: str, one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two frames hold the same keys row by row; told fast."""
    there = name in other.columns and len(one) == len(other) and one[name].dtype == other[name].dtype
    return there and bool(one[name].array is other[name].array or one[name].array.equals(other[name].array))


def _values(name: str, frame: pd.DataFrame, known: pd.Series | None = None) -> pd.Series:
    """Return a key column in the form in which it is compared, with those that are known where these are given."""
    if name not in frame.columns:
        raise DataError(f"the history key {name!r} is not a column", "name a column of the data in by=")
    try:
        values = by_value(frame[name])
        return values if known is None else as_values_like(values, known, ("in the rows", "in the history"))
    except Unlike as error:
        raise refused(error, f"the history key {name!r}") from error
