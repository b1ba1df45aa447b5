"""Probabilities of classes from what votes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlsys.labeling.statistics import VoteStats
    from mlsys.labeling.statistics.sums import Totals

    Floats = NDArray[np.float64]

AT_ONCE = 16_384
"""Rows of which a copy as floats is made at a time."""


def probabilities(logs: Floats) -> Floats:
    """Return rows of logarithms as probabilities that sum to 1.

    Examples
    --------
    >>> probabilities(np.log([[1.0, 3.0]])).round(2).tolist()
    [[0.25, 0.75]]
    """
    if logs.shape[1] == 2:  # half the exponentials
        ahead = np.exp(np.clip(logs[:, 0] - logs[:, 1], -700, 700))
        second = 1 / (1 + ahead)
        return np.column_stack([1 - second, second])
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def all_but_last(totals: Totals, tables: Floats, prior: Floats) -> Floats:
    """Return the probability of each class but the last, which is what they leave: rows x (classes - 1).

    Parameters
    ----------
    totals : Totals
        The votes.
    tables : array, sources x votes x classes
        Logarithm of how likely a vote is given the class.
    prior : array
        Logarithm of the share of each class.
    """
    ahead = totals.by_rows(tables[..., :-1] - tables[..., -1:])
    ahead += prior[:-1] - prior[-1]
    if len(prior) == 2:
        return np.asarray(1 / (1 + np.exp(-np.clip(ahead, -700, 700))))
    most = np.maximum(ahead.max(axis=1, initial=0), 0)[:, None]
    raised = np.exp(ahead - most)
    return np.asarray(raised / (raised.sum(axis=1, keepdims=True) + np.exp(-most)))


def votes_by_class(totals: Totals, sources: int, classes: int) -> Floats:
    """Return how many sources vote for each class in each row."""
    return totals.by_rows(np.broadcast_to(np.eye(classes), (sources, classes, classes)))


def expected_of(stats: VoteStats, likely: Callable[[Totals], Floats]) -> tuple[Floats, Floats]:
    """Return votes by class, sources x votes x classes, and rows by class, as far as is known.

    Parameters
    ----------
    stats : VoteStats
        The votes.
    likely : callable
        Gives the probability of each class but the last for rows of votes.
    """
    classes = len(stats.classes)
    expected, mass, rows = np.zeros((len(stats.sources), classes, classes - 1)), np.zeros(classes - 1), 0.0
    for counts, totals in stats.blocks:
        given = likely(totals) * counts[:, None]
        expected += totals.by_votes(given)
        mass += given.sum(axis=0)
        rows += float(counts.sum())
    last = np.maximum(stats.votes - expected.sum(axis=2), 0)
    return np.concatenate([expected, last[:, :, None]], axis=2), np.append(mass, max(rows - mass.sum(), 0))


def shares_of_votes(codes: NDArray[np.int8], classes: int) -> Floats:
    """Return each class's share of a row's votes; the same for all where nobody voted.

    Examples
    --------
    >>> shares_of_votes(np.array([[0, 1, 1, 1], [-1, -1, -1, -1]], np.int8), 2).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    shares, one = np.empty((len(codes), classes)), np.ones(codes.shape[1], np.float32)
    for start in range(0, len(codes), AT_ONCE):
        part = codes[start : start + AT_ONCE]
        counts = np.column_stack([(part == place).astype(np.float32) @ one for place in range(classes)])
        total = counts @ np.ones((classes, 1), np.float32)
        shares[start : start + AT_ONCE] = np.where(total > 0, counts / np.maximum(total, 1), 1 / max(classes, 1))
    return shares
