"""Keys of histories: rows with the same values in the key columns, numbered alike in several frames."""

from __future__ import annotations

from collections.abc import Sequence

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
    numbers = columns[0]
    for each in columns[1:]:
        pairs = numbers * (each.max(initial=0) + 1) + each
        null = (numbers == NO_KEY) | (each == NO_KEY)
        numbers = pd.factorize(np.where(null, NO_KEY, pairs))[0].astype(np.int64)
        if null.any():  # factorize numbers the null ones too
            numbers = np.where(null, NO_KEY, numbers)
    return np.split(numbers, np.cumsum([len(frame) for frame in frames[:-1]]))


def _numbers(name: str, frames: Sequence[pd.DataFrame]) -> NDArray[np.int64]:
    for frame in frames:
        if name not in frame.columns:
            raise DataError(f"the history key {name!r} is not a column", "name a column of the data in by=")
    try:
        known = by_value(frames[0][name])
        alike = [as_values_like(by_value(each[name]), known, ("in the rows", "in the history")) for each in frames[1:]]
    except Unlike as error:
        raise refused(error, f"the history key {name!r}") from error
    return pd.factorize(pd.concat([known, *alike], ignore_index=True))[0].astype(np.int64)
