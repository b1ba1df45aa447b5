"""Functions that pieces of rows go through one after another, each piece with the column types of the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.tables.partitions import Partition
from mlsys.tables.types import Types, held_to, types_of

Function = Callable[[pd.DataFrame], pd.DataFrame]
Done = TypeVar("Done")


@dataclass
class Link:
    """A function, and the column types that it leaves, once they are known."""

    function: Function
    types: Types | None = None


@dataclass(frozen=True)
class Chain:
    """Functions in order.

    Parameters
    ----------
    links : tuple of Link
        Shared by the chains that go on from here, so that types are settled once.
    """

    links: tuple[Link, ...] = field(default=())

    def then(self, function: Function) -> Chain:
        """Return the chain with one more function."""
        return Chain((*self.links, Link(function)))

    def settle(self, types: Sequence[Types]) -> None:
        """Fix the types that each function leaves, where they are not fixed yet."""
        for link, each in zip(self.links, types, strict=True):
            link.types = link.types or each

    def read(
        self, function: Callable[[pd.DataFrame], Done], columns: Sequence[str] | None, partition: Partition
    ) -> Done:
        """Return what a function makes of a piece once it went through the chain.

        Parameters
        ----------
        function : callable
            Takes a frame that has ``columns`` at least.
        columns : sequence of str or None
            Columns that it needs; others are not read where no other function comes before.
        partition : Partition
            The piece.
        """
        return function(self._through(partition, columns)[0])

    def read_some(self, partition: Partition, inside: NDArray[np.bool_], columns: Sequence[str] | None) -> pd.DataFrame:
        """Return some rows of a piece that went through the chain, as the reader of a piece of their own."""
        frame = self._through(partition, columns)[0][inside]
        return frame if columns is None else frame[list(columns)]

    def first(self, rows: int, partition: Partition) -> tuple[pd.DataFrame, list[Types]]:
        """Return the first rows of a piece, and the types that each function left."""
        frame, types = self._through(partition, None)
        return frame.head(rows).copy(), types

    def _through(self, partition: Partition, columns: Sequence[str] | None) -> tuple[pd.DataFrame, list[Types]]:
        try:
            return self._read_through(partition, columns)
        except Exception as error:
            note = f"mlsys: in the partition {partition.label}"
            if partition.label and note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            raise

    def _read_through(self, partition: Partition, columns: Sequence[str] | None) -> tuple[pd.DataFrame, list[Types]]:
        frame = partition.read(None if self.links or columns is None else list(columns))
        types = []
        for link in self.links:
            frame = link.function(frame)
            frame = frame if link.types is None else held_to(link.types, frame, partition.label)
            types.append(types_of(frame))
        return frame, types


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several partitions one after the other, with the types of the first that has rows.

    Examples
    --------
    >>> joined([pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [3.0]})])["x"].tolist()
    [1, 2, 3]
    """
    if len(frames) == 1:
        return frames[0]
    types = types_of(next((frame for frame in frames if len(frame)), frames[0]))
    return pd.concat([held_to(types, frame, f"partition {number}") for number, frame in enumerate(frames, 1)])
