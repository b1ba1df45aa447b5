"""How one column differs between two sets of rows: an effect in natural units beside the p of a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.two_sample.levels import (
    g_test,
    jensen_shannon,
    log_choose,
    population_stability,
    share,
    two_sample_chi_square,
)
from mlsys.drift.two_sample.numeric import (
    anderson_darling,
    below_cuts,
    cramer_von_mises,
    ends_differ,
    kolmogorov_smirnov,
)
from mlsys.drift.two_sample.omnibus import omnibus_of_levels, omnibus_of_numbers

Floats = NDArray[np.float64]
Apart = Callable[[Floats], Floats]
Test = Callable[[Floats, Floats], float]
OF_LEVELS: Mapping[str, Test] = MappingProxyType(
    {
        "omnibus": omnibus_of_levels,
        "chi_square": two_sample_chi_square,
        "g": g_test,
        "population_stability": population_stability,
        "jensen_shannon": jensen_shannon,
    }
)
"""Tests of counts by level, by name; they are tests of numbers too, whose bins are then levels without order."""
OF_NUMBERS: Mapping[str, Test] = MappingProxyType(
    {
        "omnibus": omnibus_of_numbers,
        "anderson_darling": anderson_darling,
        "kolmogorov_smirnov": kolmogorov_smirnov,
        "cramer_von_mises": cramer_von_mises,
        **{name: test for name, test in OF_LEVELS.items() if name != "omnibus"},
    }
)
"""Tests of counts between cuts, by name."""
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
        Of a two-sample test.
    p_ends : float
        Of the rows beyond all rows of the other side; 1 for categories.
    """

    effect: float
    p: float
    p_ends: float = 1.0


def numbers_differ(
    one: Floats,
    other: Floats,
    widths: Floats,
    deviation: float,
    apart: Apart | None = None,
    outside: float = 0.0,
    test: Test = omnibus_of_numbers,
    alike: float = 1.0,
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
    test : callable
        One of ``OF_NUMBERS``.
    alike : float
        So many rows count as one in tests, because rows depend on each other.

    Notes
    -----
    What moved beyond the range of either side has a test of its own, :func:`ends_differ`, since the others hardly see
    it.
    """
    if not one.sum() or not other.sum():
        return Difference(0.0, 1.0)
    effect = numbers_effect(one, other, widths, deviation, apart, outside)
    return Difference(effect, test(one / alike, other / alike), ends_differ(one / alike, other / alike))


def numbers_effect(
    one: Floats, other: Floats, widths: Floats, deviation: float, apart: Apart | None = None, outside: float = 0.0
) -> float:
    """Return the effect alone of :func:`numbers_differ`, which costs a tenth of the test; 0 without rows."""
    n, m = one.sum(), other.sum()
    if not n or not m:
        return 0.0
    below, below_other = below_cuts(one), below_cuts(other)
    gaps = np.abs(below - below_other)
    chance = NULL_SPREAD * float((np.sqrt(below * (1 - below)) * widths).sum()) * np.sqrt(1 / n + 1 / m)
    distance = float((gaps * widths).sum()) + outside / m
    effect = max(0.0, distance - chance) / deviation if deviation > 0 else 0.0
    return effect if apart is None else max(effect, share_moved(apart(one), apart(other)))


def levels_differ(one: Floats, other: Floats, test: Test = omnibus_of_levels, alike: float = 1.0) -> Difference:
    """Compare counts of levels: total variation less what chance gives, and a two-sample test.

    ``alike`` rows count as one in the test.
    """
    if not one.sum() or not other.sum():
        return Difference(0.0, 1.0)
    return Difference(share_moved(one, other), test(one / alike, other / alike))


def levels_effect(one: Floats, other: Floats) -> float:
    """Return the effect alone of :func:`levels_differ`; 0 without rows."""
    return share_moved(one, other) if one.sum() and other.sum() else 0.0


def share_moved(one: Floats, other: Floats) -> float:
    """Return the share of rows that would have to change level, less what chance gives.

    Notes
    -----
    Given how many rows a level has on both sides, those on one side are binomial if nothing differs; de Moivre's
    formula is their mean absolute deviation, exact for levels of a single row too.

    Examples
    --------
    >>> round(share_moved(np.array([900.0, 100.0]), np.array([700.0, 300.0])), 2)
    0.18
    """
    n, m = one.sum(), other.sum()
    both = one + other
    q = m / (n + m)
    first = np.floor(both * q) + 1
    inside = first <= both
    with np.errstate(divide="ignore"):
        logs = log_choose(both, np.minimum(first, both)) + first * np.log(q) + (both - first + 1) * np.log1p(-q)
    chance = np.where(inside, 2 * first * np.exp(logs), 0.0).sum() * (1 / n + 1 / m)
    return max(0.0, 0.5 * float(np.abs(share(one) - share(other)).sum()) - 0.5 * float(chance))


def comparable_levels(one: Floats, other: Floats, unseen: Floats) -> tuple[Floats, Floats]:
    """Return counts by level that are chosen alike for both sides.

    Parameters
    ----------
    one, other : ndarray of shape (levels + 1,)
        Counts of the levels that the reference is counted by; the last counts all others.
    unseen : ndarray
        Rows of each level that only the other side has.

    Notes
    -----
    The levels were chosen by looking at the reference alone. If it has no others, those that only the other side has
    stand beside them, and the table is the one of all levels. If it has others, its least frequent chosen levels were
    chosen because chance favoured them there: levels that few more rows of both sides have than the last chosen one
    are counted with the others.
    """
    if not one[-1]:
        return np.r_[one[:-1], np.zeros(len(unseen))], np.r_[other[:-1], unseen]
    expected = one[:-1].min(initial=np.inf) * (1 + other.sum() / one.sum())
    apart = np.r_[(one + other)[:-1] > expected + 4 * np.sqrt(expected), False]
    sides = [np.append(counts[apart], counts[~apart].sum()) for counts in (one, other)]
    return sides[0], sides[1]
