"""Failing: which rows moved as they must not, in shares with intervals that know of groups and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import Rows
from mlsys.evaluation.delta_method import variance_of
from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS
from mlsys.summaries.wilson import wilson

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


@dataclass(frozen=True, eq=False)
class Sampling:
    """How rows came to be asked about: in groups that are alike, and of how many rows each tells.

    Parameters
    ----------
    groups : array, optional
        Rows of one group are not independent.
    weight : array, optional
        Weights above 0.
    """

    groups: NDArray[Any] | None = None
    weight: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, rows: Rows) -> Sampling:
        """Read group and weight of rows."""
        groups = None if rows.group is None else rows.group.to_numpy()
        return cls(groups, None if rows.weight is None else rows.weight.to_numpy(dtype=np.float64))

    @property
    def plain(self) -> bool:
        """Whether rows are independent and tell alike."""
        return self.groups is None and self.weight is None

    def taken(self, chosen: Mask) -> Sampling:
        """Return that of some of the rows."""
        return Sampling(*(None if each is None else each[chosen] for each in (self.groups, self.weight)))


def failing(fails: Mask, most: float, level: float, sampling: Sampling | None = None) -> Failing:
    """Return the share of rows that fail, by Wilson's interval at the number of independent rows.

    Parameters
    ----------
    fails : array of bool
        One a changed row.
    most : float
        The share that is admitted.
    level : float
        Confidence level.
    sampling : Sampling, optional
        Groups and weights of the rows.

    Notes
    -----
    With groups or weights, the rows are worth as many independent ones as would have the variance between groups or
    weighted rows (Korn and Graubard 1998), and no more than there are; where all rows agree, as many as there are
    groups, or rows of equal weight that would tell as much (Kish 1965).

    Examples
    --------
    >>> found = failing(np.array([True] * 2 + [False] * 198), most=0.05, level=0.95)
    >>> found.verdict, round(found.lower, 4), round(found.upper, 4)
    ('pass', 0.0027, 0.0357)
    """
    n = len(fails)
    if not n:
        return Failing(0, np.nan, np.nan, np.nan, NOT_ENOUGH)
    sampling = sampling or Sampling()
    weight = np.ones(n) if sampling.weight is None else sampling.weight
    share = float(np.average(fails, weights=weight))
    worth = float(n) if sampling.plain else _worth(fails, share, weight, sampling.groups)
    lower, upper = wilson(share * worth, worth, level)
    verdict = PASS if upper <= most else FAIL if lower > most else NOT_ENOUGH
    return Failing(n, share, lower, upper, verdict)


def _worth(fails: Mask, share: float, weight: NDArray[np.float64], groups: NDArray[Any] | None) -> float:
    """Return how many independent rows of equal weight the rows are worth."""
    codes = np.arange(len(fails)) if groups is None else pd.factorize(groups, use_na_sentinel=False)[0]
    sums = np.bincount(codes, weight)
    alike = float(sums.sum() ** 2 / (sums**2).sum())
    if fails.all() or not fails.any() or len(sums) == 1:
        return alike
    variance = variance_of(weight * (fails - share) / weight.sum(), codes)
    return float(np.clip(share * (1 - share) / variance, 1.0, len(fails))) if variance else float(len(fails))
