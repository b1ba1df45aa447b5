"""The rows of a plan: all at once, or in pieces that are read when needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.data._schema import Plan, read_piece
from mlsys.settings import settings
from mlsys.tables import Partition, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Finish = Callable[[pd.DataFrame], pd.DataFrame]


def whole_of(plan: Plan) -> pd.DataFrame:
    """Return all rows, numbered from 0 in plan order."""
    frames = [read_piece(place, slice(0, rows), 0, plan, None) for place, rows in enumerate(plan.rows) if rows]
    if not frames:
        return read_piece(0, slice(0, 0), 0, plan, None) if plan.files else pd.DataFrame()
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def pieces_of(plan: Plan, finish: Finish | None = None) -> list[Partition] | None:
    """Return the pieces if there are more rows than ``rows_in_memory``, otherwise ``None``.

    Parameters
    ----------
    plan : Plan
        Files and types.
    finish : callable, optional
        Changes the rows of each piece.
    """
    if sum(plan.rows) <= settings().rows_in_memory:
        return None
    pieces, start = [], 0
    for place, rows in enumerate(plan.rows):
        for piece in cut(rows) if rows else ():
            label = f"{plan.files[place].label}, rows {piece.start:,} to {piece.stop:,}"
            read = _Read(place, piece, start + piece.start, plan, finish)
            pieces.append(Partition(piece.stop - piece.start, read, label))
        start += rows
    return pieces


@dataclass(frozen=True)
class _Read:
    """Reads one piece."""

    place: int
    piece: slice
    start: int
    plan: Plan
    finish: Finish | None

    def __call__(self, columns: Sequence[str] | None) -> pd.DataFrame:
        frame = read_piece(self.place, self.piece, self.start, self.plan, columns)
        return frame if self.finish is None else self.finish(frame)

    def some(self, columns: Sequence[str] | None, inside: NDArray[np.bool_]) -> pd.DataFrame:
        """Return some rows as they are cut out of the whole piece."""
        if self.finish is not None or self.plan.folders.types:  # both look at all rows
            return self(columns)[inside]
        return read_piece(self.place, self.piece, self.start, self.plan, columns, inside)
