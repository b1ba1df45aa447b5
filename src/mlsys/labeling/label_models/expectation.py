"""Expectation maximization over distinct rows of votes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.labeling.label_models.posterior import probabilities, shares_of_votes
from mlsys.labeling.statistics.sums import Totals

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

TOLERANCE = 1e-4
"""Largest change of a probability of a vote at which it has settled: a tenth of what 10,000 votes could tell apart."""
TOLERANCE_ON_ALL = 1e-3
"""The same after a start on a sample: the rest is far less than what a sample of that size leaves open."""
MOST_ROUNDS = 300
SAMPLE = 50_000
"""Patterns on which the first rounds are run where there are more; the last ones see all."""
ROUNDS_ON_ALL = 20
"""Rounds on all patterns after a start on a sample: two or three are usual."""

Maximize = Callable[["Floats", "Floats", "Floats | None"], "Floats"]
"""Expected counts (sources x votes x classes), shares of the rows and of the classes before votes: how likely a vote is
given each class, up to a factor that is the same for all classes."""


@dataclass(frozen=True)
class Fit:
    """What was learned.

    Parameters
    ----------
    tables : array, sources x votes x classes
        Logarithm of how likely a vote is given the class.
    prior : array
        Logarithm of the share of each class.
    expected : array, sources x votes x classes
        Votes by class, as far as is known.
    rounds : int
        Rounds until it settled.
    """

    tables: Floats
    prior: Floats
    expected: Floats
    rounds: int


def expectation_maximization(stats: VoteStats, maximize: Maximize, weights: Floats, prior: Floats | None) -> Fit:
    """Alternate between what the classes are and how sources vote, from the majority on.

    Parameters
    ----------
    stats : VoteStats
        The votes.
    maximize : callable
        How sources vote, given expected counts.
    weights : array, sources
        What a vote counts; below 1 for sources that repeat each other.
    prior : array, optional
        Shares of the classes; estimated from the votes if not given.
    """
    spoken = np.flatnonzero(stats.covered)
    some = spoken[:: -(-len(spoken) // SAMPLE)] if len(spoken) > SAMPLE else spoken
    fit = _settled(stats, some, maximize, weights, prior, None, MOST_ROUNDS)
    return fit if len(some) == len(spoken) else _settled(
        stats, spoken, maximize, weights, prior, fit, ROUNDS_ON_ALL
    )  # fmt: skip


def _settled(
    stats: VoteStats, chosen: np.ndarray, maximize: Maximize, weights: Floats, prior: Floats | None,
    fit: Fit | None, rounds: int,
) -> Fit:  # fmt: skip
    codes, counts = stats.patterns[chosen], stats.counts[chosen].astype(np.float64)[:, None]
    totals, classes = Totals(codes, len(stats.classes)), len(stats.classes)
    weighed = weights[:, None, None]
    if fit is None:
        likely = shares_of_votes(codes, classes)
    else:
        likely = probabilities(totals.by_rows(fit.tables * weighed) + fit.prior)
    expected = totals.by_votes(likely * counts)
    mass, done = _shares(likely, counts), 0
    voting, shares = maximize(expected, mass, prior), mass if prior is None else prior
    while done < rounds:
        done += 1
        likely = probabilities(totals.by_rows(np.log(voting) * weighed) + np.log(shares))
        expected = totals.by_votes(likely * counts)
        mass = _shares(likely, counts)
        before, voting = voting, maximize(expected, mass, prior)
        shares = mass if prior is None else prior
        if np.abs(voting - before).max(initial=0) < (TOLERANCE if fit is None else TOLERANCE_ON_ALL):
            break
    return Fit(np.log(voting), np.log(shares), expected, done)


def _shares(likely: Floats, counts: Floats) -> Floats:
    """Return the share of each class, with one row more of each: none is impossible."""
    total = counts[:, 0] @ likely + 1
    return np.asarray(total / total.sum())
