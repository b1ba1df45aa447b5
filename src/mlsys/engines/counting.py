"""Pieces of a source that does not know how many rows they have."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import pandas as pd

from mlsys.tables import Engine, Partition, add_in_order, noted, without_note


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
    told = list(engine.each(_counted, partitions))
    starts = accumulate((rows for rows, _ in told), initial=0)
    return [
        Partition(rows, partial(_numbered, each, start), each.label, _both(each.note, note))
        for each, (rows, note), start in zip(partitions, told, starts, strict=False)
    ]


def _counted(partition: Partition) -> tuple[int, Any]:
    """Return the rows of a piece, and the note of its reader."""
    frame = partition.read([])
    return len(frame), noted(frame)


def _both(given: Any, found: Any) -> Any:
    """Return what was noted of a piece before it was read, and then."""
    return add_in_order(each for each in (given, found) if each is not None)


def _numbered(partition: Partition, start: int, columns: Sequence[str] | None) -> pd.DataFrame:
    frame = without_note(partition.read(columns))
    return frame.set_axis(pd.RangeIndex(start, start + len(frame)), axis=0)
