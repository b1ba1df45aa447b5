"""Choose a label model, learn it, and count sources that repeat each other as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mlsys.labeling.label_models.duplicates import Pairs, same, weights_of
from mlsys.labeling.label_models.expectation import Fit, expectation_maximization
from mlsys.labeling.label_models.posterior import (
    all_but_last,
    expected_of,
    probabilities,
    shares_of_votes,
    votes_by_class,
)
from mlsys.labeling.label_models.triplet import accuracies, shares_of_classes
from mlsys.labeling.label_models.voting import PRIOR_VOTES, by_class, of_functions, one_coin, with_accuracy
from mlsys.labeling.statistics.sums import Totals

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

Method = Literal["auto", "majority", "dawid_skene", "one_coin", "triplet"]
METHODS = get_args(Method)
ONE_SIDED = 0.5
"""Share of votes by sources that vote for one class only, from which these are functions rather than annotators."""
LEAST_VOTES = 5
"""Votes after which a source that has named one class only is taken to know no other."""
ROWS_AT_ONCE = 65_536
MOST_TURNS, SETTLED = 3, 0.05
"""Turns between what the classes are and who repeats whom, and a change too small for another."""


@dataclass(frozen=True)
class Weighed:
    """What was learned of sources.

    Parameters
    ----------
    tables : array, sources x votes x classes
        Logarithm of how likely a vote is given the class; empty for the majority.
    prior : array
        Logarithm of the share of each class.
    weights : array
        What a vote of each source counts.
    one : array, sources x sources
        How far each two sources are one.
    prior_from : str
        Where the classes' shares come from, in words.
    """

    tables: Floats
    prior: Floats
    weights: Floats
    one: Floats
    prior_from: str

    def probabilities(self, codes: Any) -> Floats:
        """Return the probability of each class for each row of votes."""
        if not len(self.tables):
            return shares_of_votes(codes, len(self.prior))
        likely = np.empty((len(codes), len(self.prior)))
        for start in range(0, len(codes), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            likely[some] = self.of(Totals(codes[some], len(self.prior)))
        return likely

    def of(self, totals: Totals) -> Floats:
        """Return the probability of each class for each row of some votes."""
        classes = len(self.prior)
        if not len(self.tables):
            votes = votes_by_class(totals, len(self.weights), classes)
            total = votes.sum(axis=1, keepdims=True)
            return np.where(total > 0, votes / np.maximum(total, 1), 1 / max(classes, 1))
        weighed = self.tables * self.weights[:, None, None]
        if classes == 2:  # half the work
            first = all_but_last(totals, weighed, self.prior)
            return np.hstack([first, 1 - first])
        return probabilities(totals.by_rows(weighed) + self.prior)


def learned(stats: VoteStats, method: Method, given: Floats | None) -> Weighed:
    """Learn how sources vote.

    Parameters
    ----------
    stats : VoteStats
        The votes.
    method : str
        The label model.
    given : array, optional
        Shares of the classes, if they are known.
    """
    classes, size = len(stats.classes), len(stats.sources)
    even = np.full(classes, 1 / max(classes, 1))
    if method == "majority":
        return Weighed(np.empty((0, classes, classes)), np.log(even), np.ones(size), np.eye(size), "not used")
    functions = one_sided(stats) >= ONE_SIDED
    if given is not None:
        return _learned(stats, method, functions, given, "given")
    if not functions:
        return _learned(stats, method, functions, None, "estimated from votes")
    equal = _learned(stats, method, functions, even, "taken to be equal")
    if not stats.gold.any():
        return equal
    true = stats.gold.sum(axis=0) + 1.0
    of_gold = _learned(stats, method, functions, true / true.sum(), "those of gold")
    return of_gold if _clearly_better(of_gold, equal, stats) else equal


def _clearly_better(one: Weighed, other: Weighed, stats: VoteStats) -> bool:
    """Whether more gold rows with votes are right, by two standard errors of the rows that differ."""
    some = stats.gold.any(axis=1) & stats.covered
    gold, rows = stats.gold[some], np.arange(int(some.sum()))
    mine, theirs = (gold[rows, each.probabilities(stats.patterns[some]).argmax(axis=1)] for each in (one, other))
    gained, lost = np.maximum(mine - theirs, 0).sum(), np.maximum(theirs - mine, 0).sum()
    return bool(gained - lost > 2 * np.sqrt(gained + lost))


def _learned(stats: VoteStats, method: Method, functions: bool, prior: Floats | None, source: str) -> Weighed:
    """Learn with given or estimated shares of the classes, and count sources that repeat each other as one."""
    pairs = Pairs.of(stats)
    one = same(pairs.likeness())
    if (one.sum(axis=1) > 1).any():
        one = same(pairs.beyond_the_truth(_by_majority(stats, weights_of(one))))
    fit = _fit(stats, method, functions, weights_of(one), prior)
    for _ in range(MOST_TURNS if (one.sum(axis=1) > 1).any() else 0):
        before, one = one, same(pairs.beyond_the_truth(fit.expected))
        if np.abs(one - before).max() < SETTLED:
            break
        fit = _fit(stats, method, functions, weights_of(one), prior)
    return Weighed(fit.tables, fit.prior, weights_of(one), one, source)


def _by_majority(stats: VoteStats, weights: Floats) -> Floats:
    """Return votes by the class that has most weight in each row: who repeats others cannot outvote the rest."""
    tables = np.eye(len(stats.classes))[None] * weights[:, None, None]

    def winners(totals: Totals) -> Floats:
        votes = totals.by_rows(tables)
        most = votes >= votes.max(axis=1, keepdims=True) - 1e-9
        return np.asarray((most / most.sum(axis=1, keepdims=True))[:, :-1])

    return expected_of(stats, winners)[0]


def one_sided(stats: VoteStats) -> float:
    """Return the share of votes that come from sources which vote for one class only."""
    votes = stats.votes
    total = votes.sum(axis=1)
    narrow = ((votes > 0).sum(axis=1) == 1) & (total >= LEAST_VOTES)
    return float(total[narrow].sum() / max(total.sum(), 1))


def _fit(stats: VoteStats, method: Method, functions: bool, weights: Floats, prior: Floats | None) -> Fit:
    if method == "triplet":
        return _by_triplets(stats, weights, prior)
    maximize = one_coin if method == "one_coin" else of_functions if functions and method == "auto" else by_class
    return expectation_maximization(stats, maximize, weights, prior)


def _by_triplets(stats: VoteStats, weights: Floats, prior: Floats | None) -> Fit:
    right = accuracies(stats)
    votes = stats.votes.astype(np.float64) + PRIOR_VOTES / len(stats.classes)
    shares = shares_of_classes(votes, right) if prior is None else prior
    tables = np.log(np.clip(with_accuracy(right, len(stats.classes)), 1e-9, 1))
    weighed = tables * weights[:, None, None]
    expected, _ = expected_of(stats, lambda totals: all_but_last(totals, weighed, np.log(shares)))
    return Fit(tables, np.log(shares), expected, 0)
