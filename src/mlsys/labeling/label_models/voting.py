"""How sources vote, given expected counts of their votes by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats

PRIOR_VOTES, PRIOR_ACCURACY = 10.0, 0.75
"""What is believed of a source before it votes: as if 10 of its votes had been seen and 7.5 of them were right."""
JEFFREYS = 0.5
"""Pseudo-votes in each cell of an annotator's table: Jeffreys' prior of shares, which has nothing to choose."""
NEW_VOTES, KNOWN_AFTER = 4.0, 10.0
"""Further pseudo-votes of an annotator, right in 75 %: 4 for one without votes, half as many after 10, and so on.

Chosen on made votes of crowds in which annotators cast few votes each: there nothing but Jeffreys' prior loses .015 on
average. A stronger prior gains .003 more on made votes; it was not taken because it loses .03 on one real crowd.
"""
FUNCTION_VOTES, FUNCTION_SHARE = 200.0, 1.0
"""Pseudo-votes of a function, right in 75 %: 200, and as many again as it casts.

Chosen, as ``OF_MASS``, on 30 sets of made votes by functions of one class each (2 to 6 classes, 1,000 to 20,000 rows)
and on the truth of the training rows of two real sets; the truth of test rows was not used. Among the settings tried,
this one was nowhere below the majority.
"""
OF_MASS = 0.75
"""How far a vote is compared with the rows believed to be of a class, rather than with the class's share before votes.

With 1, a class that loses rows speaks louder with each round, and may take all; with 0, one that gains rows does.
"""


def by_class(expected: Floats, mass: Floats, prior: Floats | None) -> Floats:
    """Return how annotators vote (Dawid and Skene): each has a share of votes for each class, given each class."""
    votes = expected.sum(axis=(1, 2), keepdims=True)
    counts = expected + JEFFREYS + NEW_VOTES * KNOWN_AFTER / (KNOWN_AFTER + votes) * _believed(expected.shape[-1])
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def of_functions(expected: Floats, mass: Floats, prior: Floats | None) -> Floats:
    """Return how much more often functions vote on rows of each class than on others; each mostly knows one class.

    Parameters
    ----------
    expected : array, sources x votes x classes
        Votes by class, as far as is known.
    mass : array
        Share of the rows believed to be of each class.
    prior : array, optional
        Share of each class before any vote.
    """
    believed, votes = _believed(expected.shape[-1]), expected.sum(axis=2, keepdims=True)
    weight = FUNCTION_VOTES + FUNCTION_SHARE * votes
    precision = (expected + weight * believed) / (votes + weight)
    before = mass if prior is None else OF_MASS * mass + (1 - OF_MASS) * prior
    return np.asarray(precision / before)


def one_coin(expected: Floats, mass: Floats, prior: Floats | None) -> Floats:
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


def _believed(classes: int) -> Floats:
    """Return a source right in 75 %, and wrong for any other class alike."""
    return np.asarray(with_accuracy(np.array([PRIOR_ACCURACY]), classes)[0])
