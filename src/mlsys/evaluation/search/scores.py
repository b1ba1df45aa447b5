"""Scores of slices, and the highest that a part of a slice can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Total:
    """What is counted of all rows.

    Parameters
    ----------
    rows : int
        How many there are.
    weight, loss : float
        Sums; the rate of all rows is ``loss / weight``.
    least : float
        Weight that no slice is below.
    spread : float
        Standard deviation of the loss of a row by its weight.
    """

    rows: int
    weight: float
    loss: float
    least: float
    spread: float

    @classmethod
    def of(cls, loss: Values, weight: Values | None, smallest: int) -> Total:
        """Count rows; without weights each weighs 1."""
        n = len(loss)
        if weight is None:
            return cls(n, float(n), float(loss.sum()), float(smallest), float(loss.std()))
        rate, total = loss.sum() / weight.sum(), float(weight.sum())
        spread = np.sqrt((weight * (loss / weight - rate) ** 2).sum() / total)
        least = float(np.partition(weight, smallest - 1)[:smallest].sum()) if smallest <= n else total
        return cls(n, total, float(loss.sum()), least, float(spread))

    @property
    def rate(self) -> float:
        """The rate of all rows."""
        return self.loss / self.weight


class Score(Protocol):
    """What slices are ordered by; all rows score 0."""

    def of(self, weight: Values, loss: Values) -> Values:
        """Return the scores of slices of these sums."""

    def bound(self, least: Values, weight: Values, loss: Values, most: float) -> Values:
        """Return the highest score of any slice within limits.

        Parameters
        ----------
        least, weight : ndarray
            What its weight lies between.
        loss : ndarray
            What its loss is at most.
        most : float
            Largest loss by weight of a row.
        """


@dataclass(frozen=True)
class Evidence:
    """By how many standard errors the rate of a slice is above that of all rows.

    Notes
    -----
    Grows with the loss and falls with the weight. So of all parts with at most this loss, that is highest which holds
    all of it in as few rows as possible. The quality of Kloesgen (1996), in standard errors.
    """

    total: Total

    def of(self, weight: Values, loss: Values) -> Values:
        """Return the scores of slices of these sums."""
        rows = weight * (self.total.rows / self.total.weight)
        return np.asarray((loss / weight - self.total.rate) * np.sqrt(rows) / self.total.spread)

    def bound(self, least: Values, weight: Values, loss: Values, most: float) -> Values:
        """Return the highest score of any slice within limits."""
        fewest = _between(loss / most, least, weight)
        return self.of(fewest, np.minimum(loss, most * fewest))


@dataclass(frozen=True)
class Trade:
    """SliceLine's trade of rate against size.

    Parameters
    ----------
    total : Total
        Of all rows.
    alpha : float
        Weight of the rate; the rest weighs the size.

    Notes
    -----
    ``alpha * (rate / rate of all - 1) - (1 - alpha) * (weight of all / weight - 1)`` (Sagadeeva and Boehm 2021). For
    parts with a given loss it rises with the weight as long as every row can have the largest loss, and is monotone
    beyond, so that three weights are looked at.
    """

    total: Total
    alpha: float

    def of(self, weight: Values, loss: Values) -> Values:
        """Return the scores of slices of these sums."""
        rate, size = loss / weight / self.total.rate - 1, self.total.weight / weight - 1
        return np.asarray(self.alpha * rate - (1 - self.alpha) * size)

    def bound(self, least: Values, weight: Values, loss: Values, most: float) -> Values:
        """Return the highest score of any slice within limits."""
        looked = (least, _between(loss / most, least, weight), weight)
        return np.asarray(np.maximum.reduce([self.of(each, np.minimum(loss, most * each)) for each in looked]))


def _between(values: Values, least: Values, most: Values) -> Values:
    return np.minimum(np.maximum(values, least), most)
