"""WriteParquet: rows to a folder of Parquet files, one a part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._paths import Paths  # noqa: TC001  the type of a field
from mlsys.dataset import require_columns
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import settings
from mlsys.steps import Sink
from mlsys.tables import Table
from mlsys.unfinished import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ONLY_OWNER = 0o700
"""Rows are private: a folder made here can be read by its owner alone."""


class WriteParquet(Sink):
    """Write the rows of open parts, each part to ``<path>/<part>.parquet``.

    Parameters
    ----------
    path : str or Path
        A folder; created with mode 0700 if it does not exist.
    parts : list of str, optional
        Parts to write; by default all open parts.
    columns : list of str, optional
        Columns to write; by default all.

    Raises
    ------
    DataError
        If a part is not open or a column is missing. Files of an earlier run then stay unchanged.

    Notes
    -----
    A file gets its name only when it is complete (it is written beside it, then renamed). Rows are written partition by
    partition with their index, in row groups of ``rows_per_partition`` rows; memory does not grow with rows.

    Examples
    --------
    >>> WriteParquet("out", columns=["x"]).write({"train": pd.DataFrame({"x": [1, 2], "y": [3, 4]})})
    >>> pd.read_parquet("out/train.parquet")["x"].tolist()
    [1, 2]
    """

    path: Paths
    parts: tuple[str, ...] | list[str] | None = None
    columns: tuple[str, ...] | list[str] | None = None

    def __post_init__(self) -> None:
        """Refuse several folders."""
        if not isinstance(self.path, (str, Path)):
            raise ConfigurationError(f"WriteParquet got {len(self.path)} paths", "name one folder")

    def write(self, rows: Mapping[str, Any], /) -> None:
        """Write each part's table."""
        wanted = list(rows) if self.parts is None else list(self.parts)
        closed = [part for part in wanted if part not in rows]
        if closed:
            raise DataError(
                f"{self.title}: the part {closed[0]!r} is not open (open: {', '.join(rows) or 'none'})",
                "name open parts in parts=; test rows open with run.final_test()",
            )
        folder = Path(os.path.expanduser(str(self.path)))
        folder.mkdir(mode=_ONLY_OWNER, parents=True, exist_ok=True)
        for part in wanted:
            self._write_part(folder / f"{part}.parquet", _as_table(rows[part]), part)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all."""
        return tuple(columns if self.columns is None else self.columns)

    def _write_part(self, file: Path, table: Table, part: str) -> None:
        who = f"{self.title}: the part {part!r}"
        require_columns(table.head(0).columns, self.columns or (), who, "correct columns=")
        with whole(file) as making:
            making.touch(mode=0o600)
            self._write_frames(str(making), table, part)

    def _write_frames(self, file: str, table: Table, part: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        writer = None
        try:
            for frame in table.frames():
                chosen = frame if self.columns is None else frame[list(self.columns)]
                piece = pa.Table.from_pandas(pd.DataFrame(chosen), preserve_index=True)
                if writer is None:
                    writer = pq.ParquetWriter(file, piece.schema, compression="zstd", write_page_checksum=True)
                writer.write_table(piece.cast(writer.schema), row_group_size=settings().rows_per_partition)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as error:
            raise DataError(
                f"{self.title} cannot write the part {part!r}: {error}",
                "give each column one type (text, numbers or times), or leave it out with columns=",
            ) from error
        finally:
            if writer is not None:
                writer.close()


def _as_table(rows: pd.DataFrame | Table) -> Table:
    """Return a table; who writes without a pipeline gives frames."""
    return LocalEngine().hold(None, rows) if isinstance(rows, pd.DataFrame) else rows
