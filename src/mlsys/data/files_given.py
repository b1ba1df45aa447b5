"""Files that run() is given in place of rows: CSV or Parquet, told by their names and their first bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mlsys.data._paths import CSV_ENDINGS, PARQUET_ENDINGS, files_of, is_url
from mlsys.data.read_csv import ReadCSV
from mlsys.data.read_parquet import ReadParquet
from mlsys.errors import DataError

if TYPE_CHECKING:
    from mlsys.steps import Source

_READ_BY = {
    "read_excel": (".xlsx", ".xls", ".xlsb", ".ods"),
    "read_json": (".json", ".jsonl", ".ndjson"),
    "read_feather": (".feather", ".arrow", ".ipc"),
    "read_pickle": (".pkl", ".pickle"),
    "read_stata": (".dta",),
    "read_spss": (".sav",),
    "read_sas": (".sas7bdat", ".xpt"),
    "read_hdf": (".h5", ".hdf5", ".hdf"),
    "read_sql": (".db", ".sqlite", ".sqlite3", ".sql"),
    "read_xml": (".xml",),
    "read_html": (".html", ".htm"),
    "read_orc": (".orc",),
}
"""What pandas reads that is neither CSV nor Parquet."""
_ENDINGS = (CSV_ENDINGS[0], PARQUET_ENDINGS[0], *CSV_ENDINGS[1:], *PARQUET_ENDINGS[1:])
_PACKED = (".gz", ".zip", ".bz2", ".xz")
_SEPARATORS = "\t;|"
_PARQUET = b"PAR1"
_HEADER = 65_536
"""Bytes in which the first line is looked for."""


def is_path(given: Any) -> bool:
    """Whether these are names of files, not rows."""
    if isinstance(given, (str, os.PathLike)):
        return True
    return isinstance(given, (list, tuple)) and bool(given) and all(isinstance(e, (str, os.PathLike)) for e in given)


def source_of(path: Any, who: str) -> Source:
    """Return the step that reads a file, a pattern, a folder, an address, or a list of these.

    Raises
    ------
    DataError
        When nothing is there, or what is there is neither CSV nor Parquet; the remedy says how to read it.
    """
    files = files_of(path, _ENDINGS, who)
    kinds = {file: _kind(file, who) for file in files}
    if len(set(kinds.values())) > 1:
        one, other = (next(file for file, kind in kinds.items() if kind is each) for each in (ReadCSV, ReadParquet))
        raise DataError(
            f"{who} got CSV and Parquet files together: {one!r} and {other!r}",
            "give files of one kind, for example by a pattern such as 'folder/*.csv'",
        )
    given = os.fspath(path) if isinstance(path, (str, os.PathLike)) else [os.fspath(each) for each in path]
    if next(iter(kinds.values())) is ReadParquet:
        return ReadParquet(given)
    separator = _separator(files[0])
    return ReadCSV(given) if separator == "," else ReadCSV(given, separator=separator)


def _kind(file: str, who: str) -> type[ReadCSV] | type[ReadParquet]:
    name = file.partition("?")[0].lower() if is_url(file) else file.lower()
    if name.endswith(PARQUET_ENDINGS):
        return ReadParquet
    reader = next((each for each, endings in _READ_BY.items() if name.endswith(endings)), None)
    if reader is not None:
        raise DataError(f"{who} reads CSV and Parquet, and {file!r} is neither", f"read it: run(pandas.{reader}(...))")
    return ReadParquet if not name.endswith(CSV_ENDINGS) and _first_bytes(file)[:4] == _PARQUET else ReadCSV


def _first_bytes(file: str) -> bytes:
    if is_url(file):
        return b""
    with open(file, "rb") as opened:
        return opened.read(_HEADER)


def _separator(file: str) -> str:
    """Return what parts the fields of the first line: a comma, unless there is none and another sign there is."""
    if ".tsv" in os.path.basename(file).lower():
        return "\t"
    line = "" if file.lower().endswith(_PACKED) else _first_bytes(file).partition(b"\n")[0].decode(errors="replace")
    others = {sign: line.count(sign) for sign in _SEPARATORS if sign in line}
    return "," if "," in line or not others else max(others, key=others.__getitem__)
