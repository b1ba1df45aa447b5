"""Omnibus tests: two tests that see different changes share the level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.two_sample.levels import FEWEST_EXPECTED, share, two_sample_chi_square
from mlsys.drift.two_sample.numeric import anderson_darling

Floats = NDArray[np.float64]
MOMENTS = 6
"""Polynomials of the smooth test: shift, spread, skewness, tails and humps."""


def omnibus_of_numbers(one: Floats, other: Floats) -> float:
    """Return p of Anderson-Darling, strong for shifts, and of the smooth test, strong for other shapes.

    Examples
    --------
    >>> humps = np.r_[20.0, 45, 45, 30, 15, 15, 30, 45, 45, 20]
    >>> omnibus_of_numbers(np.full(10, 31.0), humps) < anderson_darling(np.full(10, 31.0), humps) / 100
    True
    """
    return joined(anderson_darling(one, other), smooth(one, other))


def smooth(one: Floats, other: Floats) -> float:
    """Return p of Neyman's smooth test on the counts between cuts.

    Notes
    -----
    Means of polynomials of the pooled rank on both sides (Neyman 1937; for two samples Janic-Wroblewska and Ledwina
    2000). They are orthonormal under the pooled counts, so that the sum of squared differences is chi-square with as
    many degrees of freedom as polynomials, ties and coarse cuts included.

    Examples
    --------
    >>> smooth(np.full(10, 50.0), np.full(10, 50.0))
    1.0
    """
    from scipy.special import chdtrc

    pooled = one + other
    held = pooled > 0
    if held.sum() < 2:
        return 1.0
    weights = pooled[held] / pooled.sum()
    rank = 2 * (np.cumsum(weights) - weights / 2) - 1
    moments = min(MOMENTS, len(weights) - 1)
    basis, _ = np.linalg.qr(np.vander(rank, moments + 1, increasing=True) * np.sqrt(weights)[:, None])
    gap = (share(one)[held] - share(other)[held]) / np.sqrt(weights)
    statistic = float(((basis[:, 1:].T @ gap) ** 2).sum()) / (1 / one.sum() + 1 / other.sum())
    return float(chdtrc(moments, statistic))


def omnibus_of_levels(one: Floats, other: Floats) -> float:
    """Return p of chi-square, which sees many small changes, and of the level that moved most.

    Examples
    --------
    >>> one, other = np.full(60, 50.0), np.r_[100.0, np.full(59, 49.0)]
    >>> round(omnibus_of_levels(one, other), 3), round(two_sample_chi_square(one, other), 3)
    (0.006, 1.0)
    """
    return joined(two_sample_chi_square(one, other), largest_level(one, other))


def largest_level(one: Floats, other: Floats) -> float:
    """Return p of the level that moved most: exact binomial given its rows on both sides, for all levels (Sidak).

    Examples
    --------
    >>> largest_level(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """
    from scipy.special import bdtr

    n, m = one.sum(), other.sum()
    smallest = min(n, m) / (n + m)
    total = (one + other).astype(np.int64)
    common = total * smallest >= FEWEST_EXPECTED
    if not common.any():
        return 1.0
    seen, total = other[common].astype(np.int64), total[common]
    q = m / (n + m)
    below = bdtr(seen, total, q)
    above = np.where(seen > 0, 1 - bdtr(np.maximum(seen - 1, 0), total, q), 1.0)
    p = np.minimum(1.0, 2 * np.minimum(below, above))
    return float(-np.expm1(len(p) * np.log1p(-min(float(p.min()), 1 - 1e-16))))


def joined(one: float, other: float) -> float:
    """Return p of two tests of the same rows: twice the smaller, so that the level holds however they depend.

    Examples
    --------
    >>> joined(0.01, 0.8), joined(0.7, 0.9)
    (0.02, 1.0)
    """
    return min(1.0, 2 * min(one, other))
