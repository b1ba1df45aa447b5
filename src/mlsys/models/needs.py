"""Needs of estimators: what they accept, and what they learn well from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlsys.models._estimators import BOOSTERS, learner_of, library_of, parts_of, transforms_itself
from mlsys.steps.sklearn_tags import input_tags

_ONE_SCALE = (
    "linear_model", "svm", "neighbors", "neural_network", "kernel_ridge", "gaussian_process", "cluster",
)  # fmt: skip
"""Modules of scikit-learn whose estimators weigh numbers against each other as they are."""

_DISTANCES = ("svm", "neighbors", "kernel_ridge", "gaussian_process", "cluster")
"""Modules of scikit-learn whose estimators measure distances between rows."""


@dataclass(frozen=True)
class Needs:
    """Requirements of an estimator on its features.

    Parameters
    ----------
    nulls : bool
        Whether it takes nulls among numbers.
    categories : bool
        Whether it takes columns of categories as they are.
    scale : bool
        Whether it learns better from numbers of one scale.
    """

    nulls: bool
    categories: bool
    scale: bool


def needs_of(estimator: Any) -> Needs:
    """Return the requirements of an estimator, by scikit-learn's tags where it has them.

    Examples
    --------
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> needs_of(HistGradientBoostingClassifier())
    Needs(nulls=True, categories=True, scale=False)
    >>> needs_of(LogisticRegression())
    Needs(nulls=False, categories=False, scale=True)
    """
    first = transforms_itself(estimator)  # what stands before the learner takes the features
    categories = not first and _takes_categories(learner_of(estimator))
    return Needs(_takes_nulls(estimator, first), categories, _wants_scale(estimator))


def measures_distances(estimator: Any) -> bool:
    """Return whether scikit-learn's estimator weighs features by how far apart rows are, as they are given.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.ensemble import IsolationForest
    >>> measures_distances(KMeans(2)), measures_distances(IsolationForest())
    (True, False)
    """
    if transforms_itself(estimator) or library_of(estimator) != "sklearn":
        return False
    return type(estimator).__module__.removeprefix("sklearn.").startswith(_DISTANCES)


def distance_measures(estimator: Any) -> list[str]:
    """Return the classes of estimators, itself or inside, that are given features as they are and measure distances.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingRegressor
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> distance_measures(BaggingRegressor(KNeighborsRegressor()))
    ['KNeighborsRegressor']
    """
    if transforms_itself(estimator):
        return []
    return list(dict.fromkeys(type(part).__name__ for part in parts_of(estimator) if measures_distances(part)))


def _takes_nulls(estimator: Any, first: bool) -> bool:
    tags = input_tags(estimator)
    booster = not first and library_of(learner_of(estimator)) in BOOSTERS
    return booster or (tags is not None and bool(tags.allow_nan))


def _takes_categories(learner: Any) -> bool:
    library = library_of(learner)
    if library == "xgboost":
        parameters = learner.get_params()
        return bool(parameters.get("enable_categorical")) and parameters.get("booster") != "gblinear"
    if library == "lightgbm":
        return True
    return getattr(learner, "categorical_features", None) == "from_dtype"  # gradient boosting of scikit-learn


def _wants_scale(estimator: Any) -> bool:
    """Whether some part wants scaled features; parts of unknown libraries always do, at no loss."""
    return any(_weighs(part) for part in parts_of(estimator))


def _weighs(part: Any) -> bool:
    library = library_of(part)
    if library == "sklearn":
        return type(part).__module__.removeprefix("sklearn.").startswith(_ONE_SCALE)
    return library not in BOOSTERS
