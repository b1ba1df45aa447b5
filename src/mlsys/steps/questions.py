"""Questions about a step that its facts answer, whatever its kind is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

from mlsys.steps.aims import WITHOUT_TARGET, Aim
from mlsys.steps.base import Step
from mlsys.steps.kinds import History, Label, Reshape, Sink, Source, Split
from mlsys.steps.learning_kinds import Model, Postprocess, Report, TrainOnly, Transform


def reads(step: Step) -> TypeGuard[Source]:
    """Whether it makes the rows that a pipeline begins with."""
    return step.facts.stands == "first"


def divides(step: Step) -> TypeGuard[Split]:
    """Whether it names the part of each row."""
    return step.facts.stands == "between"


def predicts(step: Step) -> TypeGuard[Model]:
    """Whether it predicts from features.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mlsys import Standardize, Train
    >>> predicts(Train(LogisticRegression())), predicts(Standardize())
    (True, False)
    """
    facts = step.facts
    return facts.stands == "after" and facts.serves and facts.acts_on == "every part"


def needs_target(step: Step) -> bool:
    """Whether it predicts and cannot learn without a target.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.linear_model import Ridge
    >>> from mlsys import Train
    >>> needs_target(Train(Ridge())), needs_target(Train(KMeans(2)))
    (True, False)
    """
    return predicts(step) and step.aim not in WITHOUT_TARGET


def aim_of(steps: Iterable[Any]) -> Aim:
    """Return what the model among planned steps is after; a target where there is no model."""
    return next((each.step.aim for each in steps if predicts(each.step)), "target")


def takes_unlabelled(steps: Iterable[Any]) -> bool:
    """Whether training rows of planned steps may have no label: the model, or a step before it, learns from such rows.

    Examples
    --------
    >>> takes_unlabelled([])
    False
    """
    steps = tuple(steps)
    own = any(isinstance(each.step, TrainOnly) and each.step.takes_unlabelled for each in steps)
    return own or aim_of(steps) in WITHOUT_TARGET


def minimized_by(steps: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of the metrics that the model among planned steps minimizes; none without a model."""
    return next((each.step.minimizes for each in steps if predicts(each.step)), ())


def answers(step: Step) -> TypeGuard[Model | Postprocess]:
    """Whether what it returns are predictions."""
    return predicts(step) or step.facts.acts_on == "predictions"


def changes_training(step: Step) -> TypeGuard[TrainOnly]:
    """Whether it changes training rows and no others."""
    return step.facts.acts_on == "train"


def takes_prepared(step: Step) -> bool:
    """Whether it changes training rows that a supplied preparation has prepared."""
    return isinstance(step, TrainOnly) and not step.before_preparation


def weighs_training(steps: Iterable[Any]) -> tuple[str, ...]:
    """Return the columns by which planned steps weigh training rows, in order."""
    return tuple(each.step.weighs_by for each in steps if isinstance(each.step, TrainOnly) and each.step.weighs_by)


def looks(step: Step) -> TypeGuard[Report | Sink]:
    """Whether it is shown the open parts and changes nothing."""
    return step.facts.acts_on == "nothing"


def writes(step: Step) -> TypeGuard[Sink]:
    """Whether it writes outside."""
    return looks(step) and step.kind == Sink.kind


def cross_fits(step: Step) -> TypeGuard[Transform]:
    """Whether training rows are shown what was learned without them."""
    return isinstance(step, Transform) and step.cross_fits


def scales(step: Step) -> TypeGuard[Transform]:
    """Whether it learns from summaries of partitions."""
    return isinstance(step, Transform) and step.scales


def sees_history(step: Step) -> TypeGuard[History]:
    """Whether it is shown rows that were known before."""
    return step.facts.sees == "history"


def makes_label(step: Step) -> TypeGuard[Label]:
    """Whether it makes a label."""
    return isinstance(step, Label)


def chooses(step: Step) -> TypeGuard[Transform]:
    """Whether it learns, and takes columns that nobody named."""
    return isinstance(step, Transform) and step.chooses_columns


def judges(step: Step) -> bool:
    """Whether it is a report that says how good the predictions are."""
    return isinstance(step, Report) and step.judges


def beside_predictions(step: Step) -> tuple[str, ...]:
    """Return the columns that it reads beside predictions."""
    return tuple(step.columns_beside) if isinstance(step, Postprocess) else ()


def asks_served(step: Step) -> bool:
    """Whether it is a report that asks the served model about rows as a request brings them."""
    return isinstance(step, Report) and step.asks_served


def makes_rows(step: Step) -> TypeGuard[Reshape]:
    """Whether the rows after it are other rows than before, told apart by other ids."""
    return step.facts.rows == "other"
