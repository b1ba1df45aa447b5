"""The chance that other rows have the same statistic of order: high on a grid of few values, none without ties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlsys.leakage.digits import RELATIVE
from mlsys.leakage.statistics import LEVELS_OF

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROVES = 0.001
"""Chance of a coincidence below which a held number was computed from the rows whose statistic it is."""
ASKS = 0.1
"""Chance below which it is at least asked about."""


def chance_of_order(values: NDArray[np.float64], statistic: str, number: float) -> float:
    """Return the chance that a statistic of order of other rows of the same origin is a number.

    Parameters
    ----------
    values : array of float
        The known values of the column.
    statistic : str
        Such as ``"quantile 0.9"``, ``"maximum"`` or ``"range"``; 0 for statistics that are none of order.
    number : float
        What is held, and is this statistic of some of the values.

    Notes
    -----
    In ranks, a quantile of ``n`` rows has a standard error of ``sqrt(q (1 - q) / n)``. A value that a share ``p`` of
    rows has is therefore this quantile in about ``p / (2.5 sqrt(q (1 - q) / n))`` of all samples. A value between two
    others requires both. The share of other rows that have a value seen once is estimated as ``2 N2 / N1`` rows (Good,
    1953), with ``N1`` values that are seen once and ``N2`` that are seen twice: 0 in a column without ties.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> weights, years = generator.normal(size=400), generator.integers(1990, 2000, 400).astype(float)
    >>> chance_of_order(weights, "quantile 0.9", float(np.quantile(weights, 0.9)))
    0.0
    >>> chance_of_order(years, "quantile 0.9", 1999.0) > 0.5
    True
    """
    levels = LEVELS_OF.get(statistic, ())
    if not levels or not len(values):
        return 0.0
    found, counts = np.unique(values, return_counts=True)
    once, twice = (int((counts == times).sum()) for times in (1, 2))
    again = min(2 * twice / once, 1.0) if once else 1.0
    sought = [number] if len(levels) == 1 else np.quantile(values, levels).tolist()
    return max(_of_one(found, counts, again, level, each) for level, each in zip(levels, sought, strict=True))


def _of_one(found: NDArray[np.float64], counts: NDArray[np.int64], again: float, level: float, number: float) -> float:
    """Return the chance of one quantile, from the distinct values, how often each is there, and a single one again."""
    slack = RELATIVE * abs(number)
    first = int(np.searchsorted(found, number + slack, side="right")) - 1
    last = int(np.searchsorted(found, number - slack))
    near = counts[np.clip([first, last], 0, len(counts) - 1)]
    total = int(counts.sum())
    within = min(max(level, 1 / total), 1 - 1 / total) if total > 1 else 0.5
    error = math.sqrt(2 * math.pi * within * (1 - within) * total)  # in rows, times the height of a normal density
    rows = min(float(each) if each > 1 else again for each in near)
    return min(rows / error, 1.0)


def by_accident(chances: Sequence[float], asked: int) -> float:
    """Return the chance, at most, that some of many numbers coincide with statistics of rows they do not come from.

    Parameters
    ----------
    chances : sequence of float
        Of each number that coincides.
    asked : int
        Numbers in all.

    Examples
    --------
    >>> by_accident([0.1], 1), by_accident([0.1], 20), by_accident([0.05, 0.05, 0.05], 3) <= PROVES
    (0.1, 1.0, True)
    """
    if not chances:
        return 1.0
    ways = math.comb(max(asked, len(chances)), len(chances))
    return min(ways * math.prod(chances), 1.0)
