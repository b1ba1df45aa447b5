"""Metrics of confusion counts, for any number of tables at once.

A table counts rows, or their weight, by true class (down) and predicted class (across). The last row is of classes that
training rows lack, the last column of predictions that are no class. Leading axes are slices or bootstrap draws. Where
a metric is not defined it is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Margins(NamedTuple):
    """What metrics of many classes need of a table too large to hold: its sums, and its diagonal."""

    truth: Values
    said: Values
    agreed: Values


def margins_of(tables: Values) -> Margins:
    """Return the sums of tables, and their diagonals."""
    return Margins(tables.sum(axis=-1), tables.sum(axis=-2), np.diagonal(tables, axis1=-2, axis2=-1))


Tables = Values | Margins
MOST_CLASSES = 250
"""Tables of more classes are not held."""
EVENT = 1
"""Place of the event among two classes."""


def shares(part: Values, whole: Values) -> Values:
    """Return quotients, NaN where the divisor is 0.

    Examples
    --------
    >>> shares(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole != 0))


def by_truth(tables: Tables) -> Values:
    """Return the weight of rows of each true class."""
    return tables.truth if isinstance(tables, Margins) else np.asarray(tables.sum(axis=-1))


def by_said(tables: Tables) -> Values:
    """Return the weight of rows predicted as each class."""
    return tables.said if isinstance(tables, Margins) else np.asarray(tables.sum(axis=-2))


def agreed(tables: Tables) -> Values:
    """Return the weight of rows of each class that were predicted as it."""
    return tables.agreed if isinstance(tables, Margins) else np.diagonal(tables, axis1=-2, axis2=-1)


def total(tables: Tables) -> Values:
    """Return the weight of all rows."""
    return np.asarray(by_truth(tables).sum(axis=-1))


def right(tables: Tables) -> Values:
    """Return the weight of rows that were predicted right."""
    return np.asarray(agreed(tables)[..., :-1].sum(axis=-1))


def events(tables: Values) -> Values:
    """Return the weight of events."""
    return np.asarray(tables[..., EVENT, :].sum(axis=-1))


def others(tables: Values) -> Values:
    """Return the weight of rows of the other class."""
    return np.asarray(tables[..., 1 - EVENT, :].sum(axis=-1))


def flagged(tables: Values) -> Values:
    """Return the weight of rows predicted as the event."""
    return np.asarray(tables[..., :, EVENT].sum(axis=-1))


def caught(tables: Values) -> Values:
    """Return the weight of events predicted as such."""
    return np.asarray(tables[..., EVENT, EVENT])


def false_alarms(tables: Values) -> Values:
    """Return the weight of rows of the other class predicted as the event."""
    return np.asarray(tables[..., 1 - EVENT, EVENT])


def accuracy(tables: Tables) -> Values:
    """Return the share of rows that were predicted right."""
    return shares(right(tables), total(tables))


def recall(tables: Values) -> Values:
    """Return the share of events that were predicted."""
    return shares(caught(tables), events(tables))


def precision(tables: Values) -> Values:
    """Return the share of predicted events that were events."""
    return shares(caught(tables), flagged(tables))


def false_positive_rate(tables: Values) -> Values:
    """Return the share of the other rows that were predicted as the event."""
    return shares(false_alarms(tables), others(tables))


def selection_rate(tables: Values) -> Values:
    """Return the share of rows predicted as the event."""
    return shares(flagged(tables), total(tables))


def recalls(tables: Tables) -> Values:
    """Return the recall of each class along the last axis."""
    return shares(agreed(tables)[..., :-1], by_truth(tables)[..., :-1])


def balanced_accuracy(tables: Tables) -> Values:
    """Return the mean recall of the classes that are there."""
    return _mean_of_known(recalls(tables))


def f_beta(beta: float) -> Callable[[Values], Values]:
    """Return F-beta: the harmonic mean in which recall weighs beta times as much as precision (van Rijsbergen 1979)."""

    def f(tables: Values) -> Values:
        return shares((1 + beta**2) * caught(tables), beta**2 * events(tables) + flagged(tables))

    return f


def macro_f1(tables: Tables) -> Values:
    """Return the mean F1 of the classes that are there or predicted."""
    both = (by_truth(tables) + by_said(tables))[..., :-1]
    return _mean_of_known(shares(2 * agreed(tables)[..., :-1], both))


def mcc(tables: Tables) -> Values:
    """Return Matthews' correlation of truth and prediction over all classes (Gorodkin 2004), 0 if one is constant."""
    truth, said, rows = by_truth(tables), by_said(tables), total(tables)
    spread = (rows**2 - (truth**2).sum(axis=-1)) * (rows**2 - (said**2).sum(axis=-1))
    joint = agreed(tables).sum(axis=-1) * rows - (truth * said).sum(axis=-1)
    root = np.sqrt(np.maximum(spread, 0.0))
    return np.asarray(np.divide(joint, root, out=np.zeros(np.shape(root)), where=root > 0))


def _mean_of_known(values: Values) -> Values:
    known = ~np.isnan(values)
    return shares(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))
