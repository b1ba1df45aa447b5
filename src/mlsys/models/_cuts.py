"""Thresholds on scores of two classes: by share, by cost, and by what must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from mlsys.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Held = Literal["recall", "precision", "false_positive_rate"]
"""What can be asked to hold."""


def cut_by_share(scores: Numbers, weights: Numbers, share: float) -> float:
    """Return the threshold above which at most a share of the rows lies, by weight.

    Examples
    --------
    >>> cut_by_share(np.array([1.0, 2.0, 2.0, 3.0]), np.ones(4), 0.5)
    2.5
    """
    values, flagged = _flagged(scores, weights)
    within = flagged <= share * flagged[-1] * (1 + 1e-12)
    return _between(values, int(within.sum()))


def cut_by_cost(scores: Numbers, event: NDArray[np.bool_], weights: Numbers, missed: float, alarm: float) -> float:
    """Return the threshold of least cost; of several the one that flags fewest.

    Examples
    --------
    >>> cut_by_cost(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]), np.ones(3), 5, 1)
    1.5
    """
    values, caught = _flagged(scores, np.where(event, weights, 0.0))
    alarms = _flagged(scores, np.where(event, 0.0, weights))[1]
    cost = np.r_[missed * caught[-1], missed * (caught[-1] - caught) + alarm * alarms]
    return _between(values, int(np.argmin(cost)))


def cut_that_holds(
    scores: Numbers,
    event: NDArray[np.bool_],
    weights: Numbers,
    held: Held,
    bound: float,
    confidence: float | None,
    who: str,
) -> float:
    """Return the threshold at which one rate keeps its bound and the rate that it is traded against is best.

    Recall of at least the bound with the fewest rows flagged, otherwise the highest recall.

    Parameters
    ----------
    scores : ndarray of shape (rows,)
        Higher for rows that are more likely events.
    event : ndarray of bool
        Which rows are events.
    weights : ndarray
        One a row.
    held : str
        Which rate keeps its bound: recall and precision are at least, the false positive rate at most.
    bound : float
        Between 0 and 1.
    confidence : float, optional
        With which the rate of later rows keeps it, rather than that of these.
    who : str
        For messages.

    Raises
    ------
    DataError
        If no threshold keeps it.

    Examples
    --------
    >>> scores, event = np.arange(10.0), np.arange(10) > 4
    >>> cut_that_holds(scores, event, np.ones(10), "recall", 0.6, None, "TuneThreshold")
    6.5
    """
    values, caught = _flagged(scores, np.where(event, weights, 0.0))
    alarms = _flagged(scores, np.where(event, 0.0, weights))[1]
    part, of = {
        "recall": (caught, np.full(len(values), caught[-1])),
        "precision": (caught, caught + alarms),
        "false_positive_rate": (alarms[-1] - alarms, np.full(len(values), alarms[-1])),
    }[held]
    least = 1 - bound if held == "false_positive_rate" else bound
    scale = float(weights.sum() / (weights**2).sum())  # rows of unlike weight are worth fewer
    rates = part / of if confidence is None else _surely_at_least(part * scale, of * scale, confidence)
    keeps = np.flatnonzero(rates >= least * (1 - 1e-12))
    if held == "false_positive_rate" and confidence is None:
        keeps = np.r_[-1, keeps]  # nothing flagged is no false alarm
    if not len(keeps):
        best = float(rates.max())
        reached, word = (1 - best, "lowest") if held == "false_positive_rate" else (best, "highest")
        sure = "" if confidence is None else f" with a confidence of {confidence:g}"
        raise DataError(
            f"{who}: no threshold on these {len(scores):,} rows ({int(event.sum()):,} events) gives "
            f"{held}={bound:g}{sure}; the {word} is {reached:.3g}",
            "ask for less" + ("" if confidence is None else ", leave confidence= out, or choose it on more rows"),
        )
    return _between(values, int(keeps[0] if held == "recall" else keeps[-1]) + 1)


def _surely_at_least(part: Numbers, of: Numbers, confidence: float) -> Numbers:
    """Return the lower ends of exact one-sided intervals of shares (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    kept = np.maximum(part, 1e-12)
    return np.asarray(np.where(part > 0, betaincinv(kept, of - part + 1, 1 - confidence), 0.0))


def _flagged(scores: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Return the distinct scores, highest first, and the weight of the rows that have it or a higher one."""
    values, places = np.unique(-scores, return_inverse=True)
    return -values, np.cumsum(np.bincount(places.ravel(), weights, len(values)))


def _between(values: Numbers, flagged: int) -> float:
    """Return the threshold that flags the highest so many distinct scores."""
    if flagged == 0:
        return float(np.nextafter(values[0], np.inf))
    if flagged == len(values):
        return float(np.nextafter(values[-1], -np.inf))
    return float((values[flagged - 1] + values[flagged]) / 2)
