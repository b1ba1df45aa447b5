"""The local engine: a loop over partitions on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pandas as pd

from mlsys.tables import Partition, Table


class Engine(Protocol):
    """A place to run.

    It holds a source as a ``Table``, whose verbs (``map``, ``reduce``, ``frame``, ``frames``) are all that
    steps and the runner use, over one plan of partitions shared by every engine.
    """

    name: str

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | None) -> Table:
        """Hold a source: its pieces, or the one frame."""
        ...


class LocalEngine:
    """Runs on this machine; data larger than memory goes through partition by partition.

    Examples
    --------
    >>> table = LocalEngine().hold(None, pd.DataFrame({"x": [1, 2]}))
    >>> table.reduce(lambda frame: int(frame["x"].sum()))
    3
    """

    name = "local"

    def hold(self, partitions: Sequence[Partition] | None, frame: pd.DataFrame | None) -> Table:
        """Hold a source: its pieces, or the one frame."""
        return Table(frame=frame) if partitions is None else Table(partitions=partitions)
