"""Between which of some edges values lie: what numpy.searchsorted says, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Search = Callable[[Floats], Any]

_CHUNK = 1 << 14
"""Values at a time: what is made of them on the way stays in the processor's cache."""
_FEW_VALUES = 1 << 10
"""Up to here searching takes less than getting ready for anything faster."""
_FEW_EDGES = 16
"""Up to here each value is compared with every edge."""
_CELLS = 1 << 14
_MOST_IN_CELL = 3
"""Edges in one cell of equal width; where there are more, values are searched for one by one."""


def places_between(values: Floats, edges: Sequence[float]) -> NDArray[np.signedinteger[Any]]:
    """Return how many edges each value reaches, -1 for null.

    Parameters
    ----------
    values : array of float
    edges : sequence of float
        Finite ones, in growing order.

    Examples
    --------
    >>> places_between(np.array([0.0, 1.0, 5.0, np.nan]), [1.0, 2.0]).tolist()
    [0, 1, 2, -1]
    """
    ends = np.asarray(edges, dtype=np.float64)
    search = _search_of(ends, len(values))
    places = np.empty(len(values), np.min_scalar_type(-len(ends) - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(values), _CHUNK):
            chunk, found = values[start : start + _CHUNK], places[start : start + _CHUNK]
            found[:] = search(chunk)
            missing = np.isnan(chunk)
            if missing.any():
                found[missing] = -1
    return places


def _search_of(ends: Floats, count: int) -> Search:
    """Return the fastest way to search for so many values."""
    if count > _FEW_VALUES:
        if len(ends) <= _FEW_EDGES:
            return partial(_compared, ends)
        width = _CELLS / (ends[-1] - ends[0])
        if 0 < width < np.inf:
            cells = _cells(ends, ends[0], width)
            if np.bincount(cells).max() <= _MOST_IN_CELL:
                below = np.searchsorted(cells, np.arange(_CELLS + 1))
                return partial(
                    _looked_up, np.append(ends, np.nan), ends[0], width, below, int(np.bincount(cells).max())
                )
    return partial(np.searchsorted, ends, side="right")


def _compared(ends: Floats, chunk: Floats) -> NDArray[np.int8]:
    found = np.zeros(len(chunk), np.int8)
    for end in ends.tolist():
        found += (chunk >= end).view(np.int8)
    return found


def _cells(values: Floats, origin: float, width: float) -> NDArray[np.int64]:
    """Return the cell of equal width in which each value lies; a larger value has none before that of a smaller one."""
    return np.fmax(np.fmin((values - origin) * width, _CELLS), 0.0).astype(np.int64)


def _looked_up(ends: Floats, origin: float, width: float, below: NDArray[np.int64], most: int, chunk: Floats) -> Any:
    """Begin with the edges of the cells before, then count those of the same cell."""
    found = below[_cells(chunk, origin, width)]
    for _ in range(most):
        found += chunk >= ends[found]
    return found
