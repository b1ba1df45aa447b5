"""Bootstrap draws of counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.counts.formulas import Values

DRAWS = 2_000
"""Draws of counts cost so little that their ends need not vary: by about 3 % of the interval."""


def resampled(table: NDArray[Any], rng: np.random.Generator, draws: int = DRAWS) -> Values:
    """Draw as many rows again as a table counts, with replacement.

    Parameters
    ----------
    table : ndarray of int
        Rows by true and predicted class.
    rng : Generator
        Random numbers.
    draws : int
        Number of draws.

    Returns
    -------
    ndarray of shape (draws, ...)
        As many tables.

    Notes
    -----
    Rows of one cell are alike to a metric of counts, so the multinomial distribution over cells is that of drawing rows
    (Efron and Tibshirani 1993, ch. 6), whatever their number.

    Examples
    --------
    >>> drawn = resampled(np.array([[30, 10], [20, 40]]), np.random.default_rng(0), 1_000)
    >>> drawn.shape, set(map(int, drawn.sum(axis=(1, 2)).tolist())), int(drawn[:, 0, 0].mean().round())
    ((1000, 2, 2), {100}, 30)
    """
    cells = table.ravel()
    there = np.flatnonzero(cells)
    there = there[np.argsort(cells[there])]  # what rounding leaves over falls to the last cell, here the fullest
    rows = int(cells.sum())
    found = np.zeros((draws, len(cells)))
    found[:, there] = rng.multinomial(rows, cells[there] / max(rows, 1), size=draws)
    return found.reshape(draws, *table.shape)


def within(values: Values, level: float) -> tuple[Values, Values]:
    """Return the percentile interval of draws along the first axis, NaN where half of them are not defined.

    Examples
    --------
    >>> [round(float(end), 6) for end in within(np.arange(101.0), 0.9)]
    [5.0, 95.0]
    """
    known = np.isfinite(values)
    enough = known.sum(axis=0) >= len(values) / 2
    if known.all():
        return tuple(np.quantile(values, _ends(level), axis=0))
    ends = np.full((2, *values.shape[1:]), np.nan)
    for place in np.ndindex(values.shape[1:]):
        if enough[place]:
            ends[(slice(None), *place)] = np.quantile(values[(known[(slice(None), *place)], *place)], _ends(level))
    return ends[0], ends[1]


def _ends(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]
