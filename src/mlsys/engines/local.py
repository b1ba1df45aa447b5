"""The local engine: a loop over partitions on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pandas as pd

from mlsys.engines.counting import counted
from mlsys.native_threads import Pinned
from mlsys.tables import Deferred, Partition, Table

Given = TypeVar("Given")
Done = TypeVar("Done")


class LocalEngine:
    """Runs on this machine; data larger than memory goes through partition by partition.

    Examples
    --------
    >>> table = LocalEngine().hold(None, pd.DataFrame({"x": [1, 2]}))
    >>> table.reduce(lambda frame: int(frame["x"].sum()))
    3
    """

    name = "local"
    cuts_frames = False

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | Deferred | None) -> Table:
        """Return a table of a source's pieces, or of one frame."""
        return Table(self, frame) if partitions is None else Table(self, partitions=counted(partitions, self))

    def each(self, work: Callable[[Given], Done], pieces: Sequence[Given]) -> Iterator[Done]:
        """Yield ``work(piece)`` for each piece, one after another, with the native threads of the setting."""
        return map(Pinned(work), pieces)
