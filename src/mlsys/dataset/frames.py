"""Frames that users give: refused unless their rows and columns can be told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed, meant
from mlsys.values import NUMERIC, TIMES, is_of_type, told_apart


def check_frame(data: Any, who: str) -> None:
    """Raise unless ``data`` is a frame with rows, unique columns and a unique index."""
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"{who} got {type(data).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
    if data.empty:
        raise DataError(f"{who} got a frame of {len(data)} rows and {data.shape[1]} columns", "pass a frame with rows")
    check_unique(data, f"{who} got")
    _check_index(data.index, f"{who} got a frame")


def require_columns(there: Collection[Any], names: Iterable[str], who: str, remedy: str) -> None:
    """Raise unless all columns that ``who`` needs are there."""
    known = set(there)
    missing = [name for name in names if name not in known]
    if missing:
        raise DataError(
            f"{who} needs the column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}, which the rows "
            f"do not have (columns: {listed(there)})",
            f"{meant(missing[0], there)}{remedy}",
        )


def check_names(frame: pd.DataFrame, who: str, got: str, called: str = "frame") -> None:
    """Raise unless the columns of a frame have names that are texts, each once."""
    check_texts(frame, who, called)
    check_unique(frame, f"{who} {got}")


def check_texts(frame: pd.DataFrame, who: str, called: str = "frame") -> None:
    """Raise unless the columns of a frame have names that are texts; ``who`` may be empty."""
    names: list[Any] = [name for name in frame.columns if not isinstance(name, str)]
    if names:
        odd = names[0]
        several = f"{called}.columns = ['_'.join(map(str, name)) for name in {called}.columns]"
        raise DataError(
            f"{who}{': ' * bool(who)}column names must be strings, but {odd!r} is {type(odd).__name__}",
            f"write {several} first" if isinstance(odd, tuple) else f"call {called}.rename(columns=str) first",
        )


def check_unique(frame: pd.DataFrame, got: str) -> None:
    """Raise unless each column of a frame has a name of its own."""
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{got} two columns named {twice!r}", "rename one of them")


def _check_index(index: pd.Index, who: str) -> None:
    """Raise unless an index tells rows apart."""
    named = ", ".join(repr(name) for name in index.names if name is not None)
    made = f"frame.reset_index(), which makes a column of {named}" if named else "frame.reset_index(drop=True)"
    remedy = f"call {made}, or keep ids in a column and name it with id="
    if isinstance(index, pd.MultiIndex):
        raise DataError(f"{who} whose index has {index.nlevels} levels; the index identifies rows by one value", remedy)
    if not is_of_type(index.dtype, NUMERIC | TIMES):  # as a column they would take as much memory once more
        told_apart(index.to_series(), f"{who} whose index", remedy)
    if index.hasnans:
        place = int(np.flatnonzero(index.isna())[0])
        raise DataError(f"{who} whose index is null at position {place}; the index identifies rows", remedy)
    if not index.is_unique:
        raise DataError(
            f"{who} in which the index value {index[index.duplicated()][0]} occurs twice; the index identifies rows",
            remedy,
        )
