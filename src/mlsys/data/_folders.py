"""Columns in the names of folders, ``year=2024/site=a/``, as Hive, Spark and pandas write them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa

from mlsys.data._paths import is_url
from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NULL = "__HIVE_DEFAULT_PARTITION__"
_SMALL = np.iinfo(np.int32)


@dataclass(frozen=True)
class Folders:
    """Columns of each file from the names of its folders.

    Parameters
    ----------
    values : tuple of dict
        For each file the text behind each ``key=``; ``None`` for null.
    types : dict of str to dtype
        One type a key for all files.

    Notes
    -----
    Typed as pyarrow types them: whole numbers of 32 bits where all are such, else text. As everywhere whole numbers
    with nulls are floats.
    """

    values: tuple[Mapping[str, str | None], ...]
    types: Mapping[str, Any]

    def column(self, name: str, place: int, index: pd.Index, dtype: Any = None) -> pd.Series:
        """Return one column for the rows of the file at ``place``."""
        text = self.values[place].get(name)
        held = pd.Series([text], dtype="str") if dtype is not None or self.types[name] == "str" else _number(text)
        made = held.astype(self.types[name] if dtype is None else dtype)
        repeated: pd.Series = made.repeat(len(index)).set_axis(index)
        return repeated.rename(name)

    def refuse_other(self, column: pd.Series, place: int, file: str, who: str) -> None:
        """Raise when a file also holds the column of a folder, with another value."""
        name, text = str(column.name), self.values[place].get(str(column.name))
        said = column.isna() if text is None else _as_said(column, text)
        if not said.all():
            row = int((~said).to_numpy().argmax())
            says = f"its folder says {name}={NULL if text is None else text}"
            if name not in self.values[place]:
                says = f"the file lies in no folder {name}=..., as others do"
            raise DataError(
                f"{who}: column {name!r} is {column.iloc[row]!r} in row {row} of {file!r}, and {says}",
                "correct the one that is wrong, or give folder and column different names",
            )


def folders_of(path: Any, files: Sequence[str]) -> Folders:
    """Return the columns in the names of the folders below a folder that was named, or above files that were named.

    Examples
    --------
    >>> found = folders_of(["year=2023/a.csv", "year=2024/b.csv"], ["year=2023/a.csv", "year=2024/b.csv"])
    >>> found.values[0], str(found.types["year"])
    ({'year': '2023'}, 'int32')
    """
    given = path if isinstance(path, (tuple, list)) else (path,)
    named = [folder for each in given if os.path.isdir(folder := os.path.expanduser(os.fspath(each)))]
    values = tuple(_pairs(file, named) for file in files)
    names = dict.fromkeys(name for pairs in values for name in pairs)
    return Folders(values, {name: _type_of([pairs.get(name) for pairs in values]) for name in names})


def with_folders(table: pa.Table, folders: Folders, place: int, file: str, who: str) -> pa.Table:
    """Return rows of the file at ``place`` with the columns that its folders name."""
    index = pd.RangeIndex(table.num_rows)
    for name in folders.types:
        if name in table.column_names:
            folders.refuse_other(table.column(name).to_pandas().rename(name), place, file, who)
            table = table.drop_columns([name])
        table = table.append_column(name, pa.array(folders.column(name, place, index).array, from_pandas=True))
    return table


def _pairs(file: str, named: Sequence[str]) -> dict[str, str | None]:
    if is_url(file):
        return {}
    parents = PurePath(file).parent
    base = next((folder for folder in named if parents.is_relative_to(folder)), None)
    parts = (parents if base is None else parents.relative_to(base)).parts
    pairs = [part.split("=", 1) for part in parts if part.find("=") > 0]
    return {unquote(key): None if text == NULL else unquote(text) for key, text in pairs}


def _type_of(texts: Sequence[str | None]) -> str:
    known = [text for text in texts if text is not None]
    whole = bool(known) and all(_is_small(text) for text in known)
    if not whole:
        return "str"
    return "int32" if len(known) == len(texts) else "float64"


def _is_small(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and _SMALL.min <= int(text) <= _SMALL.max


def _number(text: str | None) -> pd.Series:
    return pd.Series([np.nan if text is None else int(text)])


def _as_said(column: pd.Series, text: str) -> pd.Series:
    if _is_small(text) and pd.api.types.is_numeric_dtype(column.dtype):
        return (column == int(text)).fillna(False).astype(bool)
    return column.astype("str").eq(text).fillna(False).astype(bool)
