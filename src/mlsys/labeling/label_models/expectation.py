"""Expectation maximization over distinct rows of votes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.labeling.label_models.posterior import all_but_last, expected_of, votes_by_class

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats
    from mlsys.labeling.statistics.sums import Totals

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
    step = -(-len(spoken) // SAMPLE)
    if step <= 1:
        return _settled(stats, maximize, weights, prior, None, MOST_ROUNDS)
    fit = _settled(stats.of_patterns(spoken[::step]), maximize, weights, prior, None, MOST_ROUNDS)
    return _settled(stats, maximize, weights, prior, fit, ROUNDS_ON_ALL)


def _settled(
    stats: VoteStats, maximize: Maximize, weights: Floats, prior: Floats | None, fit: Fit | None, rounds: int
) -> Fit:
    weighed, sources, classes = weights[:, None, None], len(stats.sources), len(stats.classes)

    def by_votes(totals: Totals) -> Floats:
        votes = votes_by_class(totals, sources, classes)
        return np.asarray(votes[:, :-1] / np.maximum(votes.sum(axis=1, keepdims=True), 1))

    def learned(voting: Floats, shares: Floats) -> tuple[Floats, Floats]:
        tables, before = np.log(voting) * weighed, np.log(shares)
        return expected_of(stats, lambda totals: all_but_last(totals, tables, before))

    expected, mass = expected_of(stats, by_votes) if fit is None else learned(np.exp(fit.tables), np.exp(fit.prior))
    mass, done = _shares(mass), 0
    voting, shares = maximize(expected, mass, prior), mass if prior is None else prior
    while done < rounds:
        done += 1
        expected, mass = learned(voting, shares)
        mass = _shares(mass)
        before, voting = voting, maximize(expected, mass, prior)
        shares = mass if prior is None else prior
        if np.abs(voting - before).max(initial=0) < (TOLERANCE if fit is None else TOLERANCE_ON_ALL):
            break
    return Fit(np.log(voting), np.log(shares), expected, done)


def _shares(rows: Floats) -> Floats:
    """Return the share of each class, with one row more of each: none is impossible."""
    return np.asarray((rows + 1) / (rows + 1).sum())
