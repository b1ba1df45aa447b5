"""Values that were computed, in columns whose other values were written down to a few decimals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.leakage.read_once import Number

    Numbers = NDArray[np.float64]

PEEK = 2_000
"""Rows that tell whether a column has such values at all."""
MOST_DECIMALS = 4
"""People write down no more of them."""
FEWEST, MOST = 5, 0.45
"""Computed values, and their largest share of all."""
EXACT = 1e-9


@dataclass(frozen=True)
class OffGrid:
    """The values of a column that have more decimals than the others.

    Parameters
    ----------
    rows : array of bool
        Which rows have one.
    decimals : int
        Of the other values.
    """

    rows: NDArray[np.bool_]
    decimals: int

    def is_on_grid(self, values: Numbers) -> NDArray[np.bool_]:
        """Whether numbers are written with as few decimals as the other values, to rounding in the last bits."""
        return on_grid(values, self.decimals)


def on_grid(values: Numbers, decimals: int) -> NDArray[np.bool_]:
    """Whether numbers have so many decimals at most, to rounding in the last bits.

    Examples
    --------
    >>> on_grid(np.array([0.1 + 0.2, 0.25]), 1).tolist()
    [True, False]
    """
    scaled = values * 10.0**decimals
    return np.asarray(np.abs(scaled - scaled.round()) <= EXACT * np.maximum(np.abs(scaled), 1.0))


def off_grid(column: Number) -> OffGrid | None:
    """Return the values with more decimals than most; ``None`` where there are fewer than five, or they are most.

    Parameters
    ----------
    column : Number
        The column over all rows.

    Examples
    --------
    >>> from mlsys.leakage.read_once import Number
    >>> x = np.arange(100.0)
    >>> x[::10] = np.pi * np.arange(10)
    >>> found = off_grid(Number(x, x < 50))
    >>> found.rows.sum().item(), found.decimals
    (9, 0)
    """
    some = column.values[:: max(1, len(column.values) // PEEK)]
    some = some[np.isfinite(some)]
    shares = [float((some.round(each) != some).mean()) if len(some) else 0.0 for each in range(MOST_DECIMALS + 1)]
    decimals = next((each for each, share in enumerate(shares) if share <= MOST), None)
    if decimals is None or shares[decimals] == 0:
        return None
    rows = column.known & (column.values.round(decimals) != column.values)
    return OffGrid(rows, decimals) if FEWEST <= rows.sum() <= MOST * len(column.everywhere) else None
