"""How much a label agrees with out-of-fold probabilities, between 0 and 1: low where it is likely to be wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]


def self_confidence(codes: Codes, shares: Floats) -> Floats:
    """Return the probability of the label itself.

    Parameters
    ----------
    codes : ndarray of int of shape (rows,)
        Place of each label among the classes.
    shares : ndarray of shape (rows, classes)
        Probabilities by models that did not learn from the row.

    Examples
    --------
    >>> self_confidence(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])).tolist()
    [0.9, 0.1]
    """
    return np.asarray(shares[np.arange(len(codes)), codes])


def normalized_margin(codes: Codes, shares: Floats) -> Floats:
    """Return how far the probability of the label is above that of the likeliest other class, moved to 0 to 1.

    Examples
    --------
    >>> normalized_margin(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])).round(2).tolist()
    [0.9, 0.1]
    """
    own = self_confidence(codes, shares)
    others = shares.copy()
    others[np.arange(len(codes)), codes] = -np.inf
    return np.asarray((own - others.max(axis=1) + 1) / 2)


def confidence_weighted_entropy(codes: Codes, shares: Floats) -> Floats:
    """Return how little is known of the row, the less sure of the label, as a score from 0 (likely wrong) to 1.

    The entropy over the logarithm of the number of classes, divided by the probability of the label (Kuan and Mueller
    2022), is moved to 0 to 1 as they do.

    Examples
    --------
    >>> confidence_weighted_entropy(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])).round(2).tolist()
    [0.8, 0.37]
    """
    own = np.clip(self_confidence(codes, shares), _LEAST, None)
    told = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1) / np.log(shares.shape[1])
    raw = told / own
    return np.asarray(np.log(raw + 1) / np.where(raw > 0, raw, 1.0) + (raw <= 0))


_LEAST = 1e-6
BY_SCORE: dict[str, Callable[[Codes, Floats], Floats]] = {
    "self_confidence": self_confidence,
    "normalized_margin": normalized_margin,
    "entropy": confidence_weighted_entropy,
}
