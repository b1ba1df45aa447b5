"""Rows that an A/B test needs: by the fixed test's power, and by that of a sequential one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mlsys.evaluation.production.sequences import sequential_information
from mlsys.pages import Lines, Page, Shown, Title

MOST_ROWS = 1e12


@dataclass(frozen=True, repr=False)
class SampleSize(Shown):
    """Rows that an A/B test needs in each arm.

    Parameters
    ----------
    champion, challenger : int
        Rows of each arm.
    fixed, sequential : int
        Rows of both arms together: of a test that is looked at once, and at most of one that is looked at daily.
    said : str
        What they are enough for.

    Examples
    --------
    >>> from mlsys import ABTest
    >>> size = ABTest("converted", minimum_effect=0.01, baseline=0.1).sample_size()
    >>> size.fixed, size.sequential, size.champion
    (29502, 51376, 25688)
    """

    champion: int
    challenger: int
    fixed: int
    sequential: int
    said: str

    @property
    def total(self) -> int:
        """Rows of both arms together."""
        return self.champion + self.challenger

    def _page(self) -> Page:
        extra = self.sequential / self.fixed - 1
        lines = [
            ("rows", f"{self.champion:,} and {self.challenger:,}"),
            ("together", f"{self.fixed:,} looked at once; at most {self.sequential:,} (+{extra:.0%}) at any looks"),
            ("enough for", self.said),
        ]
        return Page([Title("sample size"), Lines(lines)])


def of_shares(one: float, other: float, ratio: float, alpha: float, power: float) -> float:
    """Return the rows of the first arm with which the z-test of two shares has its power.

    Parameters
    ----------
    one, other : float
        Both shares.
    ratio : float
        Rows of the second arm for each row of the first.

    Notes
    -----
    Variance under no difference pooled, under the difference not (Fleiss et al. 2003, equation 4.14); both tails.

    Examples
    --------
    >>> math.ceil(of_shares(0.10, 0.11, 1.0, 0.05, 0.8))
    14751
    """
    from scipy.special import ndtr, ndtri

    pooled = (one + ratio * other) / (1 + ratio)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    real = math.sqrt(one * (1 - one) + other * (1 - other) / ratio)
    critical = ndtri(1 - alpha / 2) * null / real

    def reached(rows: float) -> float:
        moved = abs(one - other) * math.sqrt(rows) / real
        return float(ndtr(moved - critical) + ndtr(-moved - critical))

    return _solved(reached, power)


def of_means(effect: float, spread: float, ratio: float, alpha: float, power: float) -> float:
    """Return the rows of the first arm with which the t-test of two means has its power (noncentral t, both tails).

    Examples
    --------
    >>> math.ceil(of_means(0.5, 1.0, 1.0, 0.05, 0.8))
    64
    """
    from scipy.special import stdtrit
    from scipy.stats import nct

    def reached(rows: float) -> float:
        freedom = rows * (1 + ratio) - 2
        moved = effect / spread * math.sqrt(rows * ratio / (1 + ratio))
        critical = stdtrit(freedom, 1 - alpha / 2)
        lower = float(nct.cdf(-critical, freedom, moved))
        return float(nct.sf(critical, freedom, moved)) + (0.0 if math.isnan(lower) else lower)

    return _solved(reached, power)


def of_sequence(one: float, other: float, effect: float, alpha: float, power: float) -> float:
    """Return the rows of the first arm with which a sequential test has its power, from the variance that a row adds.

    Parameters
    ----------
    one, other : float
        Variance of a row of the first arm; of the second, divided by its rows for each row of the first.
    """
    return (one + other) * sequential_information(effect, alpha, power)


def _solved(reached: Callable[[float], float], power: float) -> float:
    from scipy.optimize import brentq

    most = 4.0
    while reached(most) < power and most < MOST_ROWS:
        most *= 2
    return float(brentq(lambda rows: reached(rows) - power, 2.0, most)) if reached(2.0) < power else 2.0
