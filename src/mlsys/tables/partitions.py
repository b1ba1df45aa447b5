"""Cutting rows into ordered partitions by one rule, and adding up over them in plan order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.settings import settings


def cut(rows: int, size: int | None = None) -> list[slice]:
    """Return the slices of ``rows`` rows that the plan calls partitions; one empty slice for no rows.

    Examples
    --------
    >>> cut(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = size or settings().rows_per_partition
    return [slice(start, min(start + size, rows)) for start in range(0, max(rows, 1), size)]


@dataclass(frozen=True)
class Partition:
    """One piece of a source that is read when needed.

    Parameters
    ----------
    rows : int or None
        Number of rows; ``None`` where it is not known without reading.
    read : callable
        Takes column names or None, returns a frame with its place in the plan as index; of a piece whose number of
        rows is not known, any index.
    label : str
        For messages: file and row range.
    note : object, optional
        What its reader noted of the rows while they were counted; can be added to that of other pieces.
    """

    rows: int | None
    read: Callable[[Sequence[str] | None], pd.DataFrame]
    label: str = ""
    note: Any = None


@runtime_checkable
class ReadsSome(Protocol):
    """The reader of a piece that makes a frame of some of its rows at less cost than of all, and knows its index."""

    def __call__(self, columns: Sequence[str] | None, /) -> pd.DataFrame:
        """Return all rows, with some columns, none of them, or all."""
        ...

    def some(self, columns: Sequence[str] | None, inside: NDArray[np.bool_], /) -> pd.DataFrame:
        """Return some rows as they would be cut out of the frame of all."""
        ...


@dataclass(frozen=True)
class Some:
    """Reads some rows of a piece, as a piece of their own.

    Parameters
    ----------
    read : ReadsSome
        Reads the piece.
    inside : array of bool
        Which of its rows.

    Examples
    --------
    >>> class Three:
    ...     def __call__(self, columns):
    ...         return pd.DataFrame({"x": [1, 2, 3]})[columns or ["x"]]
    ...
    ...     def some(self, columns, inside):
    ...         return self(columns)[inside]
    >>> last = Some(Three(), np.array([False, True, True]))
    >>> last(None)["x"].tolist(), last.some(["x"], np.array([False, True])).index.tolist()
    ([2, 3], [2])
    """

    read: ReadsSome
    inside: NDArray[np.bool_]

    def __call__(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """Return them."""
        return in_order(self.read.some(columns, self.inside), columns)

    def some(self, columns: Sequence[str] | None, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """Return some of them."""
        both = self.inside.copy()
        both[self.inside] = inside
        return in_order(self.read.some(columns, both), columns)


def in_order(frame: pd.DataFrame, columns: Sequence[Any] | None) -> pd.DataFrame:
    """Return some columns of a frame in a given order; the frame itself, uncopied, where it is just these."""
    return frame if columns is None or frame.columns.tolist() == list(columns) else frame[list(columns)]


@dataclass(frozen=True)
class Deferred:
    """Rows of one frame that are known but not yet there: kept on disk, or made again when asked for.

    Parameters
    ----------
    rows : int
        Number of rows.
    empty : DataFrame
        No rows, all columns with their types.
    load : callable
        Takes column names or None, returns the frame.
    """

    rows: int
    empty: pd.DataFrame
    load: Callable[[Sequence[str] | None], pd.DataFrame]


Rows = TypeVar("Rows", pd.DataFrame, pd.Series)
_NOTE = "mlsys: note of the reader"


def noting(frame: Rows, note: Any) -> Rows:
    """Return rows with a note of their reader, which goes with them to other processes."""
    held = frame.copy(deep=False)
    held.attrs = {_NOTE: note}
    return held


def noted(frame: pd.DataFrame | pd.Series) -> Any:
    """Return the note of who read the rows, ``None`` where there is none.

    Examples
    --------
    >>> noted(noting(pd.DataFrame({"x": [1]}), 7)), noted(pd.DataFrame({"x": [1]}))
    (7, None)
    """
    return frame.attrs.get(_NOTE)


def without_note(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows without the note of their reader."""
    if _NOTE not in frame.attrs:
        return frame
    held = frame.copy(deep=False)
    held.attrs = {}
    return held


def add_in_order(summaries: Iterable[Any]) -> Any:
    """Add summaries from left to right.

    Examples
    --------
    >>> add_in_order([1, 2, 3])
    6
    """
    total = None
    for summary in summaries:
        total = summary if total is None else total + summary
    return total
