"""Records in a list, such as pairs of a key and a number, are a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

FEWEST = 3
MOST_FIELDS = 8
"""A record of more fields is a row of numbers, which is looked at as such."""
_SCALARS = (str, int, float, bool, date, np.generic, type(None))


def table_of_records(items: Sequence[Any]) -> pd.DataFrame | None:
    """Return equal tuples, lists or dicts of plain values as a table; ``None`` for anything else.

    Examples
    --------
    >>> table_of_records([("a", 0.5), ("b", 0.25), ("c", 1)])[1].tolist()
    [0.5, 0.25, 1.0]
    >>> table_of_records([{"k": "a", "r": 1}, {"k": "b", "r": 2}, {"k": "c", "r": 0}])["r"].tolist()
    [1, 2, 0]
    >>> table_of_records([("a", 1), ("b",), "c"])
    """
    if len(items) < FEWEST or not issubclass(type(items[0]), (tuple, list, dict)):
        return None
    of_dicts = issubclass(type(items[0]), dict)
    if not all(_is_like(each, items[0], of_dicts) for each in items):
        return None
    rows = [_fields(each) for each in items]
    if not all(issubclass(type(each), _SCALARS) for row in rows for each in row):
        return None
    if issubclass(type(items[0]), list) and not any(issubclass(type(each), (str, date)) for each in rows[0]):
        return None  # vectors and bounds, each a whole
    names = list(dict.keys(items[0])) if of_dicts else range(len(rows[0]))
    return pd.DataFrame(rows, columns=names)


def _is_like(record: Any, first: Any, of_dicts: bool) -> bool:
    if type(record) is not type(first) or not 1 < _length(record) <= MOST_FIELDS:
        return False
    if of_dicts:
        return dict.keys(record) == dict.keys(first)
    return _length(record) == _length(first)


def _fields(record: Any) -> list[Any]:
    """Return the fields of a record, whatever its class makes of going over them."""
    if issubclass(type(record), dict):
        return list(dict.values(record))
    return list((tuple if issubclass(type(record), tuple) else list).__iter__(record))


def _length(record: Any) -> int:
    return len(_fields(record))
