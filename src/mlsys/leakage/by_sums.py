"""Codes of levels that are any function of a level's rows and target sum, as shrunken means and bounds of rates are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

TOLERANCE = 1e-9
STRICT, EQUAL, STRICT_ALONE = 10, 5, 60
"""Pairs of levels with as many rows: those that differ in sum and value alike, beside so many that have the same sum
and value; or so many of the first alone. A true rate known without noise has no equal values."""
SLIPS = 10
"""Pairs that training rows put otherwise, from which on they do not explain the codes."""


@dataclass(frozen=True)
class _Pairs:
    strict: int
    equal: int
    slipped: int


def follows_sums(numbers: Numbers, sums: Numbers, counts: Numbers, own_sums: Numbers, own_counts: Numbers) -> bool:
    """Whether numbers of levels are told by count and target sum over all rows, but not over training rows.

    Parameters
    ----------
    numbers : array of float
        Of each level.
    sums, counts, own_sums, own_counts : array of float
        Target sums and rows of each level, over all rows and over training rows.

    Notes
    -----
    A code that draws small levels to the overall mean by a curve of their size has another order than the means. But
    of two levels with equally many rows, the one with the larger sum has the larger (or the smaller) code, and equal
    sums have equal codes.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> counts = generator.integers(6, 12, 80).astype(float)
    >>> own, others = (generator.binomial(counts.astype(int) // 2, 0.4).astype(float) for _ in range(2))
    >>> weight = 1 / (1 + np.exp(8 - counts))
    >>> codes = weight * (own + others) / counts + (1 - weight) * 0.4
    >>> follows_sums(codes, own + others, counts, own, counts // 2)
    True
    >>> follows_sums(generator.uniform(size=80), own + others, counts, own, counts // 2)
    False
    """
    of_all = _pairs(numbers, sums, counts)
    if of_all.slipped or of_all.strict < STRICT or (of_all.equal < EQUAL and of_all.strict < STRICT_ALONE):
        return False
    return _pairs(numbers, own_sums, own_counts).slipped >= SLIPS


def _pairs(numbers: Numbers, sums: Numbers, counts: Numbers) -> _Pairs:
    """Count pairs of levels with as many rows by how their values go with their sums, the way that fits better."""
    values, totals = (each / max(float(np.abs(each).max()), TOLERANCE) for each in (numbers, sums))
    alike = np.triu(counts[:, None] == counts[None, :], 1)
    by_value, by_sum = (each[:, None] - each[None, :] for each in (values, totals))
    same_value, same_sum = np.abs(by_value) <= TOLERANCE, np.abs(by_sum) <= TOLERANCE
    both, one = alike & ~same_value & ~same_sum, alike & (same_value != same_sum)
    together = int((both & (by_value * by_sum > 0)).sum())
    apart = int(both.sum()) - together
    return _Pairs(
        max(together, apart), int((alike & same_value & same_sum).sum()), min(together, apart) + int(one.sum())
    )
