"""What can be asked of any estimator: its seeds, where weights go, whether it classifies."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_LIKELIEST = {
    ("sklearn", "HistGradientBoostingClassifier"),
    ("sklearn", "RandomForestClassifier"),
    ("sklearn", "ExtraTreesClassifier"),
    ("lightgbm", "LGBMClassifier"),
    ("xgboost", "XGBClassifier"),
}
"""Slow to ask twice, and their ``predict`` is the class of highest probability by their own source."""

_INNER = ("estimator", "regressor", "classifier", "base_estimator")


def seeded(estimator: Any, rng: np.random.Generator) -> Any:
    """Return a clone in which every ``random_state`` that was ``None`` is a number from ``rng``."""
    from sklearn.base import clone

    fresh = clone(estimator, safe=False)
    if hasattr(fresh, "get_params"):
        names = [name for name, value in sorted(fresh.get_params(deep=True).items()) if value is None]
        seeds = {name: int(rng.integers(2**31)) for name in names if name.split("__")[-1].endswith("random_state")}
        if seeds:
            fresh.set_params(**seeds)
    return fresh


def weight_argument(estimator: Any, method: str = "fit") -> str | None:
    """Return the argument of ``fit`` that takes weights, ``None`` if there is none.

    A scikit-learn pipeline hands them to its last step, a search to its estimator.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> weight_argument(make_pipeline(LogisticRegression())), weight_argument(KNeighborsClassifier())
    ('logisticregression__sample_weight', None)
    """
    function = getattr(estimator, method, None)
    if function is None:
        return None
    if getattr(estimator, "steps", None):
        name, last = estimator.steps[-1]
        inner = None if last is None or isinstance(last, str) else weight_argument(last)
        return None if inner is None else f"{name}__{inner}"
    parameters = inspect.signature(function).parameters
    if "sample_weight" in parameters:
        return "sample_weight"
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        inner = next((getattr(estimator, name) for name in _INNER if getattr(estimator, name, None) is not None), None)
        return None if inner is None else weight_argument(inner)
    return None


def classifies(estimator: Any) -> bool:
    """Whether it is a classifier."""
    from sklearn.base import is_classifier

    return _asked(is_classifier, estimator)


def regresses(estimator: Any) -> bool:
    """Whether it is a regressor."""
    from sklearn.base import is_regressor

    return _asked(is_regressor, estimator)


def _asked(question: Any, estimator: Any) -> bool:
    kind = getattr(estimator, "_estimator_type", None)
    if kind is not None and not hasattr(estimator, "__sklearn_tags__"):
        return bool(question.__name__ == f"is_{kind}")
    return hasattr(estimator, "__sklearn_tags__") and bool(question(estimator))


def transforms_itself(estimator: Any) -> bool:
    """Whether it has steps of its own that may turn text or timestamps into numbers."""
    inside = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    return hasattr(estimator, "steps") or any(hasattr(value, "transform") for value in inside)


def numbers_classes(estimator: Any) -> bool:
    """Whether it takes only classes numbered from 0, as XGBoost's classifiers do."""
    return type(estimator).__module__.partition(".")[0] == "xgboost" and classifies(estimator)


def predicts_likeliest(estimator: Any) -> bool:
    """Whether its prediction follows from its probabilities, so that it need not be asked twice."""
    kind = type(estimator)
    return (kind.__module__.partition(".")[0], kind.__name__) in _LIKELIEST
