"""Cutting rows into ordered partitions by one rule, and adding up over them in plan order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

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
    """

    rows: int | None
    read: Callable[[Sequence[str] | None], pd.DataFrame]
    label: str = ""


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
