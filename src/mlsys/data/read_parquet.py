"""ReadParquet: rows from Parquet files, whole or piece by piece."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.data._folders import folders_of
from mlsys.data._paths import PARQUET_ENDINGS, Paths, files_of, files_read
from mlsys.data._schema import Plan, plan_of, read_piece
from mlsys.errors import DataError
from mlsys.settings import settings
from mlsys.steps import Field, Source
from mlsys.tables import Partition, cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


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

    Raises
    ------
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

    def read(self) -> pd.DataFrame:
        """Return all rows, numbered from 0 in plan order."""
        plan = self._plan()
        frames = [read_piece(place, slice(0, rows), 0, plan, None) for place, rows in enumerate(plan.rows) if rows]
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]

    def partitions(self) -> Sequence[Partition] | None:
        """Return the pieces if there are more rows than ``rows_in_memory``, otherwise ``None``."""
        plan = self._plan()
        if sum(plan.rows) <= settings().rows_in_memory:
            return None
        pieces, start = [], 0
        for place, rows in enumerate(plan.rows):
            for piece in cut(rows) if rows else ():
                read = partial(_read, place, piece, start + piece.start, plan)
                label = f"{plan.files[place].path}, rows {piece.start:,} to {piece.stop:,}"
                pieces.append(Partition(piece.stop - piece.start, read, label))
            start += rows
        return pieces

    def files_read(self) -> list[Path] | None:
        """Return the files; ``None`` for an address."""
        return files_read(self.path, PARQUET_ENDINGS, self.title)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def _plan(self) -> Plan:
        paths = files_of(self.path, PARQUET_ENDINGS, self.title)
        plan = plan_of(paths, folders_of(self.path, paths), self.columns, self.title)
        if not sum(plan.rows):
            raise DataError(f"{self.title}: {paths[0]!r} has columns but no rows", "give a file with rows")
        known = [name for name in self.known_at if name not in plan.order and self.columns is None]
        if known:
            raise DataError(
                f"{self.title}: known_at= names {known[0]!r}, which no file has (columns: {', '.join(plan.order)})",
                "correct the name in known_at=",
            )
        return plan


def _read(place: int, piece: slice, start: int, plan: Plan, columns: Sequence[str] | None) -> pd.DataFrame:
    return read_piece(place, piece, start, plan, columns)
