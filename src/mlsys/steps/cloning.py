"""Unfitted copies of estimators, including estimators that copy their arguments."""

from __future__ import annotations

import copy
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def unfitted(estimator: Any) -> Any:
    """Return an unfitted copy with equal parameters, as scikit-learn's ``clone`` does.

    ``clone`` wants an estimator to keep the very objects it was given; CatBoost copies its lists (``cat_features``,
    ``class_weights``), and so it is made anew from its parameters, wherever it stands inside another estimator.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> unfitted(LinearRegression(positive=True))
    LinearRegression(positive=True)
    """
    from sklearn.base import clone

    try:
        return clone(estimator, safe=False)
    except RuntimeError:
        return _anew(estimator)


def seeded(estimator: Any, rng: np.random.Generator) -> Any:
    """Return a clone in which every ``random_state`` that was ``None`` is a number from ``rng``."""
    fresh = clonable(unfitted(estimator))
    if hasattr(fresh, "get_params"):
        names = [name for name, value in sorted(fresh.get_params(deep=True).items()) if value is None]
        seeds = {name: int(rng.integers(2**31)) for name in names if name.split("__")[-1].endswith("random_state")}
        if seeds:
            fresh.set_params(**seeds)
    return fresh


def without_seeds(estimator: Any) -> tuple[Any, dict[str, int]]:
    """Return an unfitted copy whose whole ``random_state`` are all 0, and what they were.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> without_seeds(DecisionTreeClassifier(random_state=7))
    (DecisionTreeClassifier(random_state=0), {'random_state': 7})
    """
    if not has_parameters(estimator):
        return estimator, {}
    fresh = unfitted(estimator)
    parameters = sorted(fresh.get_params(deep=True).items())
    seeds = {name: value for name, value in parameters
             if name.split("__")[-1].endswith("random_state") and isinstance(value, int)}  # fmt: skip
    return (fresh.set_params(**dict.fromkeys(seeds, 0)) if seeds else fresh), seeds


def has_parameters(value: Any) -> bool:
    """Whether a value has the parameters of scikit-learn: its class says so, since some objects answer any name.

    Examples
    --------
    >>> import pandas as pd
    >>> has_parameters(pd.col("price") > 0)
    False
    """
    return not isinstance(value, type) and hasattr(type(value), "get_params")


def is_fitted(estimator: Any) -> bool:
    """Whether an estimator has learned something, as far as it shows.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> is_fitted(LinearRegression()), is_fitted(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]))
    (False, True)
    """
    if not has_parameters(estimator) or not hasattr(estimator, "fit"):
        return False
    asked = getattr(estimator, "__sklearn_is_fitted__", None)
    if asked is not None:
        return bool(asked())
    return any(name.endswith("_") and not name.startswith("_") for name in vars(estimator))


def _anew(value: Any) -> Any:
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_anew(each) for each in value)
    if type(value) is dict:
        return {key: _anew(each) for key, each in value.items()}
    if not has_parameters(value):
        return copy.deepcopy(value)
    made = type(value)(**{name: _anew(each) for name, each in value.get_params(deep=False).items()})
    for kept in ("_metadata_request", "_sklearn_output_config"):  # where weights go, what transform() gives
        if kept in getattr(value, "__dict__", {}):
            setattr(made, kept, copy.deepcopy(getattr(value, kept)))
    return made


def clonable(estimator: Any) -> Any:
    """Return the estimator, whose parts ``clone`` will copy from now on: a search or a stack clones them in its fit.

    Such parts get the hook that scikit-learn asks for (``__sklearn_clone__``), beside their content: it is not stored
    with them and counts in no digest.
    """
    parts = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    for part in parts:
        if hasattr(part, "get_params") and not isinstance(part, type) and _refuses(part):
            _give_hook(part)
    return estimator


def _refuses(part: Any) -> bool:
    from sklearn.base import clone

    try:
        clone(part, safe=False)
    except RuntimeError:
        return True
    return False


def _give_hook(part: Any) -> Any:
    part.__sklearn_clone__ = types.MethodType(_clone, part)
    return part


def _clone(part: Any) -> Any:
    return _give_hook(_anew(part))
