"""Functions that pieces of rows go through one after another, each piece with the column types of the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.summaries import hash_ids, uniform
from mlsys.tables.partitions import Partition, ReadsSome, Some, in_order
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
    """A function, the column types that it leaves, once they are known, and what keeps the rows that it makes.

    Parameters
    ----------
    function : callable
        Changes a frame.
    reads : collection of str, optional
        The columns that it reads, where it changes and drops no others and adds the same ones to any frame that has
        these; ``None`` where it may do anything.
    types : sequence of (name, type), optional
        Of the columns that it leaves.
    before : tuple of str, optional
        The columns of the frames that it is given.
    """

    function: Function
    reads: Collection[Any] | None = None
    types: Types | None = None
    before: tuple[Any, ...] | None = None
    kept: KeepsRows | None = field(default=None, compare=False)

    def needed(self, columns: Collection[Any]) -> tuple[list[Any] | None, bool]:
        """Return the columns it must be given, of which ``columns`` result, and whether it has to run for them.

        ``None`` stands for all. Columns that it does not read go past it as they are.
        """
        if self.reads is None or self.types is None or self.before is None:
            return None, True
        wanted, reads, there = set(columns), set(self.reads), set(self.before)
        left = {name for name, _ in self.types}
        if not wanted <= left or not reads <= there:
            return None, True
        runs = bool(wanted & (reads | (left - there)))
        kept = (wanted & there) | (reads if runs else set())
        return [name for name in self.before if name in kept], runs


@dataclass(frozen=True)
class Chain:
    """Functions in order.

    Parameters
    ----------
    links : tuple of Link
        Shared by the chains that go on from here, so that types are settled once.
    """

    links: tuple[Link, ...] = field(default=())

    def then(self, function: Function, reads: Collection[Any] | None = None) -> Chain:
        """Return the chain with one more function, and the columns that it reads where it touches no others."""
        return Chain((*self.links, Link(function, reads)))

    def settle(self, types: Sequence[Types]) -> None:
        """Fix the types of the columns that are read and that each function leaves, where they are not fixed yet."""
        for link, before, each in zip(self.links, types[:-1], types[1:], strict=True):
            link.types = link.types or each
            link.before = link.before or tuple(name for name, _ in before)

    def read(
        self, function: Callable[[pd.DataFrame], Done], columns: Sequence[str] | None, partition: Partition
    ) -> Done:
        """Return what a function makes of a piece once it went through the chain.

        Parameters
        ----------
        function : callable
            Takes a frame that has ``columns`` at least.
        columns : sequence of str or None
            Columns that it needs; others are not read or made where the functions before it allow that.
        partition : Partition
            The piece.
        """
        return function(self._through(partition, columns)[0])

    def read_some(self, partition: Partition, inside: NDArray[np.bool_], columns: Sequence[str] | None) -> pd.DataFrame:
        """Return some rows of a piece that went through the chain, as the reader of a piece of their own."""
        return in_order(self._through(partition, columns)[0][inside], columns)

    def reader_of_some(self, partition: Partition, inside: NDArray[np.bool_]) -> Callable[..., pd.DataFrame]:
        """Return what reads some rows of a piece that went through the chain."""
        if not self.links and isinstance(partition.read, ReadsSome):
            return Some(partition.read, inside)
        return partial(self.read_some, partition, inside)

    def sampled(self, share: float, stream: int, columns: Sequence[str] | None, partition: Partition) -> pd.DataFrame:
        """Return the rows of a piece whose hash lies in the lowest share of all hashes."""
        if self.links or not isinstance(partition.read, ReadsSome):
            frame = self._through(partition, columns)[0]
            return in_order(frame[_below(frame.index, share, stream)], columns)
        with _named(partition):
            below = _below(partition.read([]).index, share, stream)
            return in_order(partition.read.some(columns, below), columns)

    def first(self, rows: int, partition: Partition) -> tuple[pd.DataFrame, list[Types]]:
        """Return the first rows of a piece, and the types as it was read and as each function left it."""
        frame, types = self._through(partition, None)
        return frame.head(rows).copy(), types

    def _through(self, partition: Partition, columns: Sequence[str] | None) -> tuple[pd.DataFrame, list[Types]]:
        with _named(partition):
            return self._read_through(partition, self._needed(columns))

    def _needed(self, columns: Sequence[str] | None) -> list[tuple[list[Any] | None, bool]]:
        """Return the columns that are needed as they are read and after each link, and whether that has to run."""
        found: list[tuple[list[Any] | None, bool]] = []
        wanted = None if columns is None else list(columns)
        for link in reversed(self.links):
            before, runs = (None, True) if wanted is None else link.needed(wanted)
            found.append((wanted, runs))
            wanted = before
        return [(wanted, True), *reversed(found)]

    def _read_through(
        self, partition: Partition, needed: Sequence[tuple[list[Any] | None, bool]]
    ) -> tuple[pd.DataFrame, list[Types]]:
        begun = time.perf_counter()
        frame, done = self._kept(partition, [columns for columns, _ in needed])
        if frame is None:
            frame = partition.read(needed[0][0])
        types = [tuple((name, None) for name in self.links[0].before or ()) if done else types_of(frame)]
        types += [link.types for link in self.links[:done] if link.types is not None]
        whole = needed[done][0] is None
        for link, (columns, runs) in zip(self.links[done:], needed[done + 1 :], strict=True):
            if not runs:
                continue
            frame = link.function(frame)
            wanted = None if link.reads is None else columns
            frame, whole = _narrowed(frame, wanted), whole and wanted is None
            frame = frame if link.types is None else held_to(_some(link.types, wanted), frame, partition.label)
            types.append(types_of(frame))
            if link.kept is not None and link.types is not None and whole:
                seconds = time.perf_counter() - begun
                if link.kept.offer(partition, frame, seconds):
                    seconds = 0.0  # from here on it is read
                begun = time.perf_counter() - seconds
        return frame, types

    def _kept(self, partition: Partition, columns: Sequence[list[Any] | None]) -> tuple[pd.DataFrame | None, int]:
        """Return a piece as a link left it that kept it, and how many links it has gone through."""
        for place in range(len(self.links), 0, -1):
            link = self.links[place - 1]
            if link.kept is not None:
                frame = link.kept.get(partition, columns[place])
                if frame is not None:
                    return frame, place
        return None, 0


@contextmanager
def _named(partition: Partition) -> Iterator[None]:
    """Note on an error of which partition it is."""
    try:
        yield
    except Exception as error:
        note = f"mlsys: in the partition {partition.label}"
        if partition.label and note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        raise


def _below(ids: pd.Index, share: float, stream: int) -> NDArray[np.bool_]:
    return uniform(hash_ids(ids, stream)) < share


def _some(types: Types, columns: Collection[Any] | None) -> Types:
    return types if columns is None else tuple(each for each in types if each[0] in columns)


def _narrowed(frame: pd.DataFrame, columns: Collection[Any] | None) -> pd.DataFrame:
    """Return a frame without columns that nobody needs any more; in the order in which it has them."""
    kept = None if columns is None else [name for name in frame.columns if name in columns]
    return frame if kept is None or len(kept) == frame.shape[1] else frame[kept]


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
