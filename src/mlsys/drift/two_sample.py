"""Two-sample tests and effect sizes on counts: valid for any number of rows and levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST_EXPECTED = 5.0
"""Levels with a smaller expected count are pooled (Cochran 1954)."""
NULL_SPREAD = np.sqrt(2 / np.pi)
"""Mean of the absolute value of a standard normal number."""


@dataclass(frozen=True)
class Difference:
    """How one column differs between two sets of rows.

    Parameters
    ----------
    effect : float
        Numbers: Wasserstein-1 distance in standard deviations of the reference; categories: total
        variation, the share of rows that would have to change level. What chance alone would give is
        taken off.
    p : float
        Of the two-sample test: Kolmogorov-Smirnov on the cuts, or chi-square.
    """

    effect: float
    p: float


def share(counts: Floats) -> Floats:
    """Return counts as shares, zeros where there are none."""
    total = counts.sum()
    return np.asarray(counts / total if total else np.zeros_like(counts))


def numbers_differ(one: Floats, other: Floats, widths: Floats, deviation: float) -> Difference:
    """Compare counts between cuts.

    Parameters
    ----------
    one, other : ndarray of shape (bins,)
        Counts without nulls; ``one`` is the reference.
    widths : ndarray of shape (bins - 1,)
        Distance that a cut stands for.
    deviation : float
        Standard deviation of the reference.

    Notes
    -----
    The largest difference at the cuts is at most that at all values, so the p-value is on the safe side.
    Rows are taken as independent; where they are not, p is too small and the effect decides.
    """
    n, m = one.sum(), other.sum()
    if not n or not m or deviation <= 0:
        return Difference(0.0, 1.0)
    below, below_other = (np.minimum(np.cumsum(share(counts))[:-1], 1.0) for counts in (one, other))
    gaps = np.abs(below - below_other)
    scale = np.sqrt(1 / n + 1 / m)
    chance = NULL_SPREAD * float((np.sqrt(below * (1 - below)) * widths).sum()) * scale
    distance = float((gaps * widths).sum())
    return Difference(max(0.0, distance - chance) / deviation, kolmogorov(float(gaps.max(initial=0.0)) / scale))


def kolmogorov(value: float) -> float:
    """Return the limiting probability that the scaled Kolmogorov-Smirnov distance exceeds ``value``."""
    from scipy.special import kolmogorov as survival

    return float(survival(value))


def levels_differ(one: Floats, other: Floats) -> Difference:
    """Compare counts of levels: total variation less what chance gives, and the two-sample chi-square test."""
    n, m = one.sum(), other.sum()
    if not n or not m:
        return Difference(0.0, 1.0)
    both = (one + other) / (n + m)
    chance = 0.5 * NULL_SPREAD * float(np.sqrt(both * (1 - both)).sum()) * np.sqrt(1 / n + 1 / m)
    distance = 0.5 * float(np.abs(share(one) - share(other)).sum())
    return Difference(max(0.0, distance - chance), two_sample_chi_square(one, other))


def two_sample_chi_square(one: Floats, other: Floats) -> float:
    """Return the p-value of the two-sample chi-square test, rare levels pooled.

    Examples
    --------
    >>> two_sample_chi_square(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """
    from scipy.special import chdtrc

    table = np.array([one, other], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    smallest = min(table.sum(axis=1)) / table.sum()
    rare = table.sum(axis=0) * smallest < FEWEST_EXPECTED
    if rare.any():
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    if table.shape[1] < 2:
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def benjamini_hochberg(p: Floats) -> Floats:
    """Return adjusted p-values that control the false discovery rate (Benjamini and Hochberg 1995).

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.04, 0.04]
    """
    order = np.argsort(p)[::-1]
    ranked = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(ranked))
    return adjusted
