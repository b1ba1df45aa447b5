"""Making steps out of what users put in a list: steps, scikit-learn objects, samplers, functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.steps import Step
from mlsys.steps.questions import predicts


def steps_of(given: Any) -> tuple[Step, ...]:
    """Return the steps for what stands in a pipeline's list.

    What predicts and transforms (``RFECV``, a discriminant analysis, a vote) transforms where a model stands behind
    it, as in scikit-learn's own pipeline.

    Raises
    ------
    ConfigurationError
        For what is no list; and for a clusterer with no model behind it that could use its clusters as features.
    """
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        raise ConfigurationError(f"Pipeline got {type(given).__name__}", "give a list of steps: Pipeline([...])")
    models = [place for place, each in enumerate(given) if _predicts(each)]
    steps = tuple(as_step(each, bool(models) and place < models[-1]) for place, each in enumerate(given))
    if not any(predicts(step) for step in steps):
        for each in given:
            bare = each[1] if isinstance(each, tuple) and len(each) == 2 else each
            if hasattr(bare, "fit") and hasattr(bare, "transform") and not isinstance(bare, (type, Step)):
                _refuse_clusters(bare)
    return steps


def as_step(given: Any, before_model: bool = False) -> Step:
    """Return the step for something that stands in a pipeline's list.

    Parameters
    ----------
    given : object
        A step; a scikit-learn transformer (gets the features that it takes, see ``Apply``) or estimator; an
        imbalanced-learn sampler; a function from frame to frame.
    before_model : bool
        Whether a model stands behind it.

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
        named: Step = as_step(given[1], before_model).with_(name=given[0])
        return named
    if hasattr(given, "fit_resample"):
        from mlsys.sampling import Resample

        return Resample(given)
    if hasattr(given, "fit") and _is_model(given) and not (before_model and _transforms(given)):
        from mlsys.models import Train

        return Train(given)
    if hasattr(given, "fit") and hasattr(given, "transform"):
        from mlsys.features import Apply

        return Apply(given)
    if hasattr(given, "fit_predict") or hasattr(given, "score_samples"):
        from mlsys.models import Train

        return Train(given)  # which says what is not there yet
    if callable(given) and not hasattr(given, "final_test"):  # a Run answers a call, and is no function
        from mlsys.data import Function

        return Function(given)
    raise ConfigurationError(
        f"the list holds {type(given).__name__} ({given!r}), which is not a step",
        "use a step, a scikit-learn transformer or estimator, an imbalanced-learn sampler, or a function",
    )


def _predicts(given: Any) -> bool:
    if isinstance(given, tuple) and len(given) == 2:
        return _predicts(given[1])
    if isinstance(given, Step):
        return given.kind == "Model"
    return not isinstance(given, type) and hasattr(given, "fit") and _is_model(given)


def _transforms(given: Any) -> bool:
    """Whether it transforms, or will once it is fitted: a selector asks the estimator inside."""
    return hasattr(given, "transform") or hasattr(type(given), "transform")


def _refuse_clusters(given: Any) -> None:
    """Raise for a clusterer that transforms as well, alone, in a scikit-learn pipeline or in a search."""
    from mlsys.models._estimators import learner_of, refuse_without_target

    learner = learner_of(given)
    if hasattr(learner, "fit_predict"):
        refuse_without_target(given, type(learner).__name__)


def _is_model(given: Any) -> bool:
    """Whether it predicts a target: a stack has ``predict`` only once fitted, and a clusterer has it for no target."""
    if hasattr(given, "transform") or not hasattr(given, "predict"):
        from sklearn.base import is_classifier, is_regressor

        return hasattr(given, "__sklearn_tags__") and (is_classifier(given) or is_regressor(given))
    return True
