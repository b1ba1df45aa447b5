"""How much a label of each row would tell, by what one model or a committee says of it: higher means ask first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def least_confidence(shares: Floats) -> Floats:
    """Return 1 minus the probability of the likeliest class (Lewis and Gale 1994).

    Parameters
    ----------
    shares : ndarray of shape (rows, classes)
        Probabilities.

    Examples
    --------
    >>> least_confidence(np.array([[0.5, 0.5], [0.9, 0.1]])).round(2).tolist()
    [0.5, 0.1]
    """
    return np.asarray(1 - shares.max(axis=1))


def margin(shares: Floats) -> Floats:
    """Return 1 minus the lead of the likeliest class over the next (Scheffer et al. 2001).

    Examples
    --------
    >>> margin(np.array([[0.5, 0.3, 0.2], [0.5, 0.5, 0.0]])).round(2).tolist()
    [0.8, 1.0]
    """
    two = np.partition(shares, -2, axis=1)[:, -2:]
    return np.asarray(1 - (two[:, 1] - two[:, 0]))


def entropy(shares: Floats) -> Floats:
    """Return the entropy of the classes in nats (Shannon 1948).

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(3).tolist()
    [0.693, 0.0]
    """
    return np.asarray(-(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1) + 0.0)


def vote_entropy(committee: Floats) -> Floats:
    """Return the entropy of the classes that the members vote for (Dagan and Engelson 1995).

    Parameters
    ----------
    committee : ndarray of shape (members, rows, classes)
        Probabilities of each member.

    Examples
    --------
    >>> vote_entropy(np.array([[[0.6, 0.4]], [[0.2, 0.8]]])).round(3).tolist()
    [0.693]
    """
    classes = committee.shape[2]
    votes = committee.argmax(axis=2)[:, :, None] == np.arange(classes)
    return entropy(votes.mean(axis=0))


def kullback_leibler(committee: Floats) -> Floats:
    """Return the mean divergence of the members from their mean, in nats (McCallum and Nigam 1998).

    Examples
    --------
    >>> kullback_leibler(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(3).tolist()
    [0.693]
    """
    mean = committee.mean(axis=0)
    each = np.stack([entropy(member) for member in committee])
    return np.asarray(np.maximum(entropy(mean) - each.mean(axis=0), 0.0))


BY_MODEL: dict[str, Callable[[Floats], Floats]] = {
    "least_confidence": least_confidence,
    "margin": margin,
    "entropy": entropy,
}
BY_COMMITTEE: dict[str, Callable[[Floats], Floats]] = {"vote_entropy": vote_entropy, "kl": kullback_leibler}
