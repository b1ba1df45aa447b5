"""ReadCSV: rows from delimited text files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.data._csv_content import refuse_encoding
from mlsys.data._csv_file import CSVFile, Writing
from mlsys.data._csv_options import in_categories, read_as, refuse_dtypes, refuse_separator, refuse_times
from mlsys.data._csv_types import common_frame
from mlsys.data._folders import Folders, folders_of
from mlsys.data._paths import CSV_ENDINGS, Paths, files_of, files_read
from mlsys.data._times import as_times
from mlsys.errors import DataError
from mlsys.steps import Field, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class ReadCSV(Source):
    r"""Read one or more CSV files, compressed or not.

    Parameters
    ----------
    path : str, Path or list
        A file (also ``.zip``, ``.gz``, ``.bz2``, ``.xz``), a pattern, a folder, an address, or a list of these. The
        user and password of an address are sent to it, but never shown or stored. Folders named ``key=value`` add a
        column ``key``.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
        A column known only after the decision is never a feature.
    columns : list of str, optional
        Columns to read; by default all.
    dtypes : dict of str to str
        Types of columns, in place of inferred types, such as ``{"zip_code": "str"}``.
    times : list of str or dict of str to str
        Columns to read as timestamps; a dict also gives the format of each, in ``strptime`` codes, such as
        ``{"sold": "%d.%m.%Y"}`` (or ``"ISO8601"``).
    zone : str, optional
        Time zone of ``times``: times without an offset are read in it, times with an offset are converted to it.
    nulls : list of str
        Additional texts that mean null, besides the usual ones (empty, ``NA``, ``NaN``, ``null``, ...).
    separator, decimal, encoding : str
        Format of the file: the field separator (one character), the decimal separator, and Python's name of the
        encoding.
    null_values : list of str, optional
        Texts that mean null, instead of the usual ones: with ``null_values=[]`` the ``NA`` of Namibia stays
        text. An empty field is always null.

    Raises
    ------
    ConfigurationError
        If an option is invalid: not a text encoding, a separator of several characters, not a type.
    DataError
        If a file is missing, empty or damaged, a row has more or fewer fields than the header, a column is missing
        or duplicated, or a value does not fit; the message names the file, the line or row, and the column.

    Notes
    -----
    Files are read in sorted order as if they were one: a column that is text in one file is text in all; files without
    rows and columns of only nulls do not affect types. Integers keep every digit: with nulls they are floats up to
    2**53 and nullable integers above; beyond 64 bits they are text.

    Rows are never repaired: each must have as many fields as the header, including empty fields after the last column.
    Blank lines are not rows. A column without a name in the header is called ``""``, with a logged warning.

    Times without a given format are ISO 8601 or have one other format, the same in all rows: year first, a month
    by its English name, or three numbers with a four-digit year. The rows determine whether the day or the month
    comes first; if no row settles it, they are refused. Times without an offset beside times with one need ``zone``.

    The pandas C parser takes about 1 s of CPU time for a million rows of 20 columns; all rows are held in memory. If
    the last column has nulls, or ``columns`` is given, the lengths of rows are checked too: 20 to 70 % more time.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("orders.csv").write_text("id;price\n1;2,5\n2;\n")
    >>> ReadCSV("orders.csv", separator=";", decimal=",").read()
       id  price
    0   1    2.5
    1   2    NaN
    """

    path: Paths
    known_at: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    dtypes: dict[str, Any] = Field(default_factory=dict)
    times: tuple[str, ...] | list[str] | dict[str, str] = ()
    zone: str | None = None
    nulls: tuple[str, ...] | list[str] = ()
    separator: str = Field(default=",", kw_only=True)
    decimal: str = Field(default=".", kw_only=True)
    encoding: str = Field(default="utf-8", kw_only=True)
    null_values: tuple[str, ...] | list[str] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what no file can be read with."""
        refuse_encoding(self.encoding, self.title)
        refuse_separator(self.separator, self.decimal, self.title)
        refuse_dtypes(self.dtypes, self.times, self.title)
        refuse_times(self.formats(), self.title)

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in file order."""
        paths = files_of(self.path, CSV_ENDINGS, self.title)
        folders = folders_of(self.path, paths)
        files = [CSVFile(path, self._writing(), self.title) for path in paths]
        for file in files:
            self._check_columns(file, folders)
        frames = [self._read_file(file, place, folders) for place, file in enumerate(files)]
        if not sum(map(len, frames)):
            raise DataError(f"{self.title}: {_shown(paths)} has a header but no rows", "give a file with rows")
        rows = _RowNames(paths, [len(frame) for frame in frames])
        given = {*self.dtypes, *folders.types}
        frame = common_frame(frames, files, given)
        return self._typed(frame if self.columns is None else frame[list(self.columns)], rows, _shown(paths))

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, CSV_ENDINGS, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _writing(self) -> Writing:
        usual = None if self.null_values is None else tuple(self.null_values)
        return Writing(self.separator, self.decimal, self.encoding, tuple(self.nulls), usual)

    def _read_file(self, file: CSVFile, place: int, folders: Folders) -> pd.DataFrame:
        """Return the rows of one file, with the columns that its folders name."""
        in_folders = [name for name in folders.types if self.columns is None or name in self.columns]
        own = [name for name in self.columns or file.header if name not in in_folders]
        both = [name for name in in_folders if name in file.header]
        texts = dict.fromkeys([*(name for name, way in self.formats().items() if way), *both], "str")
        frame = file.read(None if self.columns is None else [*own, *both], {**read_as(self.dtypes), **texts})
        for name in both:
            folders.refuse_other(frame[name], place, file.file, self.title)
        added = {name: folders.column(name, place, frame.index, self.dtypes.get(name)) for name in in_folders}
        return frame[own].assign(**added) if added else frame

    def formats(self) -> Mapping[str, str | None]:
        """Return the time columns, each with its format if given."""
        return self.times if isinstance(self.times, dict) else dict.fromkeys(self.times)

    def _check_columns(self, file: CSVFile, folders: Folders) -> None:
        there = {*file.header, *folders.types}
        known = [name for name in self.known_at if self.columns is None or name in self.columns]
        asked = {"columns": self.columns or (), "dtypes": self.dtypes, "times": self.times, "known_at": known}
        for field, names in asked.items():
            missing = [name for name in names if name not in there]
            if missing:
                raise DataError(
                    f"{self.title}: {field}= names {', '.join(map(repr, missing))}, which {file.file!r} does not have "
                    f"(its columns: {', '.join([*file.header, *folders.types])})",
                    f"correct the names in {field}=, or separator={self.separator!r} if the columns are not split",
                )

    def _typed(self, frame: pd.DataFrame, rows: _RowNames, shown: str) -> pd.DataFrame:
        """Return the frame with times and categories, which are made of the rows of all files."""
        changed: dict[str, pd.Series] = {}
        for name, written in self.formats().items():
            if name in frame.columns:
                changed[name] = as_times(
                    frame[name],
                    f"{self.title} of {shown}",
                    self.zone,
                    written=written,
                    row=rows.name,
                    remedy=partial(_option, name),
                )
        for name, dtype in self.dtypes.items():
            if name in frame.columns and isinstance(pd.api.types.pandas_dtype(dtype), pd.CategoricalDtype):
                changed[name] = in_categories(frame[name], dtype, f"{self.title} of {shown}", rows.name)
        return frame.assign(**changed) if changed else frame


class _RowNames:
    """Names the row at a position among the rows of all files."""

    def __init__(self, files: Sequence[str], rows: Sequence[int]) -> None:
        self._files, self._ends = files, np.cumsum(rows)

    def name(self, place: int) -> str:
        at = int(np.searchsorted(self._ends, place, side="right"))
        if len(self._files) == 1:
            return f"row {place}"
        return f"row {place - (int(self._ends[at - 1]) if at else 0)} of {self._files[at]!r}"


def _option(name: str, written: str) -> str:
    return f"give its format: times={{{name!r}: {written!r}}}"


def _shown(files: Sequence[str]) -> str:
    return repr(files[0]) if len(files) == 1 else f"{files[0]!r} and {len(files) - 1} more"
