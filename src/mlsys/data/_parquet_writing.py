"""Frames as Parquet files: in one file, or in folders named by the values of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from mlsys.data._folders import NULL
from mlsys.errors import DataError
from mlsys.settings import settings
from mlsys.values import Kind, values_of
from mlsys.warned import hushed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_MOST_FOLDERS = 10_000
"""Folders of one part: each holds a file at least, and files are found one by one."""


def write_file(file: Path, frames: Iterable[pd.DataFrame], who: str) -> None:
    """Write frames of the same columns to one file that its owner alone can read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file.touch(mode=0o600)
    writer: Any = None
    try:
        for frame in frames:
            with hushed():  # of times with a zone pyarrow asks in a way that pandas 3.1 gives up
                piece = pa.Table.from_pandas(frame, preserve_index=True)
            if writer is None:
                writer = pq.ParquetWriter(str(file), piece.schema, compression="zstd", write_page_checksum=True)
            writer.write_table(piece.cast(writer.schema), row_group_size=settings().rows_per_partition)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as error:
        raise DataError(
            f"{who}: {error}", "give each column one type (text, numbers or times), or leave it out with columns="
        ) from error
    finally:
        if writer is not None:
            writer.close()


def write_folders(folder: Path, frames: Iterable[pd.DataFrame], keys: Sequence[str], who: str) -> None:
    """Write frames to folders ``key=value``, a file for each frame that has such rows."""
    folder.mkdir(mode=0o700)
    for number, frame in enumerate(frames):
        for name in keys:
            if not _names_folders(frame[name]):
                raise DataError(
                    f"{who}: partition_by= names {name!r}, which holds {values_of(frame[name])}",
                    "name columns of texts or whole numbers; derive the year of a time, for example",
                )
        groups = frame.groupby(list(keys), dropna=False, sort=False, observed=True)
        if groups.ngroups > _MOST_FOLDERS:
            raise DataError(
                f"{who}: partition_by= would make {groups.ngroups:,} folders, more than {_MOST_FOLDERS:,}",
                "name columns of fewer values",
            )
        for values, rows in groups:
            place = folder.joinpath(
                *(f"{quote(name, safe='')}={_named(v)}" for name, v in zip(keys, values, strict=True))
            )
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(place / f"{number}.parquet", [rows.drop(columns=list(keys))], who)


def _names_folders(column: pd.Series) -> bool:
    """Whether values come back as they are from the name of a folder; whole numbers beside nulls may be floats."""
    values = values_of(column)
    if values.means is Kind.NUMBER:
        return values.whole or bool((column.dropna() % 1 == 0).all())
    return values.means in (Kind.TEXT, Kind.NOTHING)


def _named(value: Any) -> str:
    if pd.isna(value):
        return NULL
    if isinstance(value, float) and value.is_integer():  # whole numbers beside a null
        value = int(value)
    return quote(str(value), safe="")
