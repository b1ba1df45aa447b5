"""Rows in ordered partitions, in memory or read when needed, worked on by an engine."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.settings import settings
from mlsys.summaries import sample_by_hash
from mlsys.tables.chain import Chain, Function, KeepsRows, joined
from mlsys.tables.identity import Identity
from mlsys.tables.partitions import Deferred, Partition, add_in_order, cut, in_order
from mlsys.values import cut_from

Given = TypeVar("Given")
Done = TypeVar("Done")

FIRST_ROWS = 4096
"""Rows of a table beyond memory that stay at hand once its types were looked at."""


@runtime_checkable
class Engine(Protocol):
    """Where partitions are processed; it builds tables, whose methods are all that steps and the runner use.

    Attributes
    ----------
    name : str
        For the record of a run.
    cuts_frames : bool
        Whether a frame in memory is changed partition by partition; otherwise in one piece, so that columns that
        are left alone stay where they are.
    """

    name: str
    cuts_frames: bool

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | Deferred | None) -> Table:
        """Return a table of a source's pieces, or of one frame."""
        ...

    def each(self, work: Callable[[Given], Done], pieces: Sequence[Given]) -> Iterator[Done]:
        """Yield ``work(piece)`` for each piece in the order of the pieces; they may be done anywhere, in any order."""
        ...


class Kept(Protocol):
    """What workers keep of partitions."""

    def each(self, function: Callable[[Any], Done], /) -> list[Done]:
        """Return what a function makes of each, in their order."""
        ...

    def only(self, wanted: Sequence[bool], /) -> None:
        """Forget the others."""
        ...

    def run(self, fit: Callable[[Any, Any], Done], /) -> Done:
        """Return what ``fit(client, kept)`` returns, begun again if a worker is lost."""
        ...


@runtime_checkable
class Keeps(Engine, Protocol):
    """An engine whose workers can keep what is made of partitions, and train on them together."""

    @property
    def workers(self) -> int:
        """How many there are."""
        ...

    def keeping(self, work: Callable[[Given], Any], pieces: Sequence[Given]) -> AbstractContextManager[Kept]:
        """Let workers keep what ``work`` makes of each piece, as long as the block runs."""
        ...


class Table:
    """Rows in ordered partitions: one frame in memory, or pieces read when needed.

    Made by an engine: ``engine.hold(...)``, or ``table.like(frame)`` beside other rows. ``map`` is eager for a frame
    in memory and lazy for pieces, so that the same pipeline runs on data larger than memory; the numbers are the
    same because both are cut by one rule. A frame that an earlier run left on disk is deferred: it counts as in
    memory, and is read when somebody asks.

    Attributes
    ----------
    engine : Engine
        Does the work.
    identity : Identity or None
        What the rows are, by content; set where results are kept.
    note : object or None
        What the reader noted of rows that were just opened.

    Notes
    -----
    Column types of pieces are those of the first piece with rows. One that comes out otherwise is cast where that
    changes no value, and refused otherwise with its label and column.

    Examples
    --------
    >>> from mlsys.engines import LocalEngine
    >>> table = LocalEngine().hold(None, pd.DataFrame({"x": [1, 2, 3]}))
    >>> table.map(lambda frame: frame.assign(z=frame["x"] * 2)).frame()["z"].tolist()
    [2, 4, 6]
    """

    def __init__(
        self,
        engine: Engine,
        frame: pd.DataFrame | Deferred | None = None,
        partitions: Sequence[Partition] = (),
        chain: Chain | None = None,
    ) -> None:
        self.engine = engine
        self.identity: Identity | None = None
        self.note: Any = add_in_order(each.note for each in partitions if each.note is not None)
        self._deferred = frame if isinstance(frame, Deferred) else None
        self._frame = None if isinstance(frame, Deferred) else frame
        self._partitions = tuple(partitions)
        self._chain = Chain() if chain is None else chain
        self._first: pd.DataFrame | None = None

    def like(self, frame: pd.DataFrame | Deferred) -> Table:
        """Hold other rows where these are held."""
        return self.engine.hold(None, frame)

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

    def comes_from(self, other: Table) -> bool:
        """Whether these are the rows of another table whose pieces are read when needed, gone through more functions.

        Examples
        --------
        >>> from mlsys.engines import LocalEngine
        >>> pieces = LocalEngine().hold([Partition(1, lambda columns: pd.DataFrame({"x": [1]}))], None)
        >>> pieces.map(lambda frame: frame).comes_from(pieces), pieces.comes_from(pieces.map(lambda frame: frame))
        (True, False)
        """
        own, links = self._chain.links, other._chain.links
        same = self._partitions is other._partitions and not (self.in_memory or other.in_memory)
        return same and len(own) >= len(links) and all(map(operator.is_, own, links))

    @property
    def partitions(self) -> int:
        """Number of partitions of the plan."""
        return len(cut(self.rows)) if self.in_memory else len(self._partitions)

    def map(self, function: Function, reads: Collection[Any] | None = None) -> Table:
        """Apply a function to every partition; it must treat each row alone.

        Parameters
        ----------
        function : callable
            Changes a frame.
        reads : collection of str, optional
            The columns that it reads, if it changes and drops no others and adds the same ones to any frame that has
            these: later passes that need other columns alone then go past it.
        """
        if not self.in_memory:
            return Table(self.engine, partitions=self._partitions, chain=self._chain.then(function, reads))
        if not self.engine.cuts_frames:
            return self.like(function(self.frame()))
        return self.like(joined(list(self._each(function))))

    def kept_by(self, kept: Callable[[], KeepsRows]) -> None:
        """Let pieces be kept as they are now, where that is cheaper than to make them again for each pass."""
        last = self._chain.links[-1:]
        if last and last[0].kept is None:
            last[0].kept = kept()

    def keep(self, mask: NDArray[np.bool_]) -> Table:
        """Keep some rows; pieces that have none of them are not read any more.

        Parameters
        ----------
        mask : array of bool
            One for each row, in plan order.
        """
        if self.in_memory:
            return self.like(self.frame()[mask])
        counts = [each.rows or 0 for each in self._partitions]
        if sum(counts) != len(mask):  # pieces may hold fewer rows than they say
            counts = list(self._each(len))
        parted = np.split(mask, np.cumsum(counts)[:-1])
        kept = [
            Partition(int(inside.sum()), self._chain.reader_of_some(partition, inside), partition.label)
            for partition, inside in zip(self._partitions, parted, strict=True)
        ]
        self._opened()
        return Table(self.engine, partitions=[each for each in kept if each.rows] or kept[:1])

    def narrowed(self, columns: Collection[Any]) -> Table:
        """Return these rows with only some of their columns, where that makes cutting them cheaper; else themselves.

        Rows that are read when needed stay as they are.
        """
        frame = self._frame
        if frame is None:
            return self
        kept = [name for name in frame.columns.tolist() if name in columns]
        is_dear = 2 * len(kept) > frame.shape[1] and not self.engine.cuts_frames  # one that cuts sends the pieces
        if not kept or is_dear:
            return self
        shared = {name: frame[name] for name in kept}  # each as it lies: choosing some of a block would copy them
        return Table(self.engine, pd.DataFrame(shared, index=frame.index, columns=kept, copy=False))

    def of_columns(self, columns: Sequence[str]) -> Table:
        """Return rows in memory with only some of their columns, whose content is known where that of these is.

        Examples
        --------
        >>> from mlsys.engines import LocalEngine
        >>> LocalEngine().hold(None, pd.DataFrame({"x": [1], "y": [2]})).of_columns(["y"]).frame().columns.tolist()
        ['y']
        """
        kept = list(columns)
        narrow = self.like(
            Deferred(self.rows, self.head(0)[kept], lambda wanted: self.frame(kept if wanted is None else wanted))
        )
        if self.identity is not None:
            narrow.identity = Identity({name: self.identity.columns[name] for name in kept}, self.identity.index)
        return narrow

    def reduce(self, function: Callable[[pd.DataFrame], Any], columns: Sequence[str] | None = None) -> Any:
        """Summarize each partition and add the summaries in plan order; ``columns`` are those that it needs."""
        return add_in_order(self._each(function, columns))

    def gather(
        self, function: Callable[[pd.DataFrame], pd.DataFrame], columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return what a function makes of each partition, in plan order; for what is narrow: predictions, keys.

        Unlike ``map`` it is told one partition at a time also of a frame in memory, so that numbers whose last bits
        depend on how many rows are computed at once, as those of a product of matrices, are the same everywhere.
        """
        return joined(list(self._each(function, columns)))

    def frames(self, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield the partitions in plan order."""
        if self.in_memory:
            return iter(_slices(self.frame(columns)))
        return self._each(partial(in_order, columns=columns), columns)

    def partition(self, number: int) -> pd.DataFrame:
        """Return the rows of one partition, counting from zero."""
        if self.in_memory:
            return _slices(self.frame())[number]
        self._opened()
        return next(iter(self.engine.each(partial(self._chain.read, _whole, None), [self._partitions[number]])))

    def blocks(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield all rows in order, ``rows`` at a time, wherever the partitions end; the last block may be shorter."""
        waiting: list[pd.DataFrame] = []
        count = 0
        for frame in self.frames(columns):
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
                "use a model that learns in partitions (Train with an estimator that has partial_fit), sample the rows "
                "first, or raise MLSYS_ROWS_IN_MEMORY",
            )
        return pd.concat(list(self.frames(columns)))

    def head(self, rows: int) -> pd.DataFrame:
        """Return the first rows, reading no more partitions than needed."""
        if self._deferred is not None and not rows:
            return self._deferred.empty
        if not self.in_memory and rows <= len(first := self._opened()):
            return first.head(rows)
        pieces: list[pd.DataFrame] = []
        missing = rows
        for frame in self.frames() if not self.in_memory else [self.frame()]:
            pieces.append(frame.head(missing))
            missing -= len(pieces[-1])
            if missing <= 0:
                break
        return pd.concat(pieces) if len(pieces) > 1 else pieces[0]

    def sample(self, rows: int, stream: int = 0, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return so many rows, chosen by a hash of their ids and in their order, whatever the partitions.

        Parameters
        ----------
        rows : int
            How many at most.
        stream : int
            Another number chooses other rows.
        columns : sequence of str, optional
            Those to return.
        """
        if self.in_memory:
            return sample_by_hash(self.frame(columns), rows, stream)
        share = min(1.0, 1.1 * rows / max(self.rows, 1) + 1e-4)  # a tenth more: as good as never too few
        while True:
            found = joined(list(self._sampled(share, stream, columns)))
            if len(found) >= rows or share >= 1:
                return sample_by_hash(found, rows, stream)
            share = min(1.0, 4 * share)

    def keeping(self, function: Callable[[pd.DataFrame], Any]) -> AbstractContextManager[Kept]:
        """Let the workers of an engine that has such keep what a function makes of each partition."""
        if not isinstance(self.engine, Keeps):
            raise TypeError(f"the engine {self.engine.name} has no workers that keep anything")
        self._opened()
        return self.engine.keeping(partial(self._chain.read, function, None), self._partitions)

    def shown(self) -> pd.DataFrame:
        """Return the frame, or an empty one with its columns where rows are read when needed; for messages."""
        return self._frame if self._frame is not None else self.head(0)

    def _each(self, function: Callable[[pd.DataFrame], Done], columns: Sequence[str] | None = None) -> Iterator[Done]:
        """Yield what the engine makes of each partition, in plan order."""
        if self.in_memory:
            frame = self.frame()
            if columns is not None and self.engine.cuts_frames:
                frame = self.narrowed(columns).frame()
            return self.engine.each(function, _slices(frame))
        self._opened()
        return self.engine.each(partial(self._chain.read, function, columns), self._partitions)

    def _sampled(self, share: float, stream: int, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
        self._opened()
        return self.engine.each(partial(self._chain.sampled, share, stream, columns), self._partitions)

    def _opened(self) -> pd.DataFrame:
        """Return the first rows of pieces; their types are those of all that follow."""
        if self._first is None:
            for partition in self._partitions:
                self._first, types = next(iter(self.engine.each(partial(self._chain.first, FIRST_ROWS), [partition])))
                if len(self._first):
                    break
            assert self._first is not None
            self._chain.settle(types)
        return self._first

    def _rows_bound(self) -> int:
        return sum(partition.rows or 0 for partition in self._partitions)

    def __repr__(self) -> str:
        if self.in_memory:
            where = "in memory" if self.is_loaded else "kept from an earlier run"
            return f"Table({self.rows:,} rows {where}, {self.partitions} partition(s))"
        return f"Table(at most {self._rows_bound():,} rows in {self.partitions} partitions, read when needed)"


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def _slices(frame: pd.DataFrame) -> list[pd.DataFrame]:
    places = cut(len(frame))
    if len(places) == 1:
        return [frame]
    pieces = [frame.iloc[each] for each in places]
    cut_from(frame, pieces, places)
    return pieces
