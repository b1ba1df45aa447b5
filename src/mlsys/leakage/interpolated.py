"""Gaps that were filled by interpolation between an earlier row and a later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.off_grid import off_grid
from mlsys.leakage.own_window import order_of_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from mlsys.leakage.all_parts import AllParts

    Numbers = NDArray[np.float64]

FEWEST, AGREE, SMOOTH = 10, 0.6, 0.2
"""Filled rows on a line between their neighbours, their share of the filled rows, and that of others at most."""
SAME = 1e-9


def interpolated_columns(together: AllParts, time: str | None, told: Collection[str] = ()) -> list[str]:
    """Return the columns whose gaps were filled on the line between the rows before and after.

    Parameters
    ----------
    together : AllParts
        All rows.
    time : str or None
        The time column; without one, rows are in the order of their numbers.
    told : collection of str
        Columns that are already reported.

    Notes
    -----
    Filled values have more decimals than measured ones, and most of them lie exactly on the line between the nearest
    measured values; few measured values do.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.leakage.all_parts import AllParts
    >>> generator = np.random.default_rng(0)
    >>> x = pd.Series(generator.integers(0, 99, 300)).where(generator.random(300) < 0.8).interpolate()
    >>> rows = pd.DataFrame({"x": x, "y": 0})
    >>> interpolated_columns(AllParts.of(rows[:200], rows[200:], "y", ["x"], []), None)
    ['x']
    """
    asked = [name for name, column in together.columns.items() if name not in told and column.has_fractions]
    grids = {name: grid for name in asked if (grid := off_grid(together.columns[name])) is not None}
    order = order_of_rows(together, time)[0] if grids else None
    if order is None:
        return []
    return [
        name for name, grid in grids.items() if _are_between_neighbours(together.numbers[name][order], grid.rows[order])
    ]


def _are_between_neighbours(values: Numbers, filled: NDArray[np.bool_]) -> bool:
    measured = np.flatnonzero(np.isfinite(values) & ~filled)
    if len(measured) < FEWEST:
        return False
    on_line = np.abs(np.interp(np.arange(len(values)), measured, values[measured]) - values)
    inside = np.flatnonzero(filled)
    inside = inside[(inside > measured[0]) & (inside < measured[-1])]
    agree = on_line[inside] <= SAME * np.maximum(np.abs(values[inside]), 1.0)
    alone = measured[1:-1]
    before, after = values[measured[:-2]], values[measured[2:]]
    line = before + (after - before) * (alone - measured[:-2]) / (measured[2:] - measured[:-2])
    smooth = np.abs(line - values[alone]) <= SAME * np.maximum(np.abs(values[alone]), 1.0)
    return bool(agree.sum() >= FEWEST and agree.mean() >= AGREE and smooth.mean() <= SMOOTH)
