"""ReadCSV: rows from delimited text files."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._csv_content import refuse_encoding
from mlsys.data._csv_file import CSVFile, Writing
from mlsys.data._csv_options import (
    is_category,
    read_as,
    refuse_declared_twice,
    refuse_dtypes,
    refuse_separator,
    refuse_times,
)
from mlsys.data._csv_rows import row_names, unread
from mlsys.data._csv_types import common_frame, warn_of_zeros
from mlsys.data._declared import formats_of, typed
from mlsys.data._folders import Folders, folders_of
from mlsys.data._lacking import frame_lacking, lacking
from mlsys.data._paths import CSV_ENDINGS, Paths, files_of, files_read, is_url, shown
from mlsys.data._where import Condition, conditions_of, in_words, mask_of
from mlsys.errors import DataError
from mlsys.schemas import Schema, SchemaGiven, accepted, gate_of
from mlsys.settings import settings
from mlsys.steps import Field, Source
from mlsys.tables import Partition
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
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
    where : list of tuple
        Conditions that all rows meet, each ``(column, operator, value)``, as in :class:`ReadParquet`.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading, before ``where``; see :class:`Schema`. Columns that are
        not read are not checked. Rows with more or fewer fields than the header count as bad rows.
    links : bool
        Whether symbolic links may lead out of the folder that is named, or in which a pattern looks.

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
    Blank lines are not rows. A column without a name in the header is called ``""``, with a logged warning. Codes such
    as ``01234`` are read as numbers, with a logged warning where one of the first 1,000 rows holds some: a type of
    ``"str"`` in ``dtypes`` keeps their zeros.

    Times without a given format are ISO 8601 or have one other format, the same in all rows: year first, a month
    by its English name, or three numbers with a four-digit year. The rows determine whether the day or the month
    comes first; if no row settles it, they are refused. Times without an offset beside times with one need ``zone``.

    More rows than ``rows_in_memory`` are read in partitions where the type of each column that is read is declared: by
    ``dtypes`` (no categories), ``times`` with formats, or ``schema`` (without ``where``); the file is plain UTF-8.
    Whole numbers that may be null are then ``Int64``. Otherwise all rows are held in memory.

    The pandas C parser takes about 1 s of CPU time for a million rows of 20 columns. If the last column has nulls, or
    ``columns`` is given, the lengths of rows are checked too: 20 to 70 % more time. With a schema they are always
    checked, in a pass of its own of 0.1 s.

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
    where: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    links: bool = Field(default=False, kw_only=True)
    schema: SchemaGiven = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what no file can be read with."""
        refuse_encoding(self.encoding, self.title)
        refuse_separator(self.separator, self.decimal, self.title)
        refuse_dtypes(self.dtypes, self.times, self.title)
        refuse_times(self.formats(), self.title)
        refuse_declared_twice(self._declared(), {"dtypes": self.dtypes, "times": self.times}, self.title)
        self._conditions()

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in file order."""
        paths = files_of(self.path, CSV_ENDINGS, self.title, self.links)
        folders = folders_of(self.path, paths)
        files = [CSVFile(path, self._writing(), self.title, self.schema is not None) for path in paths]
        for file in files:
            self._check_columns(file, folders)
        frames = [self._read_file(file, place, folders) for place, file in enumerate(files)]
        if not sum(map(len, frames)):
            raise DataError(f"{self.title}: {shown(paths)} has a header but no rows", "give a file with rows")
        row = row_names(files, [len(frame) for frame in frames])
        declared = self._declared()
        given = {*self.dtypes, *folders.types, *_texts_of(declared)}
        frame = common_frame(frames, files, given, declared)
        warn_of_zeros(
            files,
            [name for name in map(str, frame) if name not in given and frame[name].dtype.kind in "iuf"],
            self.title,
        )
        frame = self._typed(frame, row, f"{self.title} of {shown(paths)}")
        gate = gate_of(self._schema(), self.title, self.digest, self.decimal, shown(paths))
        frame = frame if gate is None else gate.frame(frame, row, unread(files))
        kept = self._kept(frame if self.columns is None else frame[list(self.columns)], frame)
        there = [(file.file, len(rows), file.header) for file, rows in zip(files, frames, strict=True)]
        return frame_lacking(kept, lacking([str(name) for name in kept if name not in folders.types], there))

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given in place of its own, held to the schema."""
        return accepted(gate_of(self._schema(), self.title, self.digest, self.decimal), frame)

    def partitions(self) -> Sequence[Partition] | None:
        """Return pieces where there are more rows than ``rows_in_memory`` and all types are declared, else ``None``."""
        if self.where and self.schema is not None:  # conditions are about what the schema makes of texts
            return None
        paths = files_of(self.path, CSV_ENDINGS, self.title, self.links)
        if any(map(is_url, paths)) or sum(map(os.path.getsize, paths)) <= settings().rows_in_memory:
            return None
        folders = folders_of(self.path, paths)
        files = [CSVFile(path, self._writing(), self.title, self.schema is not None) for path in paths]
        for file in files:
            self._check_columns(file, folders)
        columns = self._wanted() or list(dict.fromkeys(name for file in files for name in file.header))
        if not all(self._is_fixed(name) or name in folders.types for name in columns):
            return None
        if any(set(columns) - {*file.header, *folders.types} for file in files):
            return None
        parts = [file.parts(settings().rows_per_partition) for file in files]
        return None if any(each is None for each in parts) else self._pieces(files, parts, folders)

    def _is_fixed(self, name: str) -> bool:
        """Whether the type of a column is declared, so that no row need be known to read another."""
        if name in self.formats():
            return self.formats()[name] is not None
        return name in self._settled() or (name in self.dtypes and not is_category(self.dtypes[name]))

    def _settled(self) -> list[str]:
        """Return the columns that a schema makes of texts: by their type, or since it lists texts."""
        schema = self._schema()
        columns = {} if schema is None else schema.columns
        listed = [
            name for name, each in columns.items() if each.allowed and all(isinstance(x, str) for x in each.allowed)
        ]
        return list(dict.fromkeys([*self._declared(), *listed]))

    def _pieces(self, files: Sequence[CSVFile], parts: Sequence[Any], folders: Folders) -> Sequence[Partition] | None:
        """Return the parts of all files as pieces, numbered in plan order."""
        pieces, start = [], 0
        for place, file in enumerate(files):
            for own, part in parts[place]:
                label = f"{file.file}, rows {part.first:,} to {part.first + part.rows:,}"
                read = partial(self._read_piece, own, place, folders, start)
                pieces.append(Partition(None if self.where else part.rows, read, label))
                start += part.rows
        if start <= settings().rows_in_memory:
            return None
        paths = shown([file.file for file in files])
        gate = gate_of(self._schema(), self.title, self.digest, self.decimal, paths)
        return pieces if gate is None else gate.pieces(pieces, unread(files))

    def _read_piece(
        self, file: CSVFile, place: int, folders: Folders, start: int, columns: Sequence[str] | None
    ) -> pd.DataFrame:
        """Return some rows; what a schema declares is text, so that each piece comes in the same types."""
        frame = self._read_file(file, place, folders, self._settled())
        frame = frame.set_axis(pd.RangeIndex(start, start + len(frame)))
        frame = self._typed(frame, lambda row: f"row {frame.index[row]}", f"{self.title} of {file.file!r}")
        mask = mask_of(self._conditions(), frame.__getitem__, len(frame), self.title)
        kept = frame if mask is None else frame[mask]
        chosen = columns if columns is not None else self.columns
        return kept if chosen is None else kept[list(chosen)]

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, CSV_ENDINGS, self.title, self.links)

    def done_in_engine(self) -> tuple[str, ...]:
        """Return which rows and columns the reader chooses."""
        return in_words(self.where, self.columns, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _writing(self) -> Writing:
        usual = None if self.null_values is None else tuple(self.null_values)
        return Writing(self.separator, self.decimal, self.encoding, tuple(self.nulls), usual)

    def _read_file(self, file: CSVFile, place: int, folders: Folders, as_texts: Sequence[str] = ()) -> pd.DataFrame:
        """Return the rows of one file, with the columns that its folders name."""
        wanted = self._wanted()
        in_folders = [name for name in folders.types if wanted is None or name in wanted]
        own = [name for name in wanted or file.header if name not in in_folders]
        both = [name for name in in_folders if name in file.header]
        as_written = [
            *(name for name, way in self.formats().items() if way),
            *_texts_of(self._declared()),
            *both,
            *as_texts,
        ]
        texts = dict.fromkeys(as_written, "str")
        frame = file.read(None if wanted is None else [*own, *both], {**read_as(self.dtypes), **texts})
        for name in both:
            folders.refuse_other(frame[name], place, file.file, self.title)
        added = {name: folders.column(name, place, frame.index, self.dtypes.get(name)) for name in in_folders}
        return with_columns(frame[own], added) if added else frame

    def _schema(self) -> Schema | None:
        return None if self.schema is None else self.schema.only(self._wanted())

    def _declared(self) -> dict[str, str]:
        """Return what the schema says that columns are."""
        schema = self._schema()
        columns = {} if schema is None else schema.columns
        return {name: each.type for name, each in columns.items() if each.type != "any"}

    def _conditions(self) -> tuple[Condition, ...]:
        return conditions_of(self.where, self.title)

    def _wanted(self) -> list[str] | None:
        """Return the columns to read: those that are chosen, and those of conditions."""
        return (
            None if self.columns is None else [*dict.fromkeys([*self.columns, *(c.column for c in self._conditions())])]
        )

    def formats(self) -> Mapping[str, str | None]:
        """Return the time columns, each with its format if given."""
        return formats_of(self.times)

    def _check_columns(self, file: CSVFile, folders: Folders) -> None:
        there = {*file.header, *folders.types}
        known = [name for name in self.known_at if self.columns is None or name in self.columns]
        asked = {"columns": self.columns or (), "dtypes": self.dtypes, "times": self.times, "known_at": known}
        asked["where"] = [each.column for each in self._conditions()]
        schema = self._schema()
        asked["schema"] = () if schema is None else schema.columns
        for field, names in asked.items():
            missing = [name for name in names if name not in there]
            if missing:
                raise DataError(
                    f"{self.title}: {field}= names {', '.join(map(repr, missing))}, which {file.file!r} does not have "
                    f"(its columns: {', '.join([*file.header, *folders.types])})",
                    f"correct the names in {field}=, or separator={self.separator!r} if the columns are not split",
                )

    def _typed(self, frame: pd.DataFrame, row: Callable[[int], str], who: str) -> pd.DataFrame:
        """Return the frame with times and categories, which are made of the rows of all files."""
        categories = {name: dtype for name, dtype in self.dtypes.items() if is_category(dtype)}
        return typed(frame, categories, self.formats(), self.zone, who, row)

    def _kept(self, frame: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
        mask = mask_of(self._conditions(), tested.__getitem__, len(tested), self.title)
        if mask is None:
            return frame
        if not mask.any():
            raise DataError(f"{self.title}: no row meets where=", "correct the conditions in where=")
        return frame[mask].reset_index(drop=True)


def _texts_of(declared: Mapping[str, str]) -> list[str]:
    """Return the columns that are read as they are written: text, and times, which the schema reads."""
    return [name for name, kind in declared.items() if kind in {"str", "datetime"}]
