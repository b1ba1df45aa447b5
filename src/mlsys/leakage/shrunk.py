"""Codes of levels by formulas of their targets: shrunken means, rounded means, and logarithms of odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FEWEST = 4
"""Levels beyond those that any numbers meet: one for each level of the coarser column, and one for the weight."""
ROUNDED = range(1, 7)
"""Decimals to which means are rounded; of fewer than two, nothing is said."""
ADDED = (0.0, 0.5, 1.0)
"""Rows of each class that are added to a level before odds are taken."""
EXACT = 1e-9


def is_shrunk(
    numbers: Numbers, sums: Numbers, counts: Numbers, own_sums: Numbers, own_counts: Numbers, parents: NDArray[np.int64]
) -> bool:
    """Whether numbers of levels are shrunken target means over all rows, and not over training rows.

    Parameters
    ----------
    numbers : array of float
        Of each level.
    sums, counts, own_sums, own_counts : array of float
        Target sums and rows of each level, over all rows and over training rows.
    parents : array of int
        The coarser level in which each lies; -1 if it is not known.

    Notes
    -----
    A mean drawn to a prior by ``m`` rows, ``(sum + m * prior) / (count + m)``, makes ``code * count - sum`` a line in
    the code, of slope ``-m``, whatever the prior of each coarser level is.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> counts = generator.integers(4, 20, 60).astype(float)
    >>> own, others = (generator.binomial(counts.astype(int), 0.3).astype(float) for _ in range(2))
    >>> parents = np.arange(60) % 6
    >>> codes = (own + others + 7.5 * generator.uniform(size=6)[parents]) / (2 * counts + 7.5)
    >>> is_shrunk(codes, own + others, 2 * counts, own, counts, parents)
    True
    >>> is_shrunk(generator.uniform(size=60), own + others, 2 * counts, own, counts, parents)
    False
    """
    known = np.isfinite(numbers) & (counts > 0) & (own_counts > 0) & (parents >= 0)
    codes, above = numbers[known], np.unique(parents[known], return_inverse=True)[1]
    here, own = ((each[0][known], each[1][known]) for each in ((sums, counts), (own_sums, own_counts)))
    for each, mine in zip(_of_either_class(*here), _of_either_class(*own), strict=True):
        if _is_line(codes, each, here[1], above):
            return not _is_line(codes, mine, own[1], above)
    return False


def _of_either_class(sums: Numbers, counts: Numbers) -> Iterator[Numbers]:
    """Yield the sums, and those of the other class where targets are 0 and 1."""
    yield sums
    yield counts - sums


def are_log_odds(numbers: Numbers, sums: Numbers, counts: Numbers, own_sums: Numbers, own_counts: Numbers) -> bool:
    """Whether numbers of levels are logarithms of odds, or weights of evidence, over all rows but not training rows.

    Parameters
    ----------
    numbers, sums, counts, own_sums, own_counts : array of float
        As for :func:`is_shrunk`; targets of 0 and 1.

    Notes
    -----
    Whatever constant is subtracted, the distance to the logarithm of the odds is the same in every level.

    Examples
    --------
    >>> counts, own = np.full(6, 40.0), np.array([9.0, 4, 16, 8, 12, 5])
    >>> both = own + np.array([7.0, 5, 12, 9, 11, 3])
    >>> are_log_odds(np.log((both + 0.5) / (80 - both + 0.5)) + 0.8, both, counts * 2, own, counts)
    True
    """
    known = np.isfinite(numbers) & (counts > 0) & (own_counts > 0)
    if known.sum() < FEWEST or (sums < 0).any() or (sums > counts).any():
        return False
    codes = numbers[known]
    return any(
        _is_apart_by_a_constant(codes, sums[known], counts[known], added)
        and not _is_apart_by_a_constant(codes, own_sums[known], own_counts[known], added)
        for added in ADDED
    )


def are_rounded_means(numbers: Numbers, sums: Numbers, counts: Numbers, own_sums: Numbers, own_counts: Numbers) -> bool:
    """Whether numbers of levels are means over all rows, rounded to some decimals, and not of training rows.

    Parameters
    ----------
    numbers, sums, counts, own_sums, own_counts : array of float
        As for :func:`is_shrunk`.

    Notes
    -----
    All levels must agree to half a unit of the last decimal, and half of them must not over training rows, at least
    three: where rounding hides the difference, nothing is said.

    Examples
    --------
    >>> counts, own = np.full(6, 40.0), np.array([9.0, 4, 16, 8, 12, 5])
    >>> both = own + np.array([7.0, 5, 12, 9, 11, 3])
    >>> are_rounded_means((both / 80).round(3), both, counts * 2, own, counts)
    True
    >>> are_rounded_means((both / 80).round(1), both, counts * 2, own, counts)
    False
    """
    known = np.isfinite(numbers) & (counts > 0) & (own_counts > 0)
    codes = numbers[known]
    decimals = next((each for each in ROUNDED if (codes.round(each) == codes).all()), None)
    if len(codes) < FEWEST or decimals is None or decimals == ROUNDED[0]:
        return False
    half = 0.5 * 10.0**-decimals * (1 + EXACT)
    here, own = ((each[0][known], each[1][known]) for each in ((sums, counts), (own_sums, own_counts)))
    for each, mine in zip(_of_either_class(*here), _of_either_class(*own), strict=True):
        if (np.abs(codes - each / here[1]) <= half).all():
            return bool((np.abs(codes - mine / own[1]) > half).sum() >= max(FEWEST - 1, len(codes) / 2))
    return False


def _is_apart_by_a_constant(codes: Numbers, sums: Numbers, counts: Numbers, added: float) -> bool:
    with np.errstate(divide="ignore"):
        odds = np.log((sums + added) / (counts - sums + added))
    if not np.isfinite(odds).all() or np.ptp(odds) == 0:
        return False
    return any(np.ptp(codes - sign * odds) <= EXACT * max(1.0, float(np.abs(odds).max())) for sign in (1, -1))


def _is_line(codes: Numbers, sums: Numbers, counts: Numbers, parents: NDArray[np.int64]) -> bool:
    if len(codes) - len(np.unique(parents)) - 1 < FEWEST:
        return False
    left = codes * counts - sums
    rows = np.bincount(parents)
    x, y = (each - (np.bincount(parents, each) / rows)[parents] for each in (codes, left))
    size = float(np.abs(sums).max() + np.abs(codes * counts).max())
    moved = float(x @ x)
    if moved <= EXACT * float(codes @ codes) or np.abs(y).max() <= EXACT * size:
        return False  # no shrinkage: a mean, which the order of levels tells
    slope = float(x @ y) / moved
    return bool(slope < 0 and np.abs(y - slope * x).max() <= EXACT * size)
