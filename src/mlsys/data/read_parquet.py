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
    """Read one or many Parquet files; more rows than ``rows_in_memory`` are read piece by piece.

    Parameters
    ----------
    path : str, Path or list
        A file, a pattern, a folder (searched to its depth), or a list of these. Folders called ``key=value`` give a
        column ``key``, whole numbers of 32 bits where all are such, else text.
    known_at : dict of str to str
        When columns become known: a time column (which may be derived later), or a delay after the row's time.
    columns : list of str, optional
        Columns to read; the others are never decoded.

    Raises
    ------
    DataError
        When a file is missing, empty or no Parquet, a column is missing, or its types cannot be brought together.

    Notes
    -----
    Types are fixed for all files before a row is read, such that no value changes: files without rows and columns
    of nulls alone decide nothing; whole numbers in one file and floats in another are floats; times have a unit
    that reaches all of them. Whole numbers with a null anywhere are floats up to 2**53 and nullable above, inside
    lists and structs whole numbers beside ``None``; truth values with a null are nullable; dates are timestamps,
    decimals without a fraction whole numbers, others floats, dictionaries plain text. What no type holds is
    refused. A stored pandas index is left out. Pieces follow sorted file order and are cut inside files after
    ``rows_per_partition`` rows, so memory does not grow with rows; a row group that spans several pieces is decoded
    once for each, so write row groups of about that size, as :class:`WriteParquet` does.

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
        """Return the pieces of more rows than ``rows_in_memory``; ``None`` for fewer."""
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
        """When columns become known, as configured."""
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
