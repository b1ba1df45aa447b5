"""ReadParquet: rows from Parquet files, whole or piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._filtered import filtered
from mlsys.data._folders import folders_of
from mlsys.data._lacking import frame_lacking, lacking, pieces_lacking
from mlsys.data._parquet_file import ParquetFile
from mlsys.data._paths import PARQUET_ENDINGS, Paths, files_of, files_read, shown
from mlsys.data._pieces import pieces_of, whole_of
from mlsys.data._planned import row_names
from mlsys.data._schema import Plan, bytes_per_row, plan_of
from mlsys.data._where import conditions_of, in_words
from mlsys.errors import DataError
from mlsys.schemas import Gate, SchemaGiven, accepted, gate_of
from mlsys.settings import settings
from mlsys.steps import Field, Source
from mlsys.steps.gathering import Extent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlsys.tables import Partition


class ReadParquet(Source):
    """Read one or more Parquet files; more rows than ``rows_in_memory`` are read in partitions.

    Parameters
    ----------
    path : str, Path or list
        A file, a pattern, a folder (searched recursively), or a list of these. Folders named ``key=value`` add a
        column ``key``, as 32-bit integers if all values are such, otherwise as text.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    columns : list of str, optional
        Columns to read; the others are never decoded.
    where : list of tuple
        Conditions that all rows meet, each ``(column, operator, value)``, such as ``[("year", ">=", 2023), ("city",
        "in", ["Rome", "Oslo"]), ("sold", "is not null", None)]``. Operators are ``==``, ``!=``, ``<``, ``<=``, ``>``,
        ``>=``, ``in``, ``not in``, ``is null`` and ``is not null``; nulls meet no comparison. Files and row groups
        without such a row, as folders and statistics tell, are not decoded.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading; see :class:`Schema`. Columns that are not read are
        not checked.
    links : bool
        Whether symbolic links may lead out of the folder that is named, or in which a pattern looks.

    Raises
    ------
    ConfigurationError
        If a condition is not written so.
    DataError
        If a file is missing, empty or not Parquet, a column is missing, or its types are incompatible.

    Notes
    -----
    Types are fixed for all files before a row is read, so that no value changes: files without rows and columns
    of only nulls do not affect types; integers in one file and floats in another become floats; times get a unit
    that covers all of them. Integers with a null anywhere become floats up to 2**53 and nullable integers above (inside
    lists and structs, integers beside ``None``); truth values with a null become nullable; dates become timestamps;
    decimals become integers if none has a fraction, otherwise floats; dictionaries become plain text. A column that no
    type can represent is refused. A stored pandas index is dropped. Pieces follow sorted file order and are cut inside
    files after ``rows_per_partition`` rows, so memory does not grow with rows; a row group that spans several pieces is
    decoded once for each, so write row groups of about that size, as :class:`WriteParquet` does.

    Examples
    --------
    >>> pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_parquet("orders.parquet")
    >>> ReadParquet("orders.parquet", columns=["y"]).read()
       y
    0  a
    1  b
    """

    path: Paths
    known_at: dict[str, str] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    where: tuple[Any, ...] | list[Any] = Field(default=(), kw_only=True)
    links: bool = Field(default=False, kw_only=True)
    schema: SchemaGiven = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        conditions_of(self.where, self.title)

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in plan order."""
        plan = self._plan()
        gate, frame = self._gate(plan), whole_of(plan)
        if gate is not None:
            frame = gate.frame(frame, row_names([(file.label, file.rows) for file in plan.files]))
        return frame_lacking(frame, self._lacking(plan))

    def partitions(self) -> Sequence[Partition] | None:
        """Return the pieces if there are more rows than ``rows_in_memory``, otherwise ``None``."""
        plan = self._plan()
        gate, pieces = self._gate(plan), pieces_of(plan)
        held = pieces if gate is None or pieces is None else gate.pieces(pieces)
        return pieces_lacking(held, self._lacking(plan))

    def extent(self) -> Extent | None:
        """Return rows, and the bytes of one as types tell, if there are more rows than ``rows_in_memory``."""
        try:
            plan = self._plan()
        except (DataError, OSError):  # said when it is read
            return None
        rows = sum(plan.rows)
        return Extent(rows, bytes_per_row(plan)) if rows > settings().rows_in_memory else None

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given in place of its own, held to the schema."""
        return accepted(self._gate(), frame)

    def _gate(self, plan: Plan | None = None) -> Gate | None:
        schema = None if self.schema is None else self.schema.only(self.columns)
        reads = "" if plan is None else shown([file.label for file in plan.files])
        return gate_of(schema, self.title, self.digest, reads=reads)

    def _lacking(self, plan: Plan) -> dict[str, str]:
        return lacking(plan.types, [(file.label, file.rows, file.types) for file in plan.files])

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, PARQUET_ENDINGS, self.title, self.links)

    def done_in_engine(self) -> tuple[str, ...]:
        """Return which rows and columns the reader chooses."""
        return in_words(self.where, self.columns, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _plan(self) -> Plan:
        paths = files_of(self.path, PARQUET_ENDINGS, self.title, self.links)
        folders = folders_of(self.path, paths)
        files = [ParquetFile.of(path, self.title) for path in paths]
        if not sum(file.rows for file in files):
            raise DataError(f"{self.title}: {paths[0]!r} has columns but no rows", "give a file with rows")
        conditions = conditions_of(self.where, self.title)
        chosen = filtered(files, conditions, folders, self.title) if conditions else files
        plan = plan_of(chosen, folders, self.columns, self.title)
        if not sum(plan.rows):
            raise DataError(f"{self.title}: no row meets where=", "correct the conditions in where=")
        known = [name for name in self.known_at if name not in plan.order and self.columns is None]
        if known:
            raise DataError(
                f"{self.title}: known_at= names {known[0]!r}, which no file has (columns: {', '.join(plan.order)})",
                "correct the name in known_at=",
            )
        return plan
