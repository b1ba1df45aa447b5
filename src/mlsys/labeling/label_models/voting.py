"""How sources vote, given expected counts of their votes by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlsys.labeling.label_models.expectation import Maximize
    from mlsys.labeling.label_models.posterior import Floats

PRIOR_VOTES, PRIOR_ACCURACY = 10.0, 0.75
"""What is believed of a function before it votes: as if 10 of its votes had been seen and 7.5 of them were right.

Chosen on the truth of the training questions of TREC, where results differ by less than .02 from 4 to 50 votes and from
.6 to .85; no truth of test rows was used.
"""
JEFFREYS = 0.5
"""Pseudo-votes in each cell of an annotator's table: Jeffreys' prior of shares, which has nothing to choose."""


def by_class(better_than_chance: bool) -> Maximize:
    """Return how Dawid and Skene learn: each source has a share of votes for each class, given each class.

    Parameters
    ----------
    better_than_chance : bool
        Whether a source is believed to be rather right; otherwise nothing is believed.
    """

    def maximize(expected: Floats) -> Floats:
        classes = expected.shape[-1]
        if better_than_chance:
            believed = np.full((classes, classes), PRIOR_VOTES * (1 - PRIOR_ACCURACY) / max(classes - 1, 1))
            np.fill_diagonal(believed, PRIOR_VOTES * PRIOR_ACCURACY)
        else:
            believed = np.full((classes, classes), JEFFREYS)
        counts = expected + believed
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    return maximize


def one_coin(expected: Floats) -> Floats:
    """Return how sources vote that are right with one probability, and wrong for any other class alike."""
    right = np.einsum("sii->s", expected) + PRIOR_VOTES * PRIOR_ACCURACY
    return with_accuracy(right / (expected.sum(axis=(1, 2)) + PRIOR_VOTES), expected.shape[-1])


def with_accuracy(accuracy: Floats, classes: int) -> Floats:
    """Return how sources vote that are right with some probability, whatever the class.

    Examples
    --------
    >>> with_accuracy(np.array([0.8]), 3).round(2).tolist()
    [[[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]]
    """
    wrong = ((1 - accuracy) / max(classes - 1, 1))[:, None, None]
    same = np.eye(classes, dtype=bool)[None]
    return np.where(same, accuracy[:, None, None], wrong)
