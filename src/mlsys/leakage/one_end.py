"""Columns of which one end was cut off with a statistic of all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.filled import TAILS
from mlsys.leakage.off_grid import MOST_DECIMALS, off_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.leakage.off_grid import OffGrid
    from mlsys.leakage.read_once import Number

    Numbers = NDArray[np.float64]

FEWEST, SHARE, MOST = 5, 2.5e-3, 0.2
"""Rows at an end, and their smallest and largest share of all."""
FEWEST_VALUES = 100
"""Different values among a few rows: of fewer, one meets a statistic by accident."""
FENCES = (1.5, 2.0, 2.2, 3.0)
"""Ranges between the quartiles beyond which values are usually cut off."""
FINE = 1_000
"""Units of the last digit between the quartiles: of fewer, an end meets a fence by accident."""
NEAR = 0.25
"""Of that range: distance of an end from the fence of a few rows, beyond which it is not that of all rows."""
PEEK = 2_000
SAME = 1e-9


def cut_at_one_end(column: Number) -> str:
    """Return the statistic of all rows at which one end of a column was cut off; empty if there is none.

    Parameters
    ----------
    column : Number
        The column over all rows.

    Notes
    -----
    A quantile lies between two values at a place that its share and the number of rows tell, so where the others are
    written with few decimals, the value above can be worked out, and must have as few. Fences (quartiles and
    multiples of the range between them) stay what they are when values beyond them are cut off.

    Examples
    --------
    >>> from mlsys.leakage.read_once import Number
    >>> x = np.random.default_rng(0).gamma(2, 1_000, size=777).round()
    >>> cut_at_one_end(Number(np.minimum(x, np.quantile(x, 0.95)), np.arange(777) < 400))
    'quantile .95'
    """
    some = column.repeated[0]
    if len(some) < FEWEST_VALUES:
        return ""
    for sign, end, among in ((1.0, column.high, some[-1:]), (-1.0, column.low, some[:1])):
        if not len(among) or among[0] != end:  # of a few rows, one of several hundred is there
            continue
        there = column.everywhere == end
        if not FEWEST <= int(there.sum()) <= MOST * len(there) or there.sum() < SHARE * len(there):
            continue
        level = _quantile(column, sign, end)
        said = f"quantile {level:g}".replace(" 0.", " .") if level else _fence(column, sign, end)
        if said:
            return said
    return ""


def _quantile(column: Number, sign: float, end: float) -> float | None:
    """Return the share at which an end was cut off over all rows and not over training rows."""
    grid = off_grid(column)
    if grid is None or (column.values[grid.rows] != end).any():
        return None
    for share in TAILS:
        level = 1 - share if sign > 0 else share
        all_rows, own = (_is_quantile(sign * values, sign * end, 1 - share, grid) for values in _both(column))
        if all_rows and not own:
            return level
    return None


def _both(column: Number) -> tuple[Numbers, Numbers]:
    return column.everywhere, column.own


def _is_quantile(values: Numbers, end: float, level: float, grid: OffGrid) -> bool:
    """Whether values were cut off above at a quantile, which lies between the last that is left and one on the grid."""
    left = values[values < end]
    place = (len(values) - 1) * level
    inside = place - np.floor(place)
    if not len(left) or len(values) - len(left) != len(values) - 1 - int(np.floor(place)) or inside == 0:
        return False
    last = float(left.max())
    return bool(grid.is_on_grid(np.array([last + (end - last) / inside]))[0])


def _fence(column: Number, sign: float, end: float) -> str:
    """Return the fence of all rows, and not of training rows, that an end is."""
    some = column.everywhere[:: max(1, len(column.everywhere) // PEEK)]
    steps = next((10.0**each for each in range(MOST_DECIMALS + 1) if (some.round(each) == some).all()), np.inf)
    if _between(some) * steps < FINE:
        return ""
    near = [each for each in FENCES if abs(_at_fence(some, sign, each) - end) <= NEAR * _between(some)]
    for many in near:
        of_all, own = (_at_fence(values, sign, many) for values in _both(column))
        if abs(of_all - end) <= SAME * abs(end) and abs(own - end) > SAME * abs(end):
            return f"{'upper' if sign > 0 else 'lower'} fence of {many:g} ranges between quartiles"
    return ""


def _between(values: Numbers) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low)


def _at_fence(values: Numbers, sign: float, many: float) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high + many * (high - low) if sign > 0 else low - many * (high - low))
