"""How a column of numbers was scaled: told by moments, ends and places over the rows that it was scaled with."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 30
"""Rows, and distinct values."""
EXACT = 1e-9
MOST_DECIMALS, FEWEST_DECIMALS = 12, 4
"""Minimum number of decimals: with fewer, a sample around 0 has the moments of a scaled one too often."""
FEWEST_DECIMALS_OF_BOTH = 2
"""The same where mean and standard deviation must both be right."""
MOST_AT_AN_END = 5
"""Rows at 0 or 1: shares and probabilities have many there."""
ROUNDED = 2.0
"""Standard errors that rounding alone gives a mean."""
SMALLEST_DENOMINATOR, LARGEST_DENOMINATOR = 100, 10_000_000
"""Largest values by which others may have been divided, in units of their last digit: shares of few rows or questions
have small ones, and larger ones are lost in rounding."""
OF_THE_LARGEST = "divided by its largest value"
NORMAL = 0.9999
"""Correlation with the quantiles of a normal distribution."""
UNIFORM = 3.0
"""Largest distance from a uniform distribution, times the root of the number of rows, of values that may be the places
of rows in another sample: these reach from 0 to 1 as well."""


def scale_of(values: NDArray[np.float64]) -> str:
    """Return how numbers were scaled, of the moments, ends or places that no sample has by accident; empty if not.

    Examples
    --------
    >>> x = np.random.default_rng(0).gamma(2, size=100)
    >>> scale_of((x - x.mean()) / x.std()), scale_of(x / x.sum()), scale_of(x)
    ('a z-score', 'divided by its sum', '')
    """
    if len(np.unique(values[: 10 * FEWEST])) < FEWEST:
        return ""
    slack, mean = _slack(values), float(values.mean())
    if _is_z_score(values, mean):
        return "a z-score"
    if _is_robust_score(values, slack):
        return "a robust score"
    if abs(mean - 1) <= slack and values.min() >= 0:
        return "divided by its mean"
    if abs(float(values.sum()) - 1) <= EXACT and values.min() >= 0:
        return "divided by its sum"
    if _fills_a_range(values):
        return "scaled to its range"
    if _are_normal_scores(values):
        return "normal scores of its ranks"
    if abs(mean) <= max(slack * (slack > EXACT), EXACT * float(values.std())) and not _mirrors(values):
        return "centred"
    if values.max() == 1 and _are_ranks(values):
        return "a rank"
    return OF_THE_LARGEST if _are_shares_of_the_largest(values) else ""


def _are_ranks(values: NDArray[np.float64]) -> bool:
    """Whether values are the places of rows, divided by their number, whichever place equal rows get.

    Examples
    --------
    >>> x = np.random.default_rng(0).integers(0, 9, 100)
    >>> _are_ranks(np.searchsorted(np.sort(x), x, side="right") / 100), _are_ranks((x + 1) / 9)
    (True, False)
    """
    places = values * len(values)
    if np.abs(places * 2 - (places * 2).round()).max() >= EXACT:
        return False
    there = np.sort(values)
    lowest, highest = np.searchsorted(there, values, side="left") + 1, np.searchsorted(there, values, side="right")
    found = (lowest, highest, (lowest + highest) / 2)
    return bool(not _run_in_turn(values) and any(np.abs(places - each).max() <= EXACT * len(values) for each in found))


def _are_shares_of_the_largest(values: NDArray[np.float64]) -> bool:
    """Whether numbers with few decimals were divided by the largest of them: one denominator makes all whole again.

    Examples
    --------
    >>> x = np.random.default_rng(0).integers(0, 9_999, 100)
    >>> _are_shares_of_the_largest(x / x.max()), _are_shares_of_the_largest(np.sqrt(x / x.max()))
    (True, False)
    """
    largest = max(float(values.max()), -float(values.min()))
    ends = int((np.abs(values) == 1).sum()) if largest == 1 else 0
    some = values[: 10 * FEWEST]
    if not 0 < ends <= MOST_AT_AN_END or _run_in_turn(values) or (some.round(FEWEST_DECIMALS) == some).mean() > 0.5:  # noqa: PLR2004
        return False
    whole = 1
    for value in some[some != 0][:FEWEST].tolist():
        share = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
        whole = math.lcm(whole, share.denominator)
        if abs(float(share) - value) > np.spacing(abs(value)) or whole > LARGEST_DENOMINATOR:
            return False
    scaled = values * whole
    return bool(whole >= SMALLEST_DENOMINATOR and np.abs(scaled - scaled.round()).max() <= 1 / LARGEST_DENOMINATOR)


def _run_in_turn(values: NDArray[np.float64]) -> bool:
    """Whether values are those of sorted rows, such as a running number."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _fills_a_range(values: NDArray[np.float64]) -> bool:
    """Whether numbers that were not rounded reach from 0 or -1 to 1, with few rows at either end."""
    low, high = float(values.min()), float(values.max())
    if abs(high - 1) > EXACT or min(abs(low), abs(low + 1)) > EXACT:
        return False
    ends = max(int((np.abs(values - end) <= EXACT).sum()) for end in (low, high))
    if ends > MOST_AT_AN_END or bool((values.round(FEWEST_DECIMALS) == values).all()):
        return False
    places = (np.sort(values) - low) / (high - low)
    apart = np.abs(places - np.arange(len(values)) / (len(values) - 1)).max()
    return bool(apart * np.sqrt(len(values)) > UNIFORM)


def _mirrors(values: NDArray[np.float64]) -> bool:
    """Whether each value stands beside its negative: differences of two sides, one row for each."""
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    if abs(low + high) > EXACT * max(-low, high):  # the first of the pairs below, for which nothing is sorted
        return False
    there = np.sort(values)
    return bool((np.abs(there + there[::-1]) <= EXACT * np.abs(there).max(initial=0.0)).all())


def _are_normal_scores(values: NDArray[np.float64]) -> bool:
    """Whether values are the quantiles of a normal distribution, one for each rank: those of another sample differ."""
    if not _mirrors(values):
        return False
    from scipy.special import ndtri

    places = (np.arange(1, len(values) + 1) - 0.5) / len(values)
    inner = slice(1, -1)
    return float(np.corrcoef(np.sort(values)[inner], ndtri(places)[inner])[0, 1]) > NORMAL


def _is_robust_score(values: NDArray[np.float64], slack: float) -> bool:
    """Whether the median is 0 and the interquartile range 1."""
    half = len(values) // 2
    around = 2 * slack  # the median is between the middle values, to rounding
    if int((values > around).sum()) > half or int((values < -around).sum()) > half:
        return False
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return abs(float(middle)) <= slack and abs(float(high - low) - 1) <= slack


def _is_z_score(values: NDArray[np.float64], mean: float) -> bool:
    """Whether the mean is 0 and the standard deviation 1, as far as rounding allows."""
    decimals = _decimals(values, FEWEST_DECIMALS_OF_BOTH)
    most = 10.0**-decimals if decimals else EXACT
    if abs(mean) > most:
        return False
    spread = [abs(float(values.std(ddof=each)) - 1) for each in (0, 1)]
    if min(spread) > most:
        return False
    counts = np.unique(values, return_counts=True)[1]  # equal values are rounded alike
    slack = EXACT
    if decimals:
        slack = max(EXACT, ROUNDED * most * float(np.sqrt((counts.astype(np.float64) ** 2).sum() / 12)) / len(values))
    return abs(mean) <= slack and min(spread) <= slack


def _slack(values: NDArray[np.float64]) -> float:
    """Return how far moments may be from 0 and 1, by how values were rounded."""
    decimals = _decimals(values, FEWEST_DECIMALS)
    return max(EXACT, ROUNDED * 10.0**-decimals / np.sqrt(12 * len(values))) if decimals else EXACT


def _decimals(values: NDArray[np.float64], fewest: int) -> int:
    """Return the number of decimals to which values were rounded; 0 where these are fewer, or values were not."""
    some = values[: 10 * FEWEST]
    if (some.round(fewest - 1) == some).all():
        return 0
    return next((each for each in range(fewest, MOST_DECIMALS) if (some.round(each) == some).all()), 0)
