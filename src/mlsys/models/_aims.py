"""What an estimator is after: a target, the order of a query's rows, anomalies, or clusters."""

from __future__ import annotations

import inspect
from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.models._estimators import classifies, learner_of, regresses
from mlsys.steps.aims import Aim

_KINDS: dict[str, Aim] = {"outlier_detector": "anomalies", "clusterer": "clusters", "density_estimator": "clusters"}
"""By scikit-learn's kinds of estimators; of densities, mixtures have components to tell rows apart by."""
_QUERIES = ("qid", "group", "group_id")
"""Arguments of ``fit`` that tell a ranker which rows are of one query."""


def aim_of(estimator: Any) -> Aim:
    """Return what an estimator is after, by scikit-learn's tags where it has them.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.ensemble import IsolationForest
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> aim_of(Ridge()), aim_of(IsolationForest()), aim_of(make_pipeline(StandardScaler(), KMeans(3)))
    ('target', 'anomalies', 'clusters')
    """
    learner = learner_of(estimator)
    if isinstance(learner, type):
        return "target"
    if query_argument(learner) is not None:
        return "ranking"
    if classifies(learner) or regresses(learner):
        return "target"
    kind = _kind_of(learner)
    if kind in _KINDS:
        return _KINDS[kind]
    scores = hasattr(learner, "score_samples") and not hasattr(learner, "predict_proba")
    return "anomalies" if scores or (kind is None and _detects(learner)) else "target"


def query_argument(estimator: Any) -> str | None:
    """Return the argument of ``fit`` that tells which rows are of one query; ``None`` for all but rankers."""
    fit = getattr(estimator, "fit", None)
    if fit is None:
        return None
    try:
        named = inspect.signature(fit).parameters
    except (TypeError, ValueError):
        return None
    return next((name for name in _QUERIES if name in named), None)


def refuse_unfit_for_aim(estimator: Any, who: str) -> None:
    """Raise for a detector that gives no scores, and for one or a clusterer that cannot say anything of new rows."""
    learner, aim = learner_of(estimator), aim_of(estimator)
    name = type(learner).__name__
    if aim == "anomalies" and getattr(learner, "novelty", True) is False:
        raise ConfigurationError(
            f"{who} scores only the rows that it was fitted on", f"write {name}(novelty=True), which scores new rows"
        )
    if aim == "anomalies" and not hasattr(learner, "score_samples"):
        raise ConfigurationError(
            f"{who} detects anomalies but has no score_samples(X), so rows cannot be ordered from the most anomalous",
            "give it score_samples(X) with lower values for more anomalous rows, or use IsolationForest, "
            "LocalOutlierFactor(novelty=True) or OneClassSVM",
        )
    if aim == "anomalies" and not hasattr(learner, "predict"):
        raise ConfigurationError(
            f"{who} scores rows but does not say which are anomalous: it has no predict(X)",
            "use a detector that does, such as IsolationForest(contamination=0.01)",
        )
    if aim == "clusters" and not hasattr(learner, "predict"):
        raise ConfigurationError(
            f"{who} groups the rows that it is fitted on and has no predict(X) for new rows",
            "use one that has, such as KMeans, GaussianMixture, Birch or MeanShift; or call its own fit_predict(X) and "
            "learn its clusters as the target of a classifier",
        )


def _kind_of(learner: Any) -> str | None:
    from sklearn.utils import get_tags

    if not hasattr(learner, "__sklearn_tags__"):
        return getattr(learner, "_estimator_type", None)
    kind: str | None = get_tags(learner).estimator_type
    return kind


def _detects(learner: Any) -> bool:
    """Whether it has the form of a detector from another library: a share of anomalies, and scores to cut."""
    return hasattr(learner, "contamination") and hasattr(learner, "decision_function")
