"""WriteParquet: rows to a folder of Parquet files, one a part."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.data._parquet_writing import write_file, write_folders
from mlsys.data._paths import Paths  # noqa: TC001  the type of a field
from mlsys.data._sinks import folder_of, frames_of, parts_of, refuse_several, with_model
from mlsys.dataset import require_columns
from mlsys.errors import DataError
from mlsys.steps import Field, Sink
from mlsys.unfinished import replacing, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlsys.tables import Table


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
    partition_by : list of str
        Columns whose values name folders: each part is then a folder ``<path>/<part>/key=value/...``, which
        :class:`ReadParquet` reads back. Texts and whole numbers, nulls included.

    Raises
    ------
    DataError
        If a part is not open or a column is missing. Files of an earlier run then stay unchanged.

    Notes
    -----
    A file, or a folder of files, gets its name only when it is complete (it is written beside it, then takes its
    place). Rows are written partition by partition with their index, in row groups of ``rows_per_partition`` rows;
    memory does not grow with rows.

    Examples
    --------
    >>> WriteParquet("out", columns=["x"]).write({"train": pd.DataFrame({"x": [1, 2], "y": [3, 4]})})
    >>> pd.read_parquet("out/train.parquet")["x"].tolist()
    [1, 2]
    """

    path: Paths
    parts: tuple[str, ...] | list[str] | None = None
    columns: tuple[str, ...] | list[str] | None = None
    partition_by: tuple[str, ...] | list[str] = Field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        """Refuse several folders."""
        refuse_several(self.path, self.title)

    def write(self, rows: Mapping[str, Any], /) -> None:
        """Write each part's table."""
        for part, table in parts_of(rows, self.parts, self.columns, self.title).items():
            self._write_part(folder_of(self.path), table, part)

    def append(self, predictions: pd.DataFrame, /, model: Any) -> Path:
        """Write predictions beside those that are there, in a file of their own.

        Parameters
        ----------
        predictions : DataFrame
            What ``model.predict`` returned.
        model : ServedModel or str
            The model, whose run is written as the column ``model``, or a version by name. The column ``predicted_at``
            holds the moment, in UTC.

        Returns
        -------
        Path
            The file.

        Examples
        --------
        >>> file = WriteParquet("predicted").append(pd.DataFrame({"prediction": [1, 0]}), model="flights/3")
        >>> pd.read_parquet("predicted")["model"].tolist()
        ['flights/3', 'flights/3']
        """
        frame = with_model(predictions, model, self.title)
        # Names sort by time, so that files are read in the order in which they were written.
        file = folder_of(self.path) / f"{pd.Timestamp.now('UTC'):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.parquet"
        with whole(file) as making:
            write_file(making, [frame], self.title)
        return file

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all."""
        return tuple(columns if self.columns is None else self.columns)

    def _write_part(self, folder: Path, table: Table, part: str) -> None:
        who = f"{self.title} cannot write the part {part!r}"
        file, parted = folder / f"{part}.parquet", folder / part
        other = file if self.partition_by else parted
        if other.exists():
            raise DataError(f"{who}: {str(other)!r} holds it in another form", "remove it, or name another folder")
        frames = frames_of(table, self.columns)
        if not self.partition_by:
            with whole(file) as making:
                write_file(making, frames, who)
            return
        there = table.head(0).columns if self.columns is None else list(self.columns)
        require_columns(pd.Index(there), self.partition_by, who, "correct partition_by=")
        with replacing(parted) as making:
            write_folders(making, frames, self.partition_by, who)
