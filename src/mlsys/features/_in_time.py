"""Blocks of training rows in the order of time, so that a row is encoded from earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.features._edges import places_between
from mlsys.summaries import Again, Quantiles
from mlsys.values import NUMERIC, moments_of, nanoseconds, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Floats = NDArray[np.float64]


def times_of(part: Rows, who: str) -> Floats:
    """Return the time of each row as a number; null is NaN."""
    column = part.time
    assert column is not None
    if values_of(column).kind in NUMERIC:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    times = moments_of(column, who)
    return np.where(times.isna(), np.nan, nanoseconds(times).astype(np.float64))


def block_ends(times: Quantiles, blocks: int) -> list[float] | Again:
    """Return where blocks of about equally many rows begin, or ``Again``; rows of one time are in one block."""
    found = times.finish(np.arange(blocks) / blocks)
    if isinstance(found, Again):
        return found
    known = found[np.isfinite(found)]
    return np.unique(known[known > known[0]]).tolist() if len(known) else []


def blocks_of(times: Floats, edges: Sequence[float]) -> NDArray[np.int64]:
    """Return the block of each row; one without a time is in the last: nobody learns from it, it learns from all."""
    places = places_between(times, edges).astype(np.int64)
    return np.where(places < 0, len(edges), places)


def earlier_folds(blocks: int, groups: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield, for each fold of a group and a block, the folds before it and those behind; of other groups alone.

    Examples
    --------
    >>> list(earlier_folds(3, 1))
    [([], [1, 2]), ([0], [2]), ([0, 1], [])]
    >>> list(earlier_folds(2, 2))
    [([], [3]), ([2], []), ([], [1]), ([0], [])]
    """
    for group in range(groups):
        others = [other * blocks for other in range(groups) if other != group or groups == 1]
        for block in range(blocks):
            yield (
                [start + place for start in others for place in range(block)],
                [start + place for start in others for place in range(block + 1, blocks)],
            )
