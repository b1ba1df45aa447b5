"""Bootstrap draws of counts."""

from __future__ import annotations

import numpy as np

from mlsys.evaluation.counts.formulas import Values

DRAWS = 2_000
"""Draws of counts cost so little that their ends need not vary: by about 3 % of the interval."""


def resampled(tables: Values, rng: np.random.Generator, draws: int = DRAWS) -> Values:
    """Draw as many rows again as each table counts, with replacement.

    Parameters
    ----------
    tables : ndarray of int, of shape (..., classes, classes)
        Rows by true and predicted class.
    rng : Generator
        Random numbers.
    draws : int
        Number of draws.

    Returns
    -------
    ndarray of shape (draws, ..., classes, classes)

    Notes
    -----
    Rows of one cell are alike to a metric of counts, so the multinomial distribution over cells is that of drawing rows
    (Efron and Tibshirani 1993, ch. 6), whatever their number.

    Examples
    --------
    >>> tables = np.array([[30, 10], [20, 40]])
    >>> drawn = resampled(tables, np.random.default_rng(0), 1_000)
    >>> drawn.shape, set(map(int, drawn.sum(axis=(1, 2)).tolist())), int(drawn[:, 0, 0].mean().round())
    ((1000, 2, 2), {100}, 30)
    """
    cells = tables.reshape(*tables.shape[:-2], -1)
    rows = cells.sum(axis=-1).astype(np.int64)
    chances = cells / np.maximum(rows, 1)[..., None]
    # What rounding leaves over falls to the last cell, which may hold no row: the fullest is put there.
    order = np.argsort(chances, axis=-1)
    found = rng.multinomial(rows, np.take_along_axis(chances, order, axis=-1), size=(draws, *rows.shape))
    back = np.broadcast_to(np.argsort(order, axis=-1), found.shape)
    return np.asarray(np.take_along_axis(found, back, axis=-1).reshape(draws, *tables.shape), dtype=np.float64)


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
        return tuple(np.quantile(values, _ends(level), axis=0))  # type: ignore[return-value]
    ends = np.full((2, *values.shape[1:]), np.nan)
    for place in np.ndindex(values.shape[1:]):
        if enough[place]:
            ends[(slice(None), *place)] = np.quantile(values[(known[(slice(None), *place)], *place)], _ends(level))
    return ends[0], ends[1]


def _ends(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]
