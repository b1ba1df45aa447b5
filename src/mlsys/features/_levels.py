"""Codes of known levels, which every encoder of categories looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.summaries import distinct_values
from mlsys.tables import Column
from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NULL, UNSEEN = -1, -2

_FEW_ROWS = 64
"""Up to here looking each value up beats numbering the distinct ones (20 us against 150 us for one row)."""


def codes_of(column: Column, codes: Mapping[Any, int]) -> NDArray[np.int64]:
    """Return the code of each value: ``NULL`` for null, ``UNSEEN`` for a level that is not in ``codes``."""
    if isinstance(column, list):
        return np.array([NULL if value is None else codes.get(value, UNSEEN) for value in column], dtype=np.int64)
    column = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if len(column) <= _FEW_ROWS:
        return _one_by_one(column, codes)
    try:
        places, distinct = distinct_values(column)
    except DataError:
        return _one_by_one(column, codes)
    known = np.array([*(codes.get(value, UNSEEN) for value in distinct), NULL], dtype=np.int64)
    return np.asarray(known[places], dtype=np.int64)  # null has the place -1, which takes the last


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
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"{who}: two levels of {column!r} would both be named {twice!r}",
            f"convert the values of {column!r} to one type with distinct texts in a Derive step",
        )


def check_levels(levels: Sequence[Any], column: str, who: str) -> None:
    """Raise for levels that a state cannot hold as plain data."""
    odd = next((level for level in levels if not isinstance(level, (str, int, float, bool))), None)
    if odd is not None:
        raise DataError(
            f"{who}: the column {column!r} holds {type(odd).__name__} values such as {odd!r}, not texts or numbers",
            f"convert {column!r} to text or numbers with Derive, or leave it out of columns=",
        )
