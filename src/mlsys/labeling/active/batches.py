"""Batches of rows that differ from each other: farthest from what is labelled, or one of each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.labeling._points import in_deviations, points_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

_MOST_CLUSTERED = 50
"""Candidates for each row of a batch: the most informative ones are clustered (Zhdanov 2019 uses 10 to 50)."""


def space_of(features: Any, estimator: Any, who: str) -> Floats:
    """Return rows as points: as the last step of a pipeline sees them, in units of each column's deviation."""
    if getattr(estimator, "steps", None) and len(estimator.steps) > 1:
        features = estimator[:-1].transform(features)
    table = points_of(features, who, "give a pipeline of estimators that fills and encodes")
    return in_deviations(table - table.mean(axis=0))


def k_center(points: Floats, pool: Places, labelled: Places, count: int) -> tuple[Places, Floats]:
    """Return pool rows chosen one by one, each farthest from all labelled and chosen ones (Sener and Savarese 2018).

    Returns
    -------
    array of int, array of float
        Places among the points, in order, and the distance of each to the nearest one before it.

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [5.0], [9.0]])
    >>> k_center(points, np.array([1, 2, 3]), np.array([0]), 2)[0].tolist()
    [3, 2]
    """
    nearest = np.full(len(pool), np.inf)
    for place in labelled:
        nearest = np.minimum(nearest, _squares(points[pool], points[place]))
    chosen: list[int] = []
    distances: list[float] = []
    for _ in range(min(count, len(pool))):
        best = int(nearest.argmax())
        chosen.append(int(pool[best]))
        distances.append(float(np.sqrt(nearest[best])))
        nearest = np.minimum(nearest, _squares(points[pool], points[pool[best]]))
        nearest[best] = -1.0
    return np.array(chosen, dtype=np.int64), np.array(distances)


def _squares(points: Floats, centre: Floats) -> Floats:
    difference = points - centre
    return np.asarray(np.einsum("ij,ij->i", difference, difference))


def clustered(points: Floats, pool: Places, score: Floats, count: int, seed: int) -> Places:
    """Return the row nearest to the centre of each cluster of the most informative rows, weighted by their score.

    K-means of as many clusters as rows are wanted, over the 50 most informative rows for each (Zhdanov 2019).

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [9.0], [9.1]])
    >>> sorted(clustered(points, np.arange(4), np.array([1.0, 0.9, 0.8, 0.7]), 2, 0).tolist())
    [0, 2]
    """
    from sklearn.cluster import KMeans

    best = np.argsort(-score, kind="stable")[: _MOST_CLUSTERED * count]
    if len(best) <= count:
        return pool[best]
    weights = np.maximum(score[best], np.finfo(np.float64).tiny)
    clusters = min(count, len(np.unique(points[pool[best]], axis=0)))
    means = KMeans(clusters, n_init=3, random_state=seed).fit(points[pool[best]], sample_weight=weights)
    distances = means.transform(points[pool[best]])
    chosen: list[int] = []
    for cluster in range(clusters):
        inside = np.flatnonzero(means.labels_ == cluster)
        if len(inside):
            chosen.append(int(inside[distances[inside, cluster].argmin()]))
    left = [place for place in range(len(best)) if place not in set(chosen)]
    chosen += left[: count - len(chosen)]
    return pool[best[sorted(chosen)]]
