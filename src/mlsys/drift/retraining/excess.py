"""What an old model costs: its losses beyond those of a model that could have been trained by then."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
FRESH = 3
"""Periods after a training whose mean loss stands for a fresh model, where none was trained for comparison."""
FEWEST = 4
"""Periods from which on their own spread tells how uncertain their sum is."""
MOST_CORRELATED = 0.8
"""Correlation of neighbouring periods that is believed at most: more cannot be told from so few."""


@dataclass(frozen=True)
class Served:
    """Periods that one model served, the oldest first.

    Parameters
    ----------
    rows : ndarray of shape (periods,)
        Decisions of each period.
    loss : ndarray of shape (periods,)
        Mean loss of a row; NaN where labels have not arrived.
    fresh : ndarray of shape (periods,)
        Mean loss of a model trained with what was known at the beginning of the period; NaN where not known.
    spread : ndarray of shape (periods,)
        Standard error of the loss; NaN where not known.
    estimate : ndarray of shape (periods,)
        Loss that was estimated without labels; NaN where not known.
    """

    rows: Values
    loss: Values
    fresh: Values
    spread: Values
    estimate: Values

    @property
    def is_compared(self) -> bool:
        """Whether a fresh model was trained for comparison in some period."""
        return bool((~np.isnan(self.loss) & ~np.isnan(self.fresh)).any())


@dataclass(frozen=True)
class Excess:
    """Loss of a stretch beyond that of a fresh model, in rows, with its standard error.

    Parameters
    ----------
    by_period : ndarray of shape (periods,)
        Excess loss times rows; NaN where nothing is known.
    total : float
        Of all periods; those without labels count as the others on average, or as estimated.
    error : float
        Standard error of the total.
    """

    by_period: Values
    total: float
    error: float


def excess_of(served: Served) -> Excess:
    """Return the excess of a stretch.

    Examples
    --------
    >>> nothing = np.full(4, np.nan)
    >>> served = Served(np.full(4, 100.0), np.array([0.2, 0.22, 0.24, np.nan]), np.full(4, 0.2), nothing, nothing)
    >>> found = excess_of(served)
    >>> found.by_period.round(1).tolist(), round(found.total, 1)
    ([0.0, 2.0, 4.0, nan], 8.0)
    """
    loss, base = served.loss, served.fresh
    if not served.is_compared:
        known = loss[~np.isnan(loss)]
        base = np.full(len(loss), known[:FRESH].mean() if len(known) else np.nan)
    base = np.where(np.isnan(base), np.nanmean(base) if (~np.isnan(base)).any() else np.nan, base)
    each = served.rows * (loss - base)
    matured = ~np.isnan(each)
    if not served.rows[matured].any():
        return Excess(each, 0.0, np.inf)
    estimated = served.rows * (served.estimate - base)
    per_row = each[matured].sum() / served.rows[matured].sum()
    filled = np.where(np.isnan(estimated), served.rows * per_row, estimated)
    total = float(np.where(matured, each, filled).sum())
    return Excess(np.where(matured, each, estimated), total, _error(each[matured], served, matured, len(each)))


def _error(each: Values, served: Served, matured: NDArray[np.bool_], periods: int) -> float:
    """Return the standard error of the total of all periods, from the spread of those that are known."""
    scale = periods / len(each)
    if len(each) < FEWEST:
        return scale * _of_sampling(served, matured)
    # A trend is no noise: the spread is that around a straight line.
    rest = each - np.polyval(np.polyfit(np.arange(len(each)), each, 1), np.arange(len(each)))
    variance = float((rest**2).sum() / (len(each) - 2))
    pairs = float((rest[1:] * rest[:-1]).sum() / max((rest**2).sum(), 1e-300))
    correlated = float(np.clip(pairs, 0.0, MOST_CORRELATED))
    return scale * float(np.sqrt(len(each) * variance * (1 + correlated) / (1 - correlated)))


def _of_sampling(served: Served, matured: NDArray[np.bool_]) -> float:
    """Return the standard error of a sum of losses: as given, or as if losses were shares of errors."""
    rows, loss = served.rows[matured], served.loss[matured]
    binomial = np.sqrt(np.where(loss <= 1, loss * (1 - np.minimum(loss, 1)), loss**2) / np.maximum(rows, 1))
    each = np.where(np.isnan(served.spread[matured]), binomial, served.spread[matured])
    return float(np.sqrt(((rows * each) ** 2).sum()))


def reach(level: float) -> float:
    """Return the normal quantile of an interval."""
    return NormalDist().inv_cdf(0.5 + level / 2)
