"""Choosing metrics: by name, as a Metric, or as a function that is made one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.evaluation._metric import Metric, SampleMetric, refuse_scorer
from mlsys.evaluation.calling import Takes
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.scorers import is_scorer, of_scorer, scorer_named

_LESS_IS_BETTER = frozenset({"error", "loss", "deviance", "distance", "cost", "regret"})
"""Words in the name of a function that is to be small; scikit-learn's functions keep to the first three."""
_OF_PROBABILITIES = frozenset({"log_loss", "d2_log_loss_score"})
"""Functions of scikit-learn that call probabilities ``y_pred``."""


def metrics_of(asked: Sequence[Any]) -> list[Metric]:
    """Return the metrics that are asked for.

    Parameters
    ----------
    asked : sequence of str, Metric or callable
        The first is the headline; also scorers of scikit-learn and their names.

    Raises
    ------
    ConfigurationError
        When there is none of a name, a function cannot be a metric, or two have one name.
    """
    found = [metric_of(each) for each in asked]
    names = [metric.name for metric in found]
    for metric in found:
        if not isinstance(metric, SampleMetric) and names.count(metric.name) > 1:
            raise ConfigurationError(
                f"two metrics are named {metric.name!r}", 'give each its own name: Metric("profit", function)'
            )
    return found


def metric_of(asked: Any) -> Metric:
    """Return a metric by name, as it is, or made of a function ``f(y, prediction)``.

    Notes
    -----
    A function's name is the metric's. Less is better where the name holds ``error``, ``loss``, ``deviance``,
    ``distance``, ``cost`` or ``regret`` and does not end in ``score``, else greater. The function gets probabilities
    where its second parameter is called so (``y_proba``), scores where it is called a score (``y_score``), else
    predictions. A scorer of scikit-learn, or the name of one, stands for the function that it scores with, with its
    arguments, sign and response method.

    Examples
    --------
    >>> from sklearn.metrics import max_error, roc_auc_score
    >>> metric_of(max_error), metric_of(roc_auc_score).takes
    (Metric('max_error', lower is better), 'score')
    """
    if isinstance(asked, str):
        return scored_by_name(asked) or metric_named(asked)
    if not isinstance(asked, Metric) and (not callable(asked) or isinstance(asked, type)):
        raise ConfigurationError(
            f"{asked!r} is neither the name of a metric nor a function", "give a name, a Metric, or f(y, prediction)"
        )
    metric = asked if isinstance(asked, Metric) else _made_of(asked)
    if not isinstance(metric, SampleMetric) and _is_taken(metric.name):
        raise ConfigurationError(
            f"{metric.name!r} is the name of a built-in metric",
            f'use the built-in one, "{metric.name}", or give yours another name: Metric("my_{metric.name}", function)',
        )
    return metric


def scored_by_name(name: str) -> Metric | None:
    """Return the metric of one of scikit-learn's scorers by its name; ``None`` if mlsys has a metric of this name.

    Examples
    --------
    >>> scored_by_name("neg_mean_squared_error"), scored_by_name("accuracy"), scored_by_name("acuracy")
    (Metric('mean_squared_error', lower is better), None, None)
    """
    scorer = None if _is_taken(name) else scorer_named(name)
    return None if scorer is None else of_scorer(scorer, _is_taken)


def _made_of(function: Callable[..., Any]) -> Metric:
    if is_scorer(function):
        return of_scorer(function, _is_taken)
    inner = function.func if isinstance(function, functools.partial) else function
    refuse_scorer(inner, "metrics=")
    name = str(getattr(inner, "__name__", type(inner).__name__))
    if "<" in name:
        raise ConfigurationError(
            "a metric is a lambda, which has no name", 'give it one: Metric("profit", lambda y, prediction: ...)'
        )
    *_, last = words = name.lower().split("_")
    less = last != "score" and bool(_LESS_IS_BETTER & set(words))
    return Metric(name, function, greater_is_better=not less, takes=_takes(inner, name))


def _takes(function: Callable[..., Any], name: str) -> Takes:
    try:
        second = [*inspect.signature(function).parameters, "", ""][1].lower()
    except (TypeError, ValueError):
        second = ""
    of_sklearn = str(getattr(function, "__module__", "")).startswith("sklearn.")
    if "prob" in second or (of_sklearn and name in _OF_PROBABILITIES):
        return "probability"
    return "score" if "score" in second or "decision" in second else "prediction"


def _is_taken(name: str) -> bool:
    try:
        metric_named(name)
    except ConfigurationError:
        return False
    return True
