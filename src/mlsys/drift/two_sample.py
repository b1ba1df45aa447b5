"""Two-sample tests and effect sizes on counts: valid for any number of rows and levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Apart = Callable[[Floats], Floats]
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
        Numbers: Wasserstein-1 distance in standard deviations of the reference, or the share of rows that left or
        joined values which many rows share, if that is larger; categories: total variation, the share of rows that
        would have to change level. What chance alone would give is taken off.
    p : float
        Of the two-sample tests: Kolmogorov-Smirnov on the cuts and what lies beyond the ends, or chi-square.
    """

    effect: float
    p: float


def share(counts: Floats) -> Floats:
    """Return counts as shares, zeros where there are none."""
    total = counts.sum()
    return np.asarray(counts / total if total else np.zeros_like(counts))


def numbers_differ(
    one: Floats, other: Floats, widths: Floats, deviation: float, apart: Apart | None = None, outside: float = 0.0
) -> Difference:
    """Compare counts between cuts.

    Parameters
    ----------
    one, other : ndarray of shape (bins,)
        Counts without nulls; ``one`` is the reference.
    widths : ndarray of shape (bins - 1,)
        Distance that a cut stands for.
    deviation : float
        Standard deviation of the reference; 0 of a constant, which has no effect in deviations.
    apart : callable, optional
        Takes counts and returns those of the values that many rows share, each apart, and of all others together:
        the share of rows that changed among these is an effect too.
    outside : float
        How far the other rows lie outside the reference's range, added up.

    Notes
    -----
    Two tests share the level: Kolmogorov-Smirnov at the cuts, where the largest difference is at most that at all
    values, and :func:`ends_differ` for what moved beyond the range of either, which Kolmogorov-Smirnov hardly sees.
    Rows are taken as independent; where they are not, p is too small and the effect decides.
    """
    n, m = one.sum(), other.sum()
    if not n or not m:
        return Difference(0.0, 1.0)
    below, below_other = (np.minimum(np.cumsum(share(counts))[:-1], 1.0) for counts in (one, other))
    gaps = np.abs(below - below_other)
    scale = np.sqrt(1 / n + 1 / m)
    chance = NULL_SPREAD * float((np.sqrt(below * (1 - below)) * widths).sum()) * scale
    distance = float((gaps * widths).sum()) + outside / m
    effect = max(0.0, distance - chance) / deviation if deviation > 0 else 0.0
    if apart is not None:
        effect = max(effect, share_moved(apart(one), apart(other)))
    p = min(kolmogorov(float(gaps.max(initial=0.0)) / scale), ends_differ(one, other))
    return Difference(effect, min(1.0, 2 * p))


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
        p = min(p, float(np.exp(_log_choose(size, beyond) - _log_choose(n + m, beyond))))
    return min(1.0, 4 * p)


def _log_choose(total: float | Floats, chosen: float | Floats) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1))


def kolmogorov(value: float) -> float:
    """Return the limiting probability that the scaled Kolmogorov-Smirnov distance exceeds ``value``."""
    from scipy.special import kolmogorov as survival

    return float(survival(value))


def levels_differ(one: Floats, other: Floats) -> Difference:
    """Compare counts of levels: total variation less what chance gives, and the two-sample chi-square test."""
    if not one.sum() or not other.sum():
        return Difference(0.0, 1.0)
    return Difference(share_moved(one, other), two_sample_chi_square(one, other))


def share_moved(one: Floats, other: Floats) -> float:
    """Return the share of rows that would have to change level, less what chance gives."""
    n, m = one.sum(), other.sum()
    both = (one + other) / (n + m)
    chance = 0.5 * NULL_SPREAD * float(np.sqrt(both * (1 - both)).sum()) * np.sqrt(1 / n + 1 / m)
    return max(0.0, 0.5 * float(np.abs(share(one) - share(other)).sum()) - float(chance))


def two_sample_chi_square(one: Floats, other: Floats) -> float:
    """Return the p-value of the two-sample chi-square test, rare levels pooled.

    Notes
    -----
    Where the rare levels are too few for chi-square even together, they get a test of their own, the exact one of
    Fisher, and the common levels keep chi-square; both share the level. Where no level is common, because one side has
    a few rows only, Fisher's test of all but the most frequent level shares it with :func:`_rarest`.

    Examples
    --------
    >>> two_sample_chi_square(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """
    table = np.array([one, other], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    totals, smallest = table.sum(axis=0), min(table.sum(axis=1)) / table.sum()
    rare = totals * smallest < FEWEST_EXPECTED
    if not rare.any():
        return _chi_square(table)
    if totals[rare].sum() * smallest >= FEWEST_EXPECTED and not rare.all():
        return _chi_square(np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)]))
    sizes = table.sum(axis=1)
    if rare.all():
        others = np.arange(len(rare)) != np.argmax(totals)
        return min(1.0, 2 * min(_fisher(table[:, others].sum(axis=1), sizes), _rarest(table, sizes)))
    return min(1.0, 2 * min(_fisher(table[:, rare].sum(axis=1), sizes), _chi_square(table[:, ~rare])))


def _chi_square(table: Floats) -> float:
    from scipy.special import chdtrc

    if table.shape[1] < 2:
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def _fisher(few: Floats, sizes: Floats) -> float:
    """Return twice the smaller tail of the hypergeometric distribution of ``few`` rows over two sides."""
    small = int(np.argmin(sizes))
    seen, total, drawn = few[small], few.sum(), sizes[small]
    possible = np.arange(max(0.0, total + drawn - sizes.sum()), min(total, drawn) + 1)
    chances = np.exp(
        _log_choose(total, possible)
        + _log_choose(sizes.sum() - total, drawn - possible)
        - _log_choose(sizes.sum(), drawn)
    )
    return min(1.0, 2 * float(min(chances[possible >= seen].sum(), chances[possible <= seen].sum())))


def _rarest(table: Floats, sizes: Floats) -> float:
    """Return how likely the smaller side, drawn from all rows, has a level as rare as the rarest it has."""
    small, totals = table[int(np.argmin(sizes))], table.sum(axis=0)
    as_rare = totals[totals <= totals[small > 0].min()].sum()
    none = _log_choose(sizes.sum() - as_rare, sizes.min()) if sizes.sum() - as_rare >= sizes.min() else -np.inf
    return float(-np.expm1(none - _log_choose(sizes.sum(), sizes.min())))


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
