"""Rows in ordered partitions, in memory or read when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from mlsys.errors import DataError
from mlsys.settings import settings
from mlsys.tables.identity import Identity
from mlsys.tables.partitions import Deferred, Partition, add_in_order, cut


class Table:
    """Rows in ordered partitions: one frame in memory, or pieces read when needed.

    ``map`` is eager for a frame in memory and lazy for pieces, so that the same pipeline runs on
    data larger than memory; the numbers are the same because both are cut by one rule. A frame that
    an earlier run left on disk is deferred: it counts as in memory, and is read when somebody asks.

    Attributes
    ----------
    identity : Identity or None
        What the rows are, by content; set where results are kept.

    Examples
    --------
    >>> table = Table.of(pd.DataFrame({"x": [1, 2, 3]}))
    >>> table.map(lambda frame: frame.assign(z=frame["x"] * 2)).frame()["z"].tolist()
    [2, 4, 6]
    """

    def __init__(
        self,
        frame: pd.DataFrame | None = None,
        partitions: Sequence[Partition] = (),
        steps: Sequence[Callable[[pd.DataFrame], pd.DataFrame]] = (),
        deferred: Deferred | None = None,
        identity: Identity | None = None,
    ) -> None:
        self._frame = frame
        self._partitions = tuple(partitions)
        self._steps = tuple(steps)
        self._deferred = deferred
        self.identity = identity

    @classmethod
    def of(cls, data: pd.DataFrame | Table) -> Table:
        """Wrap a frame; a table stays as it is."""
        return data if isinstance(data, Table) else cls(frame=data)

    def like(self, frame: pd.DataFrame) -> Table:
        """Hold other rows where these are held."""
        return Table(frame=frame)

    @property
    def in_memory(self) -> bool:
        """Whether all rows are held as one frame, or can be."""
        return self._frame is not None or self._deferred is not None

    @property
    def is_loaded(self) -> bool:
        """Whether the rows are there now."""
        return self._frame is not None

    @property
    def rows(self) -> int:
        """Number of rows; of rows that are read when needed, what the plan says of them at most."""
        if self._frame is not None:
            return len(self._frame)
        return self._deferred.rows if self._deferred is not None else self._rows_bound()

    @property
    def partitions(self) -> int:
        """Number of partitions of the plan."""
        return len(cut(self.rows)) if self.in_memory else len(self._partitions)

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield the partitions in plan order."""
        if self.in_memory:
            frame = self.frame(columns)
            for piece in cut(len(frame)):
                yield frame.iloc[piece] if len(frame) > piece.stop - piece.start else frame
            return
        for partition in self._partitions:
            frame = partition.read(None if self._steps or columns is None else list(columns))
            for step in self._steps:
                frame = step(frame)
            yield frame if columns is None else frame[list(columns)]

    def blocks(self, rows: int) -> Iterator[pd.DataFrame]:
        """Yield all rows in order, ``rows`` at a time, wherever the partitions end; the last block may be shorter."""
        waiting: list[pd.DataFrame] = []
        count = 0
        for frame in self.frames():
            start = 0
            while count + len(frame) - start >= rows:
                stop = start + rows - count
                piece = frame.iloc[start:stop] if start or stop < len(frame) else frame
                yield pd.concat([*waiting, piece]) if waiting else piece
                waiting, count, start = [], 0, stop
            if start < len(frame):
                waiting.append(frame.iloc[start:] if start else frame)
                count += len(frame) - start
        if waiting:
            yield pd.concat(waiting) if len(waiting) > 1 else waiting[0]

    def map(self, function: Callable[[pd.DataFrame], pd.DataFrame]) -> Table:
        """Apply a function to every partition; it must treat each row alone."""
        if self.in_memory:
            return Table(frame=function(self.frame()))
        return Table(partitions=self._partitions, steps=(*self._steps, function))

    def reduce(self, function: Callable[[pd.DataFrame], Any]) -> Any:
        """Summarize each partition and add the summaries in plan order."""
        return add_in_order(function(frame) for frame in self.frames())

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Gather all rows in plan order, after a check that they fit."""
        if self._deferred is not None and self._frame is None:
            if columns is not None:
                return self._deferred.load(list(columns))
            self._frame = self._deferred.load(None)
        if self._frame is not None:
            return self._frame if columns is None else self._frame[list(columns)]
        if columns is None and self._rows_bound() > 4 * settings().rows_in_memory:
            raise DataError(
                f"a step needs all {self._rows_bound():,} rows at once, more than 4 x rows_in_memory "
                f"({settings().rows_in_memory:,})",
                "use a model that learns in parts (Train with an estimator that has partial_fit), sample the rows "
                "first, or raise MLSYS_ROWS_IN_MEMORY",
            )
        return pd.concat(list(self.frames(columns)))

    def narrow_frame(self) -> pd.DataFrame:
        """Gather all rows of a table known to be narrow (predictions, keys), without the check."""
        return self.frame() if self.in_memory else pd.concat(list(self.frames()))

    def head(self, rows: int) -> pd.DataFrame:
        """Return the first rows, reading no more partitions than needed."""
        if self._deferred is not None and not rows:
            return self._deferred.empty
        pieces: list[pd.DataFrame] = []
        missing = rows
        for frame in self.frames():
            pieces.append(frame.head(missing))
            missing -= len(pieces[-1])
            if missing <= 0:
                break
        return pd.concat(pieces) if len(pieces) > 1 else pieces[0]

    def shown(self) -> pd.DataFrame:
        """Return the frame, or an empty one with its columns where rows are read when needed; for messages."""
        return self._frame if self._frame is not None else self.head(0)

    def _rows_bound(self) -> int:
        return sum(partition.rows for partition in self._partitions)

    def __repr__(self) -> str:
        if self.in_memory:
            where = "in memory" if self.is_loaded else "kept from an earlier run"
            return f"Table({self.rows:,} rows {where}, {self.partitions} partition(s))"
        return f"Table(at most {self._rows_bound():,} rows in {self.partitions} partitions, read when needed)"
