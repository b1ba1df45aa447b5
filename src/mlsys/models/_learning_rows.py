"""A fit on training rows: early stopping watches some; if those are the latest, all are learned afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.models._curves import curves_of
from mlsys.models._early_stopping import (
    set_aside,
    size_found,
    stops_early,
    watched_behind_steps,
    watched_rows,
    watches_the_latest,
    watching,
    with_size,
)
from mlsys.models._estimators import classifies
from mlsys.models._fitting import fitting
from mlsys.models._queries import told_of_queries, watched_queries, whole_queries
from mlsys.models._rounds import fit_told
from mlsys.steps.inner_folds import Told, split_by_roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.models._rounds import Tell


@dataclass(frozen=True)
class Learned:
    """What an estimator is fitted on.

    Parameters
    ----------
    train : Rows
        The rows.
    features : DataFrame
        Their features, under the names that errors use.
    taken : object
        The features as the estimator takes them.
    target : ndarray of shape (n_rows,) or (n_rows, n_targets)
        The target.
    weights : mapping
        Weights by the argument that takes them.
    queries : ndarray of shape (n_rows,), optional
        Numbers of queries, for a ranker.
    tell : callable, optional
        Is told of the rounds of the first fit.
    """

    train: Rows
    features: Any
    taken: Any
    target: NDArray[Any]
    weights: Mapping[str, Any]
    queries: NDArray[np.int64] | None = None
    tell: Tell | None = None

    def rows(self, which: NDArray[Any]) -> Learned:
        """Return those of some rows, by a mask or by places."""
        places = np.flatnonzero(which) if which.dtype == bool else which
        features, taken = (_rows_at(each, places, len(self.target)) for each in (self.features, self.taken))
        weights = {name: values[places] for name, values in self.weights.items()}
        queries = None if self.queries is None else self.queries[places]
        return Learned(self.train.take_rows(places), features, taken, self.target[places], weights, queries, self.tell)


def fitted_on(
    estimator: Any, given: Learned, share: float, who: str, beside: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Any, dict[str, list[float]]]:
    """Return the estimator fitted on rows, and the losses of a fit that it was not the last of.

    Where early stopping watched the latest rows, the estimator is fitted a second time, on all rows and of the size
    that was found: the latest rows say most about those to come.
    """
    watched = np.zeros(len(given.target), dtype=bool)
    shown: dict[str, Any] = {}
    if stops_early(estimator, len(given.target)):
        watched = watched_rows(given.train, given.target, share, classifies(estimator))
        watched = watched if given.queries is None else whole_queries(watched, given.queries)
        shown = set_aside(estimator, given.taken, given.target, dict(given.weights), watched, who)
        shown = shown if given.queries is None else watched_queries(estimator, given.queries[watched], shown)
    if not shown:
        _fit(estimator, given, dict(beside), who)
        return estimator, {}
    _fit(estimator, given.rows(~watched), {**shown, **beside}, who)
    alone = not beside and given.queries is None
    size = size_found(estimator) if alone and watches_the_latest(given.train) else None
    if size is None:
        return estimator, {}
    curves, estimator = curves_of(estimator), with_size(estimator, size)
    _fit(estimator, replace(given, tell=None), {}, who)
    return estimator, curves


def _fit(estimator: Any, given: Learned, shown: dict[str, Any], who: str) -> None:
    """Fit on the converted features; errors name the features that were given."""
    weights = dict(given.weights)
    if given.queries is not None:
        weights, shown = {}, shown | told_of_queries(estimator, given.queries, weights)
    with watched_behind_steps(estimator, shown) as routed:
        told = Told(weights, shown, routed)
        with split_by_roles(estimator, given.train, who, told) as (order, arguments), fitting(given.features, who):
            with watching():
                features, target = _rows_at(given.taken, order, len(given.target)), given.target[order]
                fit_told(estimator, given.tell, partial(estimator.fit, features, target, **arguments))


def _rows_at(features: Any, order: NDArray[np.int64], rows: int) -> Any:
    """Return features of rows at places; the same object where these are all rows in order."""
    if len(order) == rows and (np.diff(order) == 1).all():
        return features
    return features.iloc[order] if hasattr(features, "iloc") else features[order]
