"""Iterative proportional fitting: weights whose sums by several columns are as given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

_NEAR = 1e-6
"""Relative distance at which a margin is met."""
_MOST_ROUNDS = 2_000
_MOST_TRIMS = 50


@dataclass(frozen=True)
class Margin:
    """What weights must add up to for each value of a column.

    Parameters
    ----------
    name : str
        The column.
    codes : ndarray of shape (rows,)
        The value of each row, by number.
    values : tuple
        What is numbered.
    wanted : ndarray of shape (values,)
        Sums of weights.
    """

    name: str
    codes: NDArray[np.int64]
    values: tuple[Any, ...]
    wanted: Values

    def lacks(self, weights: Values) -> Values:
        """Return by what the weights of each value must be multiplied."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.wanted / np.bincount(self.codes, weights, len(self.wanted)), dtype=np.float64)


@dataclass(frozen=True)
class Raked:
    """Weights, how many rounds they took, how many were trimmed, and the largest relative distance from a margin."""

    weights: Values
    rounds: int
    trimmed: int
    gap: float


def raked(given: Values, margins: Sequence[Margin], trim: float | None, who: str) -> Raked:
    """Return the weights nearest to those given that meet all margins, none above ``trim`` mean weights.

    Raises
    ------
    DataError
        When they do not converge, because margins contradict each other over the rows.
    """
    weights, rounds = _fitted(given, margins, who)
    if trim is None:
        return Raked(weights, rounds, 0, _gap(weights, margins))
    most, cut = trim * float(weights.mean()), np.zeros(len(given), dtype=bool)
    for _ in range(_MOST_TRIMS):
        over = weights > most
        if not over.any():
            break
        cut |= over
        weights = np.minimum(weights, most)
        for margin in margins:
            weights = weights * margin.lacks(weights)[margin.codes]
    weights = np.minimum(weights, most)
    return Raked(weights, rounds, int(cut.sum()), _gap(weights, margins))


def _fitted(given: Values, margins: Sequence[Margin], who: str) -> tuple[Values, int]:
    weights = given.copy()
    for number in range(1, _MOST_ROUNDS + 1):
        for margin in margins:
            factors = margin.lacks(weights)
            if not np.isfinite(factors).all():
                value = margin.values[int(np.flatnonzero(~np.isfinite(factors))[0])]
                raise DataError(
                    f"{who}: all rows with {value!r} in {margin.name!r} have weight 0",
                    "give such rows a weight above 0, or merge the value with another",
                )
            weights = weights * factors[margin.codes]
        if _gap(weights, margins) < _NEAR:
            return weights, number
    worst = max(margins, key=lambda margin: float(np.abs(margin.lacks(weights) - 1).max()))
    place = int(np.abs(worst.lacks(weights) - 1).argmax())
    has = float(weights[worst.codes == place].sum() / weights.sum())
    raise DataError(
        f"{who} does not converge: after {_MOST_ROUNDS:,} rounds {worst.values[place]!r} of {worst.name!r} has "
        f"{has:.2%} of the weight in place of {worst.wanted[place] / worst.wanted.sum():.2%}, because the margins "
        "contradict each other over combinations of values that no row has",
        "merge rare values in a Derive step and in margins=, or name fewer columns",
    )


def _gap(weights: Values, margins: Sequence[Margin]) -> float:
    return max(float(np.abs(margin.lacks(weights) - 1).max()) for margin in margins)
