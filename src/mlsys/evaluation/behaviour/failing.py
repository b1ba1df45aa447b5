"""Failing: which rows moved as they must not, in shares with intervals that know of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS
from mlsys.evaluation.wilson import wilson

Mask = NDArray[np.bool_]
NOISE = 1e-9
"""Of the scale of the answers: moves up to here are rounding."""


@dataclass(frozen=True)
class Failing:
    """A share of failing rows with its interval and verdict."""

    n: int
    share: float
    lower: float
    upper: float
    verdict: str


def failing(fails: Mask, most: float, level: float, groups: NDArray[Any] | None = None) -> Failing:
    """Return the share of rows that fail, by Wilson's interval at the number of independent rows.

    Parameters
    ----------
    fails : array of bool
        One a changed row.
    most : float
        The share that is admitted.
    level : float
        Confidence level.
    groups : array, optional
        Rows of one group are not independent.

    Notes
    -----
    Of groups, the rows are worth as many independent ones as would have the variance between groups (Korn and
    Graubard 1998), and no more than there are; where all rows agree, as many as there are groups.

    Examples
    --------
    >>> found = failing(np.array([True] * 2 + [False] * 198), most=0.05, level=0.95)
    >>> found.verdict, round(found.lower, 4), round(found.upper, 4)
    ('pass', 0.0027, 0.0357)
    """
    n = len(fails)
    if not n:
        return Failing(0, np.nan, np.nan, np.nan, NOT_ENOUGH)
    share = float(fails.mean())
    worth = float(n) if groups is None else _worth(fails, groups)
    lower, upper = wilson(share * worth, worth, level)
    verdict = PASS if upper <= most else FAIL if lower > most else NOT_ENOUGH
    return Failing(n, share, lower, upper, verdict)


def _worth(fails: Mask, groups: NDArray[Any]) -> float:
    """Return how many independent rows the rows of some groups are worth."""
    codes, names = pd.factorize(groups, use_na_sentinel=False)
    share, n, k = float(fails.mean()), len(fails), len(names)
    if share in {0.0, 1.0} or k < 2:
        return float(k)
    sums = np.bincount(codes, fails - share, k)
    variance = float((sums**2).sum()) * k / (k - 1) / n**2
    return float(np.clip(share * (1 - share) / variance, 1.0, n)) if variance else float(n)
