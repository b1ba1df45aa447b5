"""Slopes: by how much a metric changes with each count, sum or row that it is read from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlsys.evaluation.counts.formulas import Margins, Values

STEP = 1e-6
"""Counts and sums are moved by so large a share; central differences then keep about ten digits."""
AT_ONCE = 4_000_000
"""Numbers held at once: 32 MB."""


def slopes(formula: Callable[[Values], Values], at: Values) -> Values:
    """Return the partial derivatives of a formula.

    Parameters
    ----------
    formula : callable
        From sums of shape (..., sums) to values of shape (...).
    at : ndarray of shape (..., sums)
        Where; what is 0 stays 0, and has a slope of 0: no row is there.

    Examples
    --------
    >>> slopes(lambda sums: sums[..., 1] / sums[..., 0], np.array([4.0, 2.0])).round(6).tolist()
    [-0.125, 0.25]
    """
    size = at.shape[-1]
    found, step = np.zeros(at.shape), at * STEP
    some = max(1, AT_ONCE // max(at.size, 1))
    for begin in range(0, size, some):
        places = np.arange(begin, min(begin + some, size))
        moves = np.zeros((*at.shape[:-1], len(places), size))
        moves[..., np.arange(len(places)), places] = step[..., places]
        there = at[..., None, :]
        found[..., places] = formula(there + moves) - formula(there - moves)
    return np.divide(found, 2 * step, out=np.zeros(at.shape), where=step != 0)


def of_tables(formula: Callable[[Values], Values], tables: Values) -> Values:
    """Return by how much a metric changes with each count of confusion tables of two classes.

    Parameters
    ----------
    formula : callable
        From tables of shape (..., classes, classes) to values.
    tables : ndarray of shape (..., classes, classes)
        Counts.

    Examples
    --------
    >>> from mlsys.evaluation.counts.formulas import recall
    >>> of_tables(recall, np.array([[5.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.0]]))[1].round(6).tolist()
    [-0.125, 0.125, 0.0]
    """
    shape = tables.shape[-2:]

    def flat(cells: Values) -> Values:
        return formula(cells.reshape(*cells.shape[:-1], *shape))

    return slopes(flat, tables.reshape(*tables.shape[:-2], -1)).reshape(tables.shape)


def of_margins(formula: Callable[[Margins], Values], margins: Margins) -> Margins:
    """Return by how much a metric of many classes changes with each sum of its table, and with its diagonal."""
    size = margins.truth.shape[-1]

    def apart(sums: Values) -> Values:
        return formula(Margins(*(sums[..., begin : begin + size] for begin in (0, size, 2 * size))))

    found = slopes(apart, np.concatenate(margins, axis=-1))
    return Margins(*(found[..., begin : begin + size] for begin in (0, size, 2 * size)))


def of_auc(events: Values, others: Values) -> tuple[Values, Values]:
    """Return by how much the AUC changes with an event, and with another row, at each distinct score.

    Parameters
    ----------
    events, others : ndarray of shape (distinct scores,)
        Their weight at each score, the lowest first.

    Notes
    -----
    These are the components of DeLong's variance (1988), divided by the weight of either class.

    Examples
    --------
    >>> [each.tolist() for each in of_auc(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]))]
    [[-0.3125, -0.0625, 0.0625], [0.0625, -0.0625, -0.3125]]
    """
    positive, negative = events.sum(), others.sum()
    below = (np.cumsum(others) - others / 2) / negative
    above = (positive - np.cumsum(events) + events / 2) / positive
    area = (events * below).sum() / positive
    return (below - area) / positive, (above - area) / negative


def of_average_precision(events: Values, others: Values) -> tuple[Values, Values]:
    """Return by how much average precision changes with an event, and with another row, at each distinct score.

    Parameters
    ----------
    events, others : ndarray of shape (distinct scores,)
        Their weight at each score, the lowest first.

    Notes
    -----
    A row counts at its own score, and changes the precision there and at all lower scores.

    Examples
    --------
    >>> [each.round(3).tolist() for each in of_average_precision(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]))]
    [[-0.167, -0.028, 0.139], [-0.0, -0.111, -0.611]]
    """
    events, others = events[::-1], others[::-1]
    caught, flagged = np.cumsum(events), np.cumsum(events + others)
    known = flagged > 0
    precision = np.divide(caught, flagged, out=np.zeros(len(caught)), where=known)
    each = np.divide(events, flagged, out=np.zeros(len(caught)), where=known)
    everyone = events.sum()
    value = (events * precision).sum() / everyone
    by_event, by_other = (np.cumsum(part[::-1]) for part in (each * (1 - precision), each * precision))
    return (precision[::-1] - value + by_event) / everyone, -by_other / everyone
