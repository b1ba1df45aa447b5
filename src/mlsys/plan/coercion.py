"""Making steps out of what users put in a list: steps, scikit-learn objects, samplers, functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.steps import Step


def steps_of(given: Any) -> tuple[Step, ...]:
    """Return the steps for what stands in a pipeline's list.

    What predicts and transforms (``RFECV``, a discriminant analysis, a vote) transforms where a model stands behind
    it, as in scikit-learn's own pipeline.

    Raises
    ------
    ConfigurationError
        For what is no list.
    """
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        raise ConfigurationError(f"Pipeline got {type(given).__name__}", "give a list of steps: Pipeline([...])")
    models = [place for place, each in enumerate(given) if _predicts(each)]
    if not models:
        models = [place for place, each in enumerate(given) if _clusters(each)][-1:]
        return tuple(
            _trained(each) if place in models else as_step(each, bool(models) and place < models[-1])
            for place, each in enumerate(given)
        )
    return tuple(as_step(each, place < models[-1]) for place, each in enumerate(given))


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

        return Train(given)  # which says why it cannot
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


def _clusters(given: Any) -> bool:
    """Whether it finds clusters and transforms as well, alone or at the end of a scikit-learn pipeline.

    Behind it stands no model that could use its clusters as features, so that it is the model.
    """
    from mlsys.models._aims import aim_of

    bare = given[1] if isinstance(given, tuple) and len(given) == 2 else given
    if isinstance(bare, (type, Step)) or not (hasattr(bare, "fit") and hasattr(bare, "predict")):
        return False
    return aim_of(bare) == "clusters"


def _trained(given: Any) -> Step:
    """Return the step that trains what stands in a list, under its name where it has one."""
    from mlsys.models import Train

    if isinstance(given, tuple):
        named: Step = Train(given[1]).with_(name=given[0])
        return named
    return Train(given)


def _is_model(given: Any) -> bool:
    """Whether it predicts a target: a stack has ``predict`` only once fitted, and a clusterer has it for no target."""
    if hasattr(given, "transform") or not hasattr(given, "predict"):
        from sklearn.base import is_classifier, is_regressor

        return hasattr(given, "__sklearn_tags__") and (is_classifier(given) or is_regressor(given))
    return True
