"""Rows that arrive as a stream of tables: held in memory while they are few, else put aside in private files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from mlsys.data._arrow_file import ArrowFile, Stored
from mlsys.data._parquet_file import ParquetFile
from mlsys.errors import DataError
from mlsys.folder import made
from mlsys.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Arrived(NamedTuple):
    """A table of a stream.

    Parameters
    ----------
    origin : str
        The file that it comes from; rows of two are told apart in messages.
    label : str
        What messages call it.
    table : Table
        Its rows.
    """

    origin: str
    label: str
    table: pa.Table


def held(tables: Iterable[Arrived], who: str) -> tuple[Stored, ...]:
    """Return the rows of a stream, tables of one origin and type after another as one file.

    Parameters
    ----------
    tables : iterable of Arrived
        In order.
    who : str
        For messages.

    Notes
    -----
    Up to ``rows_in_memory`` rows are held in memory. More are written to a folder under ``.mlsys`` that its owner alone
    can read; it is removed when nothing can read the rows any more, at the latest when the process ends.
    """
    kept: list[Arrived] = []
    coming, rows = iter(tables), 0
    for each in coming:
        kept.append(each)
        rows += each.table.num_rows
        if rows > settings().rows_in_memory:
            return _spooled(_chained(kept, coming), who)
    return tuple(ArrowFile.of(label, pa.concat_tables(same)) for label, same in _alike(kept))


def _chained(kept: list[Arrived], coming: Iterator[Arrived]) -> Iterator[Arrived]:
    while kept:
        yield kept.pop(0)  # so that each can be forgotten once it is written
    yield from coming


def _alike(tables: Iterable[Arrived]) -> Iterator[tuple[str, list[pa.Table]]]:
    """Yield tables of one origin and the same columns together."""
    same: list[Arrived] = []
    for each in tables:
        if same and _differ(same[0], each):
            yield same[0].label, [one.table for one in same]
            same = []
        same.append(each)
    if same:
        yield same[0].label, [one.table for one in same]


def _differ(one: Arrived, other: Arrived) -> bool:
    return one.origin != other.origin or not one.table.schema.equals(other.table.schema)


def _spooled(tables: Iterator[Arrived], who: str) -> tuple[Stored, ...]:
    """Write tables to files, a new one wherever columns or types change."""
    try:
        keeper = Keeper(Path(tempfile.mkdtemp(dir=made("spool"))))
        labels: list[str] = []
        with ExitStack() as open_files:
            writer: Any = None
            before: Arrived | None = None
            for each in tables:
                if before is None or _differ(before, each):
                    open_files.close()
                    path = str(keeper.folder / f"{len(labels)}.parquet")
                    writer = open_files.enter_context(pq.ParquetWriter(path, each.table.schema, compression="zstd"))
                    labels.append(each.label)
                before = each
                writer.write_table(each.table, row_group_size=settings().rows_per_partition)
    except OSError as error:
        raise DataError(
            f"{who} has more than {settings().rows_in_memory:,} rows, which could not be put aside: {error}",
            "free disk space, set MLSYS_FOLDER to another disk, or raise MLSYS_ROWS_IN_MEMORY",
        ) from error
    return tuple(
        SpooledFile.at(str(keeper.folder / f"{place}.parquet"), label, keeper, who)
        for place, label in enumerate(labels)
    )


class Keeper:
    """A folder that is removed with the last file that names it; a copy in another process removes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def __reduce__(self) -> Any:
        return Path, (self.folder,)


@dataclass(frozen=True)
class SpooledFile(ParquetFile):
    """A file of rows that were put aside.

    Parameters
    ----------
    named : str
        What messages call it.
    keeper : object
        Keeps the file as long as somebody may read it.
    """

    named: str
    keeper: Any

    @classmethod
    def at(cls, path: str, named: str, keeper: Keeper, who: str) -> SpooledFile:
        """Read the footer of a file."""
        file = ParquetFile.of(path, who)
        return cls(file.path, file.rows, file.types, file.repeated, file.unit, file.recurring, named, keeper)

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.named
