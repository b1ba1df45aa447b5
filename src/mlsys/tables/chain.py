"""Functions that pieces of rows go through one after another, each piece with the column types of the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.tables.partitions import Partition
from mlsys.tables.types import Types, held_to, types_of

Function = Callable[[pd.DataFrame], pd.DataFrame]
Done = TypeVar("Done")


class KeepsRows(Protocol):
    """What keeps partitions after a function while a run lasts, where making them again costs more."""

    def get(self, partition: Partition, columns: Sequence[str] | None, /) -> pd.DataFrame | None:
        """Return a partition, with some of its columns at least; ``None`` where it must be made."""
        ...

    def offer(self, partition: Partition, frame: pd.DataFrame, seconds: float, /) -> bool:
        """Take a partition that was made in so many seconds; say whether it is kept."""
        ...


@dataclass
class Link:
    """A function, the column types that it leaves, once they are known, and what keeps the rows that it makes."""

    function: Function
    types: Types | None = None
    kept: KeepsRows | None = field(default=None, compare=False)


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
        begun = time.perf_counter()
        frame, done = self._kept(partition, columns)
        if frame is None:
            frame = partition.read(None if self.links or columns is None else list(columns))
        types = [link.types for link in self.links[:done] if link.types is not None]
        for link in self.links[done:]:
            frame = link.function(frame)
            frame = frame if link.types is None else held_to(link.types, frame, partition.label)
            types.append(types_of(frame))
            if link.kept is not None and link.types is not None:
                seconds = time.perf_counter() - begun
                if link.kept.offer(partition, frame, seconds):
                    seconds = 0.0  # from here on it is read
                begun = time.perf_counter() - seconds
        return frame, types

    def _kept(self, partition: Partition, columns: Sequence[str] | None) -> tuple[pd.DataFrame | None, int]:
        """Return a piece as a link left it that kept it, and how many links it has gone through."""
        for place in range(len(self.links), 0, -1):
            link = self.links[place - 1]
            if link.kept is not None:
                frame = link.kept.get(partition, columns if place == len(self.links) else None)
                if frame is not None:
                    return frame, place
        return None, 0


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
