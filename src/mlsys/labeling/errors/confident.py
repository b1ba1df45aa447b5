"""Confident learning: how many labels of each class are wrong, and which (Northcutt, Jiang and Chuang 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.labeling.errors.scores import self_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

_ROUNDING = 1e-6


def guesses(codes: Codes, shares: Floats) -> Codes:
    """Return the class that each row confidently has, whatever its label; -1 where it has none.

    A row has a class confidently if the probability is at least the mean of that probability among rows with that
    label; of several the likeliest.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.05, 0.95]])
    >>> guesses(np.array([0, 0, 1, 1, 0]), shares).tolist()
    [0, 0, -1, 1, 1]
    """
    counts = np.bincount(codes, minlength=shares.shape[1])
    totals = np.bincount(codes, weights=self_confidence(codes, shares), minlength=shares.shape[1])
    thresholds = np.where(counts > 0, totals / np.maximum(counts, 1), np.inf)
    above = shares >= thresholds - _ROUNDING
    best = np.where(above, shares, -1.0).argmax(axis=1)
    return np.where(above.any(axis=1), best, -1)


def joint(codes: Codes, shares: Floats) -> Floats:
    """Return how many rows have each label and each true class, scaled so that rows add up to the labels.

    Returns
    -------
    ndarray of shape (classes, classes)
        Labels by true classes.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.05, 0.95]])
    >>> joint(np.array([0, 0, 1, 1, 0]), shares)
    array([[2., 1.],
           [0., 2.]])
    """
    classes, guessed = shares.shape[1], guesses(codes, shares)
    sure = guessed >= 0
    counted = np.bincount(codes[sure] * classes + guessed[sure], minlength=classes * classes).reshape(classes, classes)
    counted = counted.astype(np.float64)
    np.fill_diagonal(counted, np.maximum(counted.diagonal(), 1.0))
    scaled: Floats = counted * (np.bincount(codes, minlength=classes) / counted.sum(axis=1))[:, None]
    return scaled


def off_diagonal(codes: Codes, shares: Floats) -> NDArray[np.bool_]:
    """Return which rows confidently have another class than their label, and are predicted to have it.

    Examples
    --------
    >>> off_diagonal(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [False, True, False]
    """
    guessed = guesses(codes, shares)
    return np.asarray((guessed >= 0) & (guessed != codes) & (shares.argmax(axis=1) != codes))


def _whole(counts: Floats) -> Codes:
    """Return whole numbers whose rows add up to the same, each as near as can be."""
    found = np.rint(counts)
    for place, row in enumerate(counts):
        over = int(found[place].sum() - np.rint(row.sum()))
        step = np.sign(over)
        first = np.argsort(step * (row - found[place]), kind="stable")[: abs(over)]
        found[place, first] -= step
    return np.asarray(found, dtype=np.int64)


def pruned_by_noise_rate(codes: Codes, shares: Floats) -> NDArray[np.bool_]:
    """Return for each pair of label and true class as many rows as the joint says, those of the largest lead."""
    found, counts = np.zeros(len(codes), dtype=bool), _whole(joint(codes, shares))
    own = self_confidence(codes, shares)
    for label in range(shares.shape[1]):
        inside = np.flatnonzero(codes == label)
        for true in range(shares.shape[1]):
            wanted = min(int(counts[label, true]), len(inside))
            if true == label or not wanted:
                continue
            lead = shares[inside, true] - own[inside]
            found[inside[np.argsort(-lead, kind="stable")[:wanted]]] = True
    return np.asarray(found & (shares.argmax(axis=1) != codes))


def pruned_by_class(codes: Codes, shares: Floats) -> NDArray[np.bool_]:
    """Return for each class as many rows as the joint says are wrong, those whose label is least likely."""
    found, counts = np.zeros(len(codes), dtype=bool), joint(codes, shares)
    wrong = np.rint(counts.sum(axis=1) - counts.diagonal()).astype(np.int64)
    own = self_confidence(codes, shares)
    for label in range(shares.shape[1]):
        inside = np.flatnonzero(codes == label)
        found[inside[np.argsort(own[inside], kind="stable")[: wrong[label]]]] = True
    return np.asarray(found & (shares.argmax(axis=1) != codes))
