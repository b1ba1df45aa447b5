"""The first rows of parts that were dealt out of the same rows, over one stretch of the plan."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlsys.tables.chain import joined
from mlsys.tables.table import Table


def same_stretch(tables: Mapping[str, Table], rows: int) -> dict[str, pd.DataFrame]:
    """Return the first rows of several tables, all up to the same place of the plan.

    Parameters
    ----------
    tables : mapping of str to Table
        Parts of the same rows, read when needed; their index is the place in the plan.
    rows : int
        How many at most in each table on average.

    Returns
    -------
    dict of str to DataFrame
        The head of a table alone where none of its rows is within the stretch, or its index is no place in the plan.

    Notes
    -----
    The head of each table alone would reach further in a small part than in a large one: of rows in order of time
    the small part would hold later rows. Partitions are read one at a time, always of the table that is furthest
    behind, until the stretch holds ``rows`` times the number of tables.

    Examples
    --------
    >>> from mlsys.engines import LocalEngine
    >>> from mlsys.tables import Partition
    >>> frame = pd.DataFrame({"x": range(8)})
    >>> whole = LocalEngine().hold([Partition(8, lambda columns: frame)], None)
    >>> small = frame["x"].to_numpy() % 4 == 0
    >>> found = same_stretch({"train": whole.keep(~small), "test": whole.keep(small)}, 3)
    >>> {name: part["x"].tolist() for name, part in found.items()}
    {'train': [1, 2, 3, 5], 'test': [0, 4]}
    """
    wanted = rows * len(tables)
    unread = {name: iter(range(table.partitions)) for name, table in tables.items()}
    pieces: dict[str, list[pd.DataFrame]] = {name: [] for name in tables}
    reach = dict.fromkeys(tables, -np.inf)
    while min(reach.values()) < np.inf and _within(pieces, min(reach.values())) < wanted:
        behind = min(reach, key=lambda name: reach[name])
        number = next(unread[behind], None)
        if number is None:
            reach[behind] = np.inf
            continue
        piece = tables[behind].partition(number)
        if not _follows(piece, reach[behind]):
            return {name: table.head(rows) for name, table in tables.items()}
        if len(piece):
            pieces[behind].append(piece)
            reach[behind] = float(piece.index[-1])
    read = [piece.index.to_numpy() for found in pieces.values() for piece in found]
    places = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *read]))
    places = places[places <= min(reach.values())][:wanted]
    end = places[-1] if len(places) else -np.inf
    inside = {name: [piece[piece.index <= end] for piece in found] for name, found in pieces.items()}
    return {name: joined(found) if sum(map(len, found)) else tables[name].head(rows) for name, found in inside.items()}


def _follows(piece: pd.DataFrame, reached: float) -> bool:
    """Whether the index continues in the order of the plan."""
    index = piece.index
    return not len(index) or (index.dtype.kind in "iu" and index.is_monotonic_increasing and index[0] > reached)


def _within(pieces: Mapping[str, list[pd.DataFrame]], end: float) -> int:
    """Return how many rows lie up to a place of the plan."""
    return sum(int((piece.index <= end).sum()) for read in pieces.values() for piece in read)
