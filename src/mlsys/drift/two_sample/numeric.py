"""Two-sample tests of numbers that are counted between cuts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.two_sample.levels import log_choose, share
from mlsys.drift.two_sample.weighted import upper_tail

Floats = NDArray[np.float64]


def kolmogorov(value: float) -> float:
    """Return the limiting probability that the scaled Kolmogorov-Smirnov distance exceeds ``value``."""
    from scipy.special import kolmogorov as survival

    return float(survival(value))


def below_cuts(counts: Floats) -> Floats:
    """Return the share of rows up to each cut."""
    return np.asarray(np.minimum(np.cumsum(share(counts))[:-1], 1.0), dtype=np.float64)


def kolmogorov_smirnov(one: Floats, other: Floats) -> float:
    """Return p of the Kolmogorov-Smirnov test at the cuts, where the distance is at most that at all values."""
    gaps = np.abs(below_cuts(one) - below_cuts(other))
    return kolmogorov(float(gaps.max(initial=0.0)) / _scale(one, other))


def cramer_von_mises(one: Floats, other: Floats) -> float:
    """Return p of the two-sample Cramér-von Mises test on the cuts (Anderson 1962).

    Examples
    --------
    >>> cramer_von_mises(np.full(10, 50.0), np.full(10, 50.0))
    1.0
    """
    return _quadratic(one, other, np.ones_like)


def anderson_darling(one: Floats, other: Floats) -> float:
    """Return p of the two-sample Anderson-Darling test on the cuts (Pettitt 1976); tails weigh as much as the middle.

    Examples
    --------
    >>> wide = np.r_[150.0, np.full(8, 25.0), 150.0]
    >>> anderson_darling(np.full(10, 50.0), wide) < 1e-9
    True
    """
    return _quadratic(one, other, lambda below: 1 / (below * (1 - below)))


def _quadratic(one: Floats, other: Floats, weight: Callable[[Floats], Floats]) -> float:
    """Return p of a weighted squared distance between distribution functions.

    Notes
    -----
    The statistic is a quadratic form in the gaps at the cuts. Under no difference these are a Brownian bridge at the
    pooled distribution function, so the form is a weighted sum of chi-squares whose weights are the eigenvalues below;
    ties and coarse cuts are in it exactly.
    """
    pooled = one + other
    held = pooled > 0
    if held.sum() < 2:
        return 1.0
    one, other, pooled = one[held], other[held], pooled[held]
    below = below_cuts(pooled)
    steps = (share(pooled)[:-1] + share(pooled)[1:]) / 2
    weights = np.sqrt(steps * weight(below))
    gaps = (below_cuts(one) - below_cuts(other)) / _scale(one, other)
    bridge = np.minimum.outer(below, below) - np.outer(below, below)
    eigenvalues = np.linalg.eigvalsh(weights[:, None] * bridge * weights)
    return upper_tail(float(((weights * gaps) ** 2).sum()), np.maximum(eigenvalues, 0.0))


def _scale(one: Floats, other: Floats) -> float:
    return float(np.sqrt(1 / one.sum() + 1 / other.sum()))


def ends_differ(one: Floats, other: Floats) -> float:
    """Return how likely it is that so many rows of one side lie beyond all rows of the other.

    Notes
    -----
    If both sides are drawn alike, the k outermost of all rows are of one side with the probability that k draws
    without replacement are (the exceedance test of Epstein 1954, exact; rows of equal value make it smaller). Both
    ends and both sides are looked at, hence four times the smallest.

    Examples
    --------
    >>> round(ends_differ(np.array([0.0, 990]), np.array([3.0, 7])), 8)
    2.89e-06
    """
    n, m = one.sum(), other.sum()
    p = 1.0
    for mine, theirs in ((one, other), (one[::-1], other[::-1])):
        first, first_other = int(np.argmax(mine > 0)), int(np.argmax(theirs > 0))
        beyond, size = (theirs[:first].sum(), m) if first_other < first else (mine[:first_other].sum(), n)
        p = min(p, float(np.exp(log_choose(size, beyond) - log_choose(n + m, beyond))))
    return min(1.0, 4 * p)
