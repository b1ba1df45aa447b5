"""Metrics of the order of rows within queries: NDCG, MAP and MRR, each a mean over queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.counts.formulas import shares
from mlsys.evaluation.sample import Sample, Task, Values
from mlsys.evaluation.statistic import OfSums

TASKS: tuple[Task, ...] = ("ranking", "regression", "binary")
PerQuery = Callable[["Queries"], Values]


class Queries:
    """Rows in order of query, and within a query of falling score.

    Parameters
    ----------
    query : ndarray of int
        The query of each row.
    relevance, score : ndarray
        How relevant a row is, 0 for not at all; how relevant it is said to be.

    Notes
    -----
    Rows of equal score have no order: a metric is the mean over all their orders (NDCG, as in scikit-learn), or counts
    them as one step (MAP) or as the last of them (MRR). A query whose rows are all equally relevant says nothing about
    an order, and does not count.
    """

    def __init__(self, query: NDArray[np.int64], relevance: Values, score: Values) -> None:
        self.order = np.lexsort((-score, query))
        self.relevance, score = relevance[self.order], score[self.order]
        query = query[self.order]
        new = np.r_[True, query[1:] != query[:-1]]
        self.starts = np.flatnonzero(new)
        self.number = np.cumsum(new) - 1
        self.sizes = np.diff(np.r_[self.starts, len(query)])
        self.rank = np.arange(len(query)) - self.starts[self.number]
        self.tie_starts = np.flatnonzero(new | np.r_[True, score[1:] != score[:-1]])
        self.tie_sizes = np.diff(np.r_[self.tie_starts, len(query)])
        self.counts = np.maximum.reduceat(self.relevance, self.starts) > np.minimum.reduceat(
            self.relevance, self.starts
        )

    def total(self, values: Values) -> Values:
        """Return sums by query."""
        return np.asarray(np.add.reduceat(values, self.starts))

    def evened(self, values: Values) -> Values:
        """Return values with the mean of each tie in place of those of its rows."""
        means = np.add.reduceat(values, self.tie_starts) / self.tie_sizes
        return np.repeat(means, self.tie_sizes)

    def at_tie_end(self, values: Values) -> Values:
        """Return values with that of a tie's last row in place of those of its rows."""
        return np.repeat(values[self.tie_starts + self.tie_sizes - 1], self.tie_sizes)


def ndcg(k: float = np.inf) -> PerQuery:
    """Return the discounted gain of the first k rows beside that of the best order (Järvelin and Kekäläinen 2002).

    The gain of a row is its relevance, and is divided by the logarithm of its place, as in scikit-learn.
    """

    def of(queries: Queries) -> Values:
        discounts = np.where(queries.rank < k, 1 / np.log2(queries.rank + 2), 0.0)
        gained = queries.total(queries.relevance * queries.evened(discounts))
        best = Queries(queries.number, queries.relevance, queries.relevance)
        most = best.total(best.relevance * np.where(best.rank < k, 1 / np.log2(best.rank + 2), 0.0))
        return shares(gained, most)

    return of


def mean_average_precision(queries: Queries) -> Values:
    """Return precision averaged over the relevant rows, those of a relevance above 0; ties are one step."""
    relevant = (queries.relevance > 0).astype(np.float64)
    so_far = np.cumsum(relevant)
    so_far -= (so_far[queries.starts] - relevant[queries.starts])[queries.number]
    precision = queries.at_tie_end(so_far / (queries.rank + 1))
    return shares(queries.total(relevant * precision), queries.total(relevant))


def reciprocal_rank(queries: Queries) -> Values:
    """Return one divided by the place of the first relevant row; in a tie it comes last."""
    places = queries.at_tie_end(queries.rank + 1.0)
    inverse = np.where(queries.relevance > 0, 1 / places, 0.0)
    return np.asarray(np.maximum.reduceat(inverse, queries.starts))


def _by_query(per_query: PerQuery) -> OfSums:
    """Return the mean over queries, each by the mean weight of its rows; bootstrap draws take queries as a whole."""

    def addends(sample: Sample) -> Values:
        found = np.zeros((len(sample.y), 2))
        if sample.query is None or not len(sample.y):
            return found
        score = sample.prediction if sample.by_class is None else sample.score
        queries = Queries(sample.query, sample.y, score)
        share = queries.counts / queries.sizes
        values = np.where(queries.counts, per_query(queries), 0.0)
        found[queries.order] = np.column_stack([share, share * values])[queries.number]
        return found

    return OfSums(addends, lambda sums: shares(sums[..., 1], sums[..., 0]))


def _metric(name: str, per_query: PerQuery, place: int | None = None) -> SampleMetric:
    statistic = _by_query(per_query)
    usual: dict[Task, int] = {} if place is None else {"ranking": place}
    return SampleMetric(
        name, statistic.value, tasks=TASKS, statistic=statistic, bounds=(0.0, 1.0), usual=usual,
        by_query=True,
    )  # fmt: skip


def ndcg_at(k: float) -> SampleMetric:
    """Return NDCG of the first k rows.

    Examples
    --------
    >>> ndcg_at(10).name
    'ndcg_10'
    """
    return _metric(f"ndcg_{k:g}", ndcg(k), 0 if k == 10 else None)


RANKING: Sequence[SampleMetric] = (
    ndcg_at(10),
    _metric("ndcg", ndcg(), 1),
    _metric("map", mean_average_precision, 2),
    _metric("mrr", reciprocal_rank, 3),
)


def some_order(query: NDArray[np.int64], relevance: Values) -> bool:
    """Whether some query has rows of different relevance."""
    return bool(Queries(query, relevance, relevance).counts.any())


def queries_in_words(query: NDArray[np.int64], relevance: Values) -> str:
    """Return how many queries tell orders apart, where not all do; empty where all do."""
    queries = Queries(query, relevance, relevance)
    counted, total = int(queries.counts.sum()), len(queries.counts)
    if counted == total:
        return ""
    return f"{counted:,} of {total:,} queries; in the others all rows are equally relevant"
