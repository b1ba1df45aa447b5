"""Two-sample tests of categories: counts of two samples by level, rare levels pooled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST_EXPECTED = 5.0
"""Levels with a smaller expected count are pooled (Cochran 1954)."""
FEWEST_FOR_LOGARITHMS = 10.0
"""As much for statistics with logarithms, which follow chi-square later than Pearson's does."""


def share(counts: Floats) -> Floats:
    """Return counts as shares, zeros where there are none."""
    total = counts.sum()
    return np.asarray(counts / total if total else np.zeros_like(counts))


def log_choose(total: float | Floats, chosen: float | Floats) -> Floats:
    """Return the logarithm of binomial coefficients."""
    from scipy.special import gammaln

    return np.asarray(gammaln(total + 1) - gammaln(chosen + 1) - gammaln(total - chosen + 1))


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
    table, rare, smallest = _cells(one, other, FEWEST_EXPECTED)
    if not rare.any():
        return _chi_square(table)
    if table[:, rare].sum() * smallest >= FEWEST_EXPECTED and not rare.all():
        return _chi_square(_pooled(table, rare))
    sizes = table.sum(axis=1)
    if rare.all():
        others = np.arange(len(rare)) != np.argmax(table.sum(axis=0))
        return min(1.0, 2 * min(_fisher(table[:, others].sum(axis=1), sizes), _rarest(table, sizes)))
    return min(1.0, 2 * min(_fisher(table[:, rare].sum(axis=1), sizes), _chi_square(table[:, ~rare])))


def g_test(one: Floats, other: Floats) -> float:
    """Return p of the likelihood-ratio (G) test, rare levels pooled.

    Examples
    --------
    >>> g_test(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """
    return _of_logarithms(one, other, lambda table: 2 * _entropy_lost(table, table.sum(axis=1)))


def population_stability(one: Floats, other: Floats) -> float:
    """Return p of the population stability index (PSI), rare levels pooled.

    Notes
    -----
    Under no difference the index is about ``(1/n + 1/m)`` times a chi-square variable with one degree of freedom
    fewer than levels, so that fixed thresholds such as 0.1 mean different things for different numbers of rows.

    Examples
    --------
    >>> population_stability(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """

    def statistic(table: Floats) -> float:
        # Half a row in each cell: an empty one would make the index infinite.
        shares = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
        index = float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
        return index / float((1 / table.sum(axis=1)).sum())

    return _of_logarithms(one, other, statistic)


def jensen_shannon(one: Floats, other: Floats) -> float:
    """Return p of the Jensen-Shannon divergence, rare levels pooled.

    Notes
    -----
    Eight times the divergence (in nats) has the null of the population stability index.

    Examples
    --------
    >>> jensen_shannon(np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    1.0
    """

    def statistic(table: Floats) -> float:
        shares = table / table.sum(axis=1, keepdims=True)
        return 8 * _entropy_lost(shares, np.ones(2)) / 2 / float((1 / table.sum(axis=1)).sum())

    return _of_logarithms(one, other, statistic)


def _entropy_lost(table: Floats, sizes: Floats) -> float:
    """Return the sum of counts times the logarithm of observed over expected, sides weighted by their size."""
    expected = np.outer(sizes, table.sum(axis=0) / sizes.sum())
    known = table > 0
    return float((table[known] * np.log(table[known] / expected[known])).sum())


def _of_logarithms(one: Floats, other: Floats, statistic: Callable[[Floats], float]) -> float:
    from scipy.special import chdtrc

    table, rare, smallest = _cells(one, other, FEWEST_FOR_LOGARITHMS)
    if rare.any() and table[:, rare].sum() * smallest < FEWEST_FOR_LOGARITHMS and not rare.all():
        rare = rare | (table.sum(axis=0) == table.sum(axis=0)[~rare].min())  # together with the least common level
    if rare.any():
        table = _pooled(table, rare)
    if table.shape[1] < 2:
        return two_sample_chi_square(one, other)  # too few rows for any logarithm
    return float(chdtrc(table.shape[1] - 1, max(statistic(table), 0.0)))


def _cells(one: Floats, other: Floats, fewest: float) -> tuple[Floats, NDArray[np.bool_], float]:
    """Return the table without empty levels, which of its levels are rare, and the share of the smaller side."""
    table = np.array([one, other], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    smallest = float(min(table.sum(axis=1)) / table.sum())
    return table, table.sum(axis=0) * smallest < fewest, smallest


def _pooled(table: Floats, rare: NDArray[np.bool_]) -> Floats:
    return np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])


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
        log_choose(total, possible) + log_choose(sizes.sum() - total, drawn - possible) - log_choose(sizes.sum(), drawn)
    )
    return min(1.0, 2 * float(min(chances[possible >= seen].sum(), chances[possible <= seen].sum())))


def _rarest(table: Floats, sizes: Floats) -> float:
    """Return how likely the smaller side, drawn from all rows, has a level as rare as the rarest it has."""
    small, totals = table[int(np.argmin(sizes))], table.sum(axis=0)
    as_rare = totals[totals <= totals[small > 0].min()].sum()
    none = log_choose(sizes.sum() - as_rare, sizes.min()) if sizes.sum() - as_rare >= sizes.min() else -np.inf
    return float(-np.expm1(none - log_choose(sizes.sum(), sizes.min())))
