"""Probabilities that mean what they say, learned on gold; the likeliest class stays the likeliest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.labeling.label_models.posterior import Floats

FOLDS = 10
"""Of the gold rows, by which it is decided what the chance of being right depends on."""
SPREAD = 1.0
"""Standard deviation of the normal prior of each number but the first: few gold rows change little."""
AHEAD = 1e-6
"""By which the likeliest class stays ahead of the second, however rarely it is right."""


@dataclass(frozen=True)
class Calibration:
    """The chance that the likeliest class is right.

    Parameters
    ----------
    level : float
        Log-odds of a row whose two likeliest classes are as likely.
    lead : float
        By which the lead of the likeliest class over the second, as a logarithm, counts.
    of_class : tuple of float
        Added where a class is the likeliest.
    rows : int
        Gold rows it was learned from.
    """

    level: float
    lead: float
    of_class: tuple[float, ...]
    rows: int

    def __call__(self, given: Floats) -> Floats:
        """Return calibrated probabilities: the others keep their proportions, and none passes the likeliest."""
        if given.shape[1] < 2:
            return given
        rows, best = np.arange(len(given)), given.argmax(axis=1)
        odds = self.level + self.lead * _lead(given) + np.array(self.of_class)[best]
        others = given.copy()
        others[rows, best] = 0
        total = others.sum(axis=1, keepdims=True)
        others = np.where(total > 0, others / np.where(total > 0, total, 1), 1 / (given.shape[1] - 1))
        others[rows, best] = 0
        second = others.max(axis=1)
        chance = np.maximum(_logistic(odds), second / (1 + second) + AHEAD)
        made = others * (1 - chance)[:, None]
        made[rows, best] = chance
        return np.asarray(made)


def calibrated(given: Floats, true: NDArray[np.int64]) -> Calibration:
    """Learn how often the likeliest class is right.

    Parameters
    ----------
    given : array, rows x classes
        Probabilities of a label model.
    true : array of int
        Place of the true class.

    Notes
    -----
    Logistic regression of being right (Platt 1999), on nothing, the lead, the class, or both: the first of these that
    predicts left out tenths of the gold rows as well as the best, to one standard error.
    """
    best = given.argmax(axis=1)
    right = (best == true).astype(np.float64)
    lead, of_class = _lead(given)[:, None], np.eye(given.shape[1])[best]
    nothing = np.zeros((len(given), 0))
    ways = {"nothing": nothing, "lead": lead, "class": of_class, "both": np.hstack([lead, of_class])}
    told = {name: _of_left_out(features, right) for name, features in ways.items()}
    most = max(told.values(), key=lambda each: float(each.sum()))
    chosen = next(name for name, each in told.items() if _as_good(each, most))
    found = _fitted(ways[chosen], right)
    slope = float(found[1]) if chosen in {"lead", "both"} else 0.0
    shifts = found[-given.shape[1] :] if chosen in {"class", "both"} else np.zeros(given.shape[1])
    return Calibration(float(found[0]), slope, tuple(map(float, shifts)), len(true))


def _as_good(told: Floats, most: Floats) -> bool:
    """Whether log-likelihoods of the same rows are as high as the highest, to one standard error."""
    less = most - told
    return bool(less.sum() <= less.std() * np.sqrt(len(less)))


def _of_left_out(features: Floats, right: Floats) -> Floats:
    """Return the log-likelihood of each row given the tenths that it is not in."""
    fold, told = np.arange(len(right)) % FOLDS, np.zeros(len(right))
    for number in range(FOLDS):
        found = _fitted(features[fold != number], right[fold != number])
        chance = _logistic(found[0] + features[fold == number] @ found[1:])
        told[fold == number] = np.log(np.abs(1 - right[fold == number] - chance))
    return told


def _fitted(features: Floats, right: Floats) -> Floats:
    """Return the intercept and the slopes of a logistic regression."""
    from scipy.optimize import minimize

    def loss(values: Floats) -> tuple[float, Floats]:
        chance = _logistic(values[0] + features @ values[1:])
        off, slopes = chance - right, values[1:] / SPREAD**2
        total = -np.log(np.abs(1 - right - chance)).sum() + (slopes @ values[1:] + (values[0] / 4) ** 2) / 2
        return float(total), np.concatenate([[off.sum() + values[0] / 16], features.T @ off + slopes])

    return np.asarray(minimize(loss, np.zeros(1 + features.shape[1]), jac=True, method="L-BFGS-B").x)


def _lead(given: Floats) -> Floats:
    """Return by how much the likeliest class is ahead of the second, as a logarithm."""
    if given.shape[1] < 2:
        return np.zeros(len(given))
    top = np.log(np.maximum(np.partition(given, -2, axis=1)[:, -2:], 1e-12))
    return np.asarray(top[:, 1] - top[:, 0])


def _logistic(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
