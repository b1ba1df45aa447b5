"""A few rows whose columns lie apart: for one row, a frame costs more than all that is done to its values."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mlsys.blocks import is_plain

MOST_ROWS = 16
"""Up to here columns apart are faster than a frame (one row of 30 columns through eight steps: seven times)."""
TEXT = pd.StringDtype(na_value=np.nan)
"""What a list of texts is as a column."""
_TEXTS: Any = TEXT.construct_array_type()
_OF_ARROW = pa.large_string()

Column = Any
"""A list of texts and ``None`` for texts; an array of numpy or of pandas for all others."""


class Names(list[Any]):
    """Names of columns, as an index gives them."""

    is_unique = True

    def tolist(self) -> list[Any]:
        """Return the names."""
        return list(self)


class Types(dict[Any, Any]):
    """Types of columns by name, as a frame gives them."""

    def tolist(self) -> list[Any]:
        """Return the types."""
        return list(self.values())


@dataclass(frozen=True)
class Columns:
    """Columns by name, in order; a step that takes a few rows so reads and replaces them as those of a frame.

    Parameters
    ----------
    held : dict
        The columns; each has one value a row.
    index : Index
        Labels of the rows.
    like : Index
        Labels of columns such as a frame of these rows has.

    Examples
    --------
    >>> rows = Columns.of(pd.DataFrame({"x": [1.5], "who": ["a"]}))
    >>> rows.held
    {'x': array([1.5]), 'who': ['a']}
    >>> rows.frame()
         x who
    0  1.5   a
    """

    held: dict[Any, Column]
    index: pd.Index
    like: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Columns:
        """Take a frame apart."""
        whole: Any = frame
        arrays = whole._iter_column_arrays()  # a Series of each would take most of the time that a row takes
        held = {name: _apart(array) for name, array in zip(frame.columns.tolist(), arrays, strict=True)}
        return cls(held, frame.index, frame.columns)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, name: Any) -> pd.Series:
        """Return a column as a Series."""
        array = _array(self.held[name])
        column: pd.Series = pd.Series(array, index=self.index, name=name, dtype=array.dtype, copy=False)
        return column

    @property
    def columns(self) -> Names:
        """Names of the columns."""
        return Names(self.held)

    @property
    def dtypes(self) -> Types:
        """Types of the columns."""
        return Types({name: TEXT if isinstance(each, list) else each.dtype for name, each in self.held.items()})

    def floats(self, names: Iterable[Any]) -> NDArray[np.float64]:
        """Return columns of plain numbers as floats, one column a row of the array."""
        return np.array([self.held[name] for name in names], dtype=np.float64)

    def replaced(self, changed: Mapping[Any, Any], added: Mapping[Any, Any], dropped: Iterable[Any]) -> Columns:
        """Return the rows with columns changed in place, some dropped, and others added behind."""
        gone = set(dropped)
        kept = {name: column for name, column in self.held.items() if name not in gone}
        new = {name: loosened(each) for some in (changed, added) for name, each in some.items()}
        return Columns({**kept, **new}, self.index, self.like)

    def frame(self, names: Sequence[Any] | None = None) -> pd.DataFrame:
        """Return the rows as a frame, of some of the columns where these are named."""
        chosen = tuple(self.held) if names is None else tuple(names)
        labels = _labels(chosen, self.like.dtype == object).view()  # its name may be changed
        arrays = [_array(self.held[name]) for name in chosen]
        made: pd.DataFrame = pd.DataFrame._from_arrays(arrays, labels, self.index, verify_integrity=False)  # type: ignore[attr-defined]
        return made


AnyRows = TypeVar("AnyRows", pd.DataFrame, Columns)


def apart(rows: object) -> Columns | None:
    """Return rows whose columns lie apart; ``None`` for a frame."""
    return rows if isinstance(rows, Columns) else None


def column_of(rows: pd.DataFrame | Columns, name: Any) -> Column:
    """Return a column as it lies there: a Series of a frame, or what `Columns` holds."""
    return rows.held[name] if isinstance(rows, Columns) else rows[name]


def rows_of(columns: Mapping[Any, Any], like: pd.DataFrame | Columns) -> Any:
    """Return columns as rows of the form, and with the labels, that others have."""
    if isinstance(like, Columns):
        return Columns({name: loosened(each) for name, each in columns.items()}, like.index, like.like)
    return pd.DataFrame(columns, index=like.index)


def loosened(column: Any) -> Column:
    """Return a column that was made in the form in which `Columns` holds it; its type is what it is in a frame."""
    if isinstance(column, list):
        return column
    if isinstance(column, np.ndarray):
        return column if is_plain(column.dtype) else _apart(pd.Series(column, copy=False).array)
    return _apart(column.array if isinstance(column, pd.Series) else column)


def _apart(array: Any) -> Column:
    if isinstance(array, np.ndarray):
        return array
    if array.dtype == TEXT:
        return [value if isinstance(value, str) else None for value in array.tolist()]
    return array.to_numpy() if isinstance(array, pd.arrays.NumpyExtensionArray) else array


def _array(column: Column) -> Any:
    if isinstance(column, list):
        return _TEXTS(pa.array(column, type=_OF_ARROW), dtype=TEXT)  # pd.array() takes ten times as long
    return column if isinstance(column, np.ndarray) else column.copy()  # numpy's are copied into blocks


@functools.lru_cache(maxsize=64)
def _labels(names: tuple[Any, ...], of_objects: bool) -> pd.Index:
    """Return names as labels; those of one model are the same at every request."""
    made: pd.Index = pd.Index(names, dtype=object if of_objects else None)
    return made
