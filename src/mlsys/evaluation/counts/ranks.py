"""Metrics of rankings, read from the weight of events and others at each distinct score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.counts.formulas import Values, shares


@dataclass(frozen=True)
class Ranked:
    """Rows in the order of their scores, the lowest first.

    Parameters
    ----------
    order : ndarray of int
        Rows in order.
    starts : ndarray of int
        Where in this order each distinct score begins.
    event : ndarray of bool
        Whether each row, in order, is an event.

    Examples
    --------
    >>> ranked = Ranked.of(np.array([0.2, 0.9, 0.2]), np.array([False, True, True]))
    >>> [each.tolist() for each in ranked.counted(np.ones(3))]
    [[1.0, 1.0], [1.0, 0.0]]
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    event: NDArray[np.bool_]

    @classmethod
    def of(cls, score: Values, event: NDArray[np.bool_]) -> Ranked:
        """Sort rows once; equal scores have no order of their own."""
        order = np.argsort(score)
        ordered = score[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(order) else order
        return cls(order, starts, event[order])

    def counted(self, weight: Values) -> tuple[Values, Values]:
        """Return the weight of events and of others at each distinct score.

        Parameters
        ----------
        weight : ndarray of shape (..., rows)
            In the order of the rows as they were given; leading axes are bootstrap draws.
        """
        weight = weight[..., self.order]
        if len(self.starts) == len(self.order):
            return np.where(self.event, weight, 0.0), np.where(self.event, 0.0, weight)
        events = np.add.reduceat(np.where(self.event, weight, 0.0), self.starts, axis=-1)
        return events, np.add.reduceat(np.where(self.event, 0.0, weight), self.starts, axis=-1)

    @cached_property
    def placements(self) -> tuple[float, Values, Values]:
        """The AUC, and the components of its variance, those of events and those of other rows, in given order."""
        events, others = self.counted(np.ones(len(self.order)))
        positives, negatives = events.sum(), others.sum()
        below = (np.cumsum(others) - others / 2) / negatives
        above = (positives - np.cumsum(events) + events / 2) / positives
        placed, event = self.by_row(below, above), np.empty(len(self.order), dtype=bool)
        event[self.order] = self.event
        return float(placed[event].mean()), placed[event], placed[~event]

    def by_row(self, of_event: Values, of_other: Values) -> Values:
        """Return for each row, as they were given, the value of its score and kind."""
        sizes = np.diff(np.append(self.starts, len(self.order)))
        found = np.empty(len(self.order))
        found[self.order] = np.where(self.event, np.repeat(of_event, sizes), np.repeat(of_other, sizes))
        return found


def auc(events: Values, others: Values) -> Values:
    """Return the chance that an event is scored above another row, ties counted half.

    Parameters
    ----------
    events, others : ndarray of shape (..., distinct scores)
        Their weight at each score, the lowest first.

    Examples
    --------
    >>> float(auc(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0])))
    0.875
    """
    below = np.cumsum(others, axis=-1) - others / 2
    return shares((events * below).sum(axis=-1), events.sum(axis=-1) * others.sum(axis=-1))


def average_precision(events: Values, others: Values) -> Values:
    """Return precision averaged over the recall steps; rows of one score are one step.

    Examples
    --------
    >>> float(average_precision(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0])))
    0.8333333333333333
    """
    events, others = events[..., ::-1], others[..., ::-1]
    caught = np.cumsum(events, axis=-1)
    flagged = np.cumsum(events + others, axis=-1)
    precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
    return shares((events * precision).sum(axis=-1), events.sum(axis=-1))


def placement_variance(events: Values, others: Values) -> tuple[float, float]:
    """Return the AUC of rows without weights, and its variance (DeLong et al. 1988)."""
    positive, negative = float(events.sum()), float(others.sum())
    below = (np.cumsum(others) - others / 2) / negative
    above = (positive - np.cumsum(events) + events / 2) / positive
    area = float((events * below).sum() / positive)
    spread = (events * (below - area) ** 2).sum() / (positive * (positive - 1))
    return area, float(spread + (others * (above - area) ** 2).sum() / (negative * (negative - 1)))


def auc_bound(events: Values, others: Values) -> Values:
    """Return how far the AUC of binned scores can lie from that of the scores themselves.

    Notes
    -----
    Within a bin the order is not known, and each pair counts a half: with all pairs of a bin in order, or none, the AUC
    would differ by half of their share.
    """
    return shares((events * others).sum(axis=-1) / 2, events.sum(axis=-1) * others.sum(axis=-1))


def average_precision_ends(events: Values, others: Values) -> tuple[Values, Values]:
    """Return between which values the average precision lies, whatever the order within bins.

    Notes
    -----
    At an event of a bin, the events so far are at least those of the bins above and at most those with its own, and
    so are the other rows.
    """
    events, others = events[..., ::-1], others[..., ::-1]
    caught, alarms = np.cumsum(events, axis=-1), np.cumsum(others, axis=-1)
    before, least = caught - events, alarms - others
    worst = np.nan_to_num(shares(before, before + alarms))
    best = np.nan_to_num(shares(caught, caught + least))
    everyone = events.sum(axis=-1)
    return shares((events * worst).sum(axis=-1), everyone), shares((events * best).sum(axis=-1), everyone)
