"""The chance that other rows have the same statistic of order: high on a grid of few values, none without ties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.leakage.digits import RELATIVE
from mlsys.leakage.statistics import LEVELS_OF, Match, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

PROVES = 0.01
"""Chance of a coincidence below which a held number was computed from the rows whose statistic it is. Estimates are too
high, mostly five times or more."""
ASKS = 0.1
"""Chance below which it is at least asked about."""
MOST_DECIMALS = 6
"""Of values that lie on a grid."""
NEIGHBOURS = 0.05
"""Share of rows to either side of a value that tell how dense values are."""
_OF_GROUPS = {"median": "median", "min": "minimum", "max": "maximum"}


def chance_of_order(values: Numbers, statistic: str, number: float) -> float:
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
    rows has is therefore this quantile in at most about ``p / (2.5 sqrt(q (1 - q) / n))`` of all samples. A value
    between two others requires that the quantile stands exactly there; that the proportion is the same as well is not
    counted, since other rows may be as many. Of a value seen once, ``p`` is estimated as ``(2 N2 + 1) / N1``
    rows (Good, 1953, with one more), with ``N1`` values seen once and ``N2`` seen twice: nearly 0 in a column without
    ties. On a grid, such as that of whole numbers without ties, it is at least the rows of one step of the grid.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> weights, years = generator.normal(size=400), generator.integers(1990, 2000, 400).astype(float)
    >>> chance_of_order(weights, "quantile 0.9", float(np.quantile(weights, 0.9))) < PROVES
    True
    >>> chance_of_order(years, "quantile 0.9", 1999.0) > 0.5
    True
    """
    levels = LEVELS_OF.get(statistic, ())
    if not levels or not len(values):
        return 0.0
    return max(_of_quantiles(values, levels, [number] if len(levels) == 1 else np.quantile(values, levels).tolist()))


def _of_quantiles(values: Numbers, levels: Sequence[float], numbers: Sequence[float]) -> list[float]:
    """Return the chance of each of some quantiles."""
    found, counts = np.unique(values, return_counts=True)
    once, twice = (int((counts == times).sum()) for times in (1, 2))
    again = min((2 * twice + 1) / once, 1.0) if once else 1.0
    step = _step(found)
    total = len(values)
    chances = []
    for level, number in zip(levels, numbers, strict=True):
        slack = RELATIVE * abs(number)
        places = [np.searchsorted(found, number + slack, side="right") - 1, np.searchsorted(found, number - slack)]
        seen = counts[np.clip(places, 0, len(counts) - 1)].tolist()
        single = min(max(again, _rows_a_step(found, counts, int(places[0]), step)), 1.0)
        rows = min(float(each) if each > 1 else single for each in seen)
        if places[0] != places[1]:  # the quantile stands exactly between them
            rows = min(rows, 1.0)
        within = min(max(level, 1 / total), 1 - 1 / total) if total > 1 else 0.5
        chances.append(min(rows / math.sqrt(2 * math.pi * within * (1 - within) * total), 1.0))
    return chances


def _step(found: Numbers) -> float:
    """Return the step of the decimal grid on which values lie; 0 if they lie on none."""
    for decimals in range(MOST_DECIMALS + 1):
        if (np.abs(np.round(found, decimals) - found) <= RELATIVE * np.abs(found)).all():
            return float(10.0**-decimals)
    return 0.0


def _rows_a_step(found: Numbers, counts: NDArray[np.int64], place: int, step: float) -> float:
    """Return how many rows a step of a grid has on average near a value."""
    if not step:
        return 0.0
    wide = max(int(NEIGHBOURS * len(found)), 1)
    low, high = max(place - wide, 0), min(place + wide, len(found) - 1)
    return float(counts[low : high + 1].sum() / ((found[high] - found[low]) / step + 1))


def chance_of_match(match: Match, number: float, asked: Sequence[Population]) -> float:
    """Return the chance that other rows have a statistic of one column.

    Parameters
    ----------
    match : Match
        The statistic.
    number : float
        What is held.
    asked : sequence of Population
        Rows that tell which values the column has: of the first that have it.
    """
    values = _known(match.column, asked) if match.statistic in LEVELS_OF else None
    return 0.0 if values is None else chance_of_order(values, match.statistic, number)


def chance_of_bins(match: Match, levels: Sequence[float], asked: Sequence[Population]) -> float:
    """Return the chance that other rows have the same bounds of bins, which are quantiles."""
    values = _known(match.column, asked)
    return 0.0 if values is None else chance_of_quantiles(values, levels)


def chance_of_quantiles(values: Numbers, levels: Sequence[float]) -> float:
    """Return the chance that all of several quantiles of other rows are those of some values."""
    return math.prod(_of_quantiles(values, levels, np.quantile(values, levels).tolist()))


def _known(column: str, asked: Sequence[Population]) -> Numbers | None:
    return next((_finite(rows.numbers()[column]) for rows in asked if column in rows.numbers()), None)


def chance_by_group(match: Match, mapping: pd.Series, rows: Population, moments: bool = False) -> float:
    """Return the chance that other rows have the same medians or extremes in every group of a mapping."""
    columns = rows.moments() if moments else rows.numbers()
    if match.statistic not in _OF_GROUPS or match.column not in columns:
        return 0.0
    keys = [rows.frame[name] for name in match.by]
    held: dict[Any, float] = mapping[~mapping.index.duplicated()].to_dict()
    chance = 1.0
    for group, values in columns[match.column].groupby(keys if len(keys) > 1 else keys[0], observed=True):
        if chance <= PROVES:
            break
        if group in held:
            chance *= chance_of_order(_finite(values), _OF_GROUPS[match.statistic], held[group])
    return chance


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
    return min(math.comb(max(asked, len(chances)), len(chances)) * math.prod(chances), 1.0)


def _finite(column: pd.Series) -> Numbers:
    values: Numbers = column.to_numpy(dtype=np.float64)
    return values[np.isfinite(values)]
