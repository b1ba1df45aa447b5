"""Passes: partitions that a run made and would make again in its next pass, kept as Arrow files until it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.cache.columns import dtype_of, read_columns, write_columns
from mlsys.cache.store import Store
from mlsys.folder import ONLY_OWNER
from mlsys.tables import Partition, as_column, noted

logger = logging.getLogger("mlsys")

WORTH = 2.0
"""How many times as long as writing and reading them once it must take to make rows, before they are written."""
BYTES_PER_SECOND = 400e6
"""At which rows are written and read again, until that has been measured; 14 MB of numbers took 20 to 76 ms."""
SECONDS_PER_FILE = 0.005
"""Of opening, closing and describing one."""
_READING = 0.5
"""Of the time of writing, until a file was read."""


class Passes:
    """Files of one run, in a folder of its own.

    Parameters
    ----------
    store : Store
        The cache, whose cap holds for both together.
    folder : Path
        Where the files are; made when the first is written.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.is_open = True
        self._store, self._folder = store, folder
        self._room: int | None = None
        self._number = 0
        self._seconds_per_byte = 1 / BYTES_PER_SECOND
        self._read, self._wrote = (0.0, 0), (0.0, 0)

    def stretch(self) -> Stretch:
        """Return what keeps partitions after one more function."""
        return Stretch(self)

    def is_worth(self, size: int, seconds: float) -> bool:
        """Whether rows of a size that took so long are written."""
        return self.is_open and seconds > WORTH * (SECONDS_PER_FILE + size * self._seconds_per_byte)

    def write(self, columns: Sequence[pd.Series], kinds: Sequence[dict[str, Any]], size: int) -> Path | None:
        """Write columns of a size in memory; ``None`` where there is no room, or the disk says no."""
        if self._room is None:
            self._room = self._store.room()
        if size > self._room:
            return None
        self._number += 1
        path = self._folder / f"{self._number}.arrow"
        began = time.perf_counter()
        if not self._store.written(lambda: _write(path, columns, kinds)):
            path.unlink(missing_ok=True)
            return None
        self._wrote = _added(self._wrote, time.perf_counter() - began, size)
        self._room -= path.stat().st_size
        self._measured()
        return path

    def read(self, path: Path, places: Sequence[int], size: int) -> list[pd.Series]:
        """Return some columns of a file; ``size`` is theirs in memory."""
        began = time.perf_counter()
        found = read_columns(str(path), places)
        self._read = _added(self._read, time.perf_counter() - began, size)
        self._measured()
        return found

    def _measured(self) -> None:
        wrote = self._wrote[0] / max(self._wrote[1], 1)
        read = self._read[0] / self._read[1] if self._read[1] else _READING * wrote
        self._seconds_per_byte = wrote + read


def _write(path: Path, columns: Sequence[pd.Series], kinds: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(mode=ONLY_OWNER, exist_ok=True)
    with path.open("wb") as sink:
        write_columns(columns, kinds, sink)


def _added(before: tuple[float, int], seconds: float, size: int) -> tuple[float, int]:
    return before[0] + seconds, before[1] + size


@contextmanager
def passes_of(store: Store) -> Iterator[Passes]:
    """Keep passes while the block runs; their folder is removed at its end, also after an error or Ctrl-C."""
    with store.beside() as folder:
        passes = Passes(store, folder)
        try:
            yield passes
        finally:
            passes.is_open = False


@dataclass(frozen=True)
class _File:
    """A partition on disk: where, its columns, its index or the name of it, and its bytes in memory by column."""

    path: Path
    columns: pd.Index
    index: pd.RangeIndex | None
    index_name: Any
    sizes: tuple[int, ...]
    partition: Partition
    """Held, so that no other partition takes its place in memory."""


@dataclass
class Stretch:
    """Partitions after one function of a chain, as far as they are on disk.

    Parameters
    ----------
    passes : Passes or None
        Files of the run; ``None`` in another process, where nothing is kept.
    """

    passes: Passes | None
    _files: dict[int, _File] = field(default_factory=dict)
    _is_odd: bool = False

    def get(self, partition: Partition, columns: Sequence[str] | None) -> pd.DataFrame | None:
        """Return a partition, with some of its columns at least; ``None`` where it must be made."""
        file = self._files.get(id(partition))
        if file is None or self.passes is None or not self.passes.is_open:
            return None
        wanted = None if columns is None else set(columns)
        places = [place for place, name in enumerate(file.columns) if wanted is None or name in wanted]
        index = [] if file.index is not None else [len(file.columns)]
        try:
            found = self.passes.read(
                file.path, [*places, *index], sum(file.sizes[place] for place in [*places, *index])
            )
        except Exception as error:  # whatever the file holds by now
            logger.debug("a kept partition cannot be read: %s", error)
            del self._files[id(partition)]
            return None
        ids = pd.Index(found.pop(), name=file.index_name) if file.index is None else file.index
        held = {number: each.set_axis(ids, axis=0) for number, each in enumerate(found)}
        return pd.DataFrame(held, index=ids, copy=False).set_axis(file.columns[places], axis=1)

    def offer(self, partition: Partition, frame: pd.DataFrame, seconds: float) -> bool:
        """Keep a partition that took so long to make, if reading it again is cheaper; say whether it is kept."""
        if self.passes is None or self._is_odd or not len(frame) or id(partition) in self._files:
            return False
        sizes = [int(each) for each in frame.memory_usage(index=False)]
        index = frame.index if isinstance(frame.index, pd.RangeIndex) else None
        columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
        if index is None:
            sizes.append(int(frame.index.memory_usage()))
        if not self.passes.is_worth(sum(sizes), seconds):
            return False
        if isinstance(frame.index, pd.MultiIndex) or noted(frame) is not None:
            self._is_odd = True
            return False
        columns += [] if index is not None else [as_column(frame.index)]
        kinds = [kind for kind in map(dtype_of, columns) if kind is not None and kind.get("kept", True)]
        if len(kinds) < len(columns):  # objects, whose values are not written
            self._is_odd = True
            return False
        path = self.passes.write(columns, kinds, sum(sizes))
        if path is None:
            return False
        names = frame.index.name if index is None else None
        self._files[id(partition)] = _File(path, frame.columns, index, names, tuple(sizes), partition)
        return True

    def __reduce__(self) -> Any:
        return Stretch, (None,)  # files are read where they were written
