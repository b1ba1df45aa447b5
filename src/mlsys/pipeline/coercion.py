"""Making steps out of what users put in a list: steps, scikit-learn objects, samplers, functions."""

from __future__ import annotations

from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.steps import Step


def as_step(given: Any) -> Step:
    """Return the step for something that stands in a pipeline's list.

    Parameters
    ----------
    given : object
        A step; a scikit-learn transformer (acts on all numeric features) or estimator; an
        imbalanced-learn sampler; a function from frame to frame.

    Raises
    ------
    ConfigurationError
        For a class in place of an instance, and for anything else.
    """
    if isinstance(given, Step):
        return given
    if isinstance(given, type):
        raise ConfigurationError(
            f"the list holds the class {given.__name__}, not an instance",
            f"write {given.__name__}() with its arguments",
        )
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        named: Step = as_step(given[1]).with_(name=given[0])
        return named
    if hasattr(given, "fit_resample"):
        from mlsys.sampling import Resample

        return Resample(given)
    if hasattr(given, "fit") and _is_model(given):
        from mlsys.models import Train

        return Train(given)
    if hasattr(given, "fit") and hasattr(given, "transform"):
        from mlsys.features import Apply

        return Apply(given)
    if hasattr(given, "fit_predict"):
        from mlsys.models import Train

        return Train(given)  # which says what is not there yet
    if callable(given):
        from mlsys.data import Function

        return Function(given)
    raise ConfigurationError(
        f"the list holds {type(given).__name__} ({given!r}), which is no step",
        "put in a step, a scikit-learn transformer or estimator, an imbalanced-learn sampler, or a function",
    )


def _is_model(given: Any) -> bool:
    """Whether it predicts a target: a stack has ``predict`` only once fitted, and a clusterer has it for no target."""
    if hasattr(given, "transform") or not hasattr(given, "predict"):
        from sklearn.base import is_classifier, is_regressor

        return hasattr(given, "__sklearn_tags__") and (is_classifier(given) or is_regressor(given))
    return True
