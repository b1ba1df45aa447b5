"""Pieces of a source that does not know how many rows they have."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate

import pandas as pd

from mlsys.tables import Engine, Partition


def counted(partitions: Sequence[Partition], engine: Engine) -> Sequence[Partition]:
    """Return pieces of which each knows its rows; where one does not, all are read once without a column.

    Rows are then numbered by their place in the plan, as a source that knows its rows numbers them itself.

    Examples
    --------
    >>> from mlsys.engines import LocalEngine
    >>> read = lambda columns: pd.DataFrame({"x": [1, 2]})
    >>> table = LocalEngine().hold([Partition(None, read), Partition(None, read)], None)
    >>> table.rows, table.frame().index.tolist()
    (4, [0, 1, 2, 3])
    """
    if all(each.rows is not None for each in partitions):
        return partitions
    rows = list(engine.each(_length, partitions))
    starts = accumulate(rows, initial=0)
    return [
        Partition(count, partial(_numbered, each, start), each.label)
        for each, count, start in zip(partitions, rows, starts, strict=False)
    ]


def _length(partition: Partition) -> int:
    return len(partition.read([]))


def _numbered(partition: Partition, start: int, columns: Sequence[str] | None) -> pd.DataFrame:
    frame = partition.read(columns)
    return frame.set_axis(pd.RangeIndex(start, start + len(frame)), axis=0)
