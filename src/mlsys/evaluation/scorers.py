"""Scorers of scikit-learn: the function that one scores with, told apart from the model that it asks."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from mlsys.evaluation._metric import Metric
from mlsys.evaluation.calling import Takes

_MODULE = "sklearn.metrics._scorer"
_ASKS: dict[str, Takes] = {"predict": "prediction", "predict_proba": "probability", "decision_function": "score"}
"""What a response method answers."""


def is_scorer(function: Any) -> bool:
    """Whether it is what ``make_scorer`` returns: a function of truth and one response of a model.

    Examples
    --------
    >>> from sklearn.metrics import f1_score, make_scorer
    >>> is_scorer(make_scorer(f1_score, average="macro")), is_scorer(f1_score)
    (True, False)
    """
    of_sklearn = type(function).__module__ == _MODULE
    return of_sklearn and hasattr(function, "_score_func") and isinstance(_methods(function), tuple)


def of_scorer(scorer: Any, is_taken: Callable[[str], bool]) -> Metric:
    """Return the metric that a scorer computes, before it turns the sign of a loss.

    Parameters
    ----------
    scorer : scorer of scikit-learn
        What ``make_scorer`` or ``get_scorer`` returned.
    is_taken : callable
        Whether a built-in metric has a name; ``_scorer`` is then put behind it.

    Examples
    --------
    >>> from sklearn.metrics import get_scorer
    >>> of_scorer(get_scorer("neg_log_loss"), lambda name: name == "log_loss")
    Metric('log_loss_scorer', lower is better)
    """
    function, arguments = scorer._score_func, dict(scorer._kwargs)
    name = str(getattr(function, "__name__", type(function).__name__))
    varied = [value for value in arguments.values() if isinstance(value, str) and value != "binary"]
    name = "_".join([name, *varied])
    name = f"{name}_scorer" if is_taken(name) else name
    asks = _methods(scorer) or ("predict",)
    takes = "score" if len(asks) > 1 else _ASKS[asks[0]]
    called = functools.partial(function, **arguments) if arguments else function
    return Metric(name, called, greater_is_better=scorer._sign > 0, takes=takes)


def scorer_named(name: str) -> Any:
    """Return one of scikit-learn's scorers by name; ``None`` where there is none of it."""
    if "_" not in name and "sklearn" not in sys.modules:
        return None
    from sklearn.metrics import get_scorer, get_scorer_names

    return get_scorer(name) if name in get_scorer_names() else None


def _methods(scorer: Any) -> tuple[str, ...] | None:
    """Return the response methods that a scorer asks for; ``None`` for one of another form."""
    given = getattr(scorer, "_response_method", None)
    methods = (given,) if isinstance(given, str) else tuple(given or ())
    return methods if methods and set(methods) <= set(_ASKS) else None
