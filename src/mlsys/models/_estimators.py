"""Questions about any estimator: its seeds, where weights go, whether it classifies."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


_LIKELIEST = {
    ("sklearn", "HistGradientBoostingClassifier"),
    ("sklearn", "RandomForestClassifier"),
    ("sklearn", "ExtraTreesClassifier"),
    ("lightgbm", "LGBMClassifier"),
    ("xgboost", "XGBClassifier"),
}
"""Slow to ask twice, and their ``predict`` is the class of highest probability by their own source."""

BOOSTERS = ("xgboost", "lightgbm", "catboost")
"""Libraries whose estimators are told more than scikit-learn's: names they take, levels, rows to watch."""

_INNER = ("estimator", "regressor", "classifier", "base_estimator")


def _inner_of(estimator: Any) -> Any:
    """Return the estimator that another one was given, by its parameters where it names them.

    A forest keeps an ``estimator`` that nobody gave it: the trees that it makes.
    """
    named = hasattr(estimator, "get_params") and not isinstance(estimator, type)
    given = estimator.get_params(deep=False) if named else None
    found = (getattr(estimator, name, None) for name in _INNER if given is None or name in given)
    return next((each for each in found if each is not None), None)


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
        several = getattr(estimator, "estimators", None)
        if isinstance(several, list):  # of a stack or a vote, which hands all of them the same argument
            of_each = {weight_argument(each) for _, each in several if not isinstance(each, str)}
            return "sample_weight" if of_each == {"sample_weight"} else None
        inner = _inner_of(estimator)
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


def parts_of(estimator: Any) -> Iterator[Any]:
    """Yield the estimator and every estimator among its parameters."""
    yield estimator
    if hasattr(estimator, "get_params"):
        inside = estimator.get_params(deep=True).values()
        yield from (part for part in inside if hasattr(part, "get_params") and not isinstance(part, type))


def library_of(estimator: Any) -> str:
    """Return the package of an estimator, or of the booster that a user's class extends.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> library_of(SVC())
    'sklearn'
    """
    packages = [each.__module__.partition(".")[0] for each in type(estimator).__mro__]
    return next((name for name in packages if name in BOOSTERS), packages[0])


def learner_of(estimator: Any) -> Any:
    """Return the estimator that learns in the end: the last step of a pipeline, the one inside a search.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> learner_of(make_pipeline(Ridge()))
    Ridge()
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> learner_of(RandomForestClassifier())
    RandomForestClassifier()
    """
    *_, last = down_to_learner(estimator)
    return last


def down_to_learner(estimator: Any) -> Iterator[Any]:
    """Yield the estimator, what it holds, what that holds, down to the one that learns in the end."""
    yield estimator
    inside = estimator.steps[-1][1] if getattr(estimator, "steps", None) else None
    if inside is None:
        inside = _inner_of(estimator)
    if inside is not None and not isinstance(inside, str):
        yield from down_to_learner(inside)


def numbers_classes(estimator: Any) -> bool:
    """Whether it takes only classes numbered from 0, as XGBoost's classifiers do."""
    return library_of(learner_of(estimator)) == "xgboost" and classifies(estimator)


def predicts_likeliest(estimator: Any) -> bool:
    """Whether its prediction follows from its probabilities, so that it need not be asked twice."""
    kind = type(estimator)
    return (kind.__module__.partition(".")[0], kind.__name__) in _LIKELIEST


def searches(estimator: Any) -> bool:
    """Whether it tries parameters of the estimator inside it, and hands that the arguments of ``fit``."""
    return hasattr(estimator, "refit") and hasattr(estimator, "estimator") and hasattr(estimator, "scoring")
