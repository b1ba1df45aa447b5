"""Shares of classes: how a step on training rows changed them, and what predictions take back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.values import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Shares:
    """Shares of classes among training rows, by weight.

    Parameters
    ----------
    classes : tuple
        Classes.
    before, after : tuple of float
        The share of each class, before a step and after it.
    """

    classes: tuple[Any, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    @classmethod
    def of(
        cls, before: pd.Series, after: pd.Series, weights: NDArray[np.float64] | None, new: NDArray[np.float64] | None
    ) -> Shares:
        """Return the shares of a target before a step and after it, each with its weights, null where all count 1."""
        then, now = _sums(before, weights), _sums(after, new)
        classes = tuple(sorted(then.keys() | now.keys(), key=str))
        sums = [np.array([each.get(name, 0.0) for name in classes]) for each in (then, now)]
        return cls(classes, *(tuple((each / each.sum()).tolist()) for each in sums))

    @property
    def changed(self) -> bool:
        """Whether classes that are in both have other shares."""
        return not np.allclose(self.before, self.after, rtol=1e-9, atol=0)

    def __str__(self) -> str:
        return ", ".join(f"{name} {share:.3g}" for name, share in zip(self.classes, self.before, strict=True))


def odds_back(shifts: Sequence[Shares], classes: Sequence[Any]) -> NDArray[np.float64]:
    """Return by what to multiply the probability of each class, before they are scaled to sum to 1 (Elkan 2001).

    A class that a step left none of, or that was not there before, keeps its probability.

    Examples
    --------
    >>> odds_back([Shares((False, True), (0.9, 0.1), (0.5, 0.5))], [False, True])
    array([1.8, 0.2])
    """
    factors = np.ones(len(classes))
    for each in shifts:
        known = {name: (b, a) for name, b, a in zip(each.classes, each.before, each.after, strict=True)}
        pairs = np.array([known.get(name, (1.0, 1.0)) for name in classes])
        factors *= np.where((pairs > 0).all(axis=1), pairs[:, 0] / np.maximum(pairs[:, 1], np.finfo(float).tiny), 1.0)
    return factors


def corrected(shares: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities, of shape (rows, classes), under other shares of the classes.

    Examples
    --------
    >>> corrected(np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([1.8, 0.2])).round(3).tolist()
    [[0.9, 0.1], [0.5, 0.5]]
    """
    made = shares * factors
    found: NDArray[np.float64] = made / made.sum(axis=1, keepdims=True)
    return found


def _sums(target: pd.Series, weights: NDArray[np.float64] | None) -> dict[Any, float]:
    known = target.notna().to_numpy()
    values = plain(target)[known]
    counts = np.ones(len(values)) if weights is None else weights[known]
    names, places = np.unique(values.astype(object).to_numpy().astype(str), return_inverse=True)
    first = {str(value): value for value in values.drop_duplicates().tolist()}
    sums = np.bincount(places, weights=counts, minlength=len(names))
    return {first[name]: float(total) for name, total in zip(names.tolist(), sums.tolist(), strict=True)}
