"""What is missing in a list of steps, supplied with the reason: a split, the preparation of features, an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlsys.dataset import Roles
from mlsys.models.needs import Needs, needs_of
from mlsys.plan.planned import Planned
from mlsys.plan.refusals import learns
from mlsys.steps import Split, Step
from mlsys.steps.capabilities import SaysNeeds, StandsFor, WrapsSampler
from mlsys.steps.questions import divides, judges, looks, predicts, takes_prepared, writes

SHARE = 0.2
"""Of the rows for validation and for test when no split is given: the field's usual 60/20/20."""


def with_supplied(steps: Sequence[Step], roles: Roles) -> list[Planned]:
    """Return steps in order, without names yet, with what is missing put in its place."""
    planned = [Planned(step, "", 0) for step in steps]
    if not any(divides(step) for step in steps):
        first = next((i for i, step in enumerate(steps) if _needs_split(step)), None)
        if first is not None:
            split, why = _split_for(roles)
            planned.insert(first, Planned(split, "", 0, why))
    _prepare(planned)
    if any(predicts(step) for step in steps) and not any(judges(step) for step in steps):
        from mlsys.evaluation import Evaluate

        planned.append(Planned(Evaluate(), "", 0, "no Evaluate was given"))
    return planned


def _needs_split(step: Step) -> bool:
    return (learns(step) and not step.allow_all_rows) or (looks(step) and not writes(step))


def _split_for(roles: Roles) -> tuple[Split, str]:
    from mlsys.sampling import GroupSplit, RandomSplit, StratifiedSplit, TimeSplit

    if roles.time is not None and roles.group is not None:
        both = TimeSplit(validation=SHARE, test=SHARE, keep_groups_together=True)
        return both, "no split was given, and there are a time and a group role"
    if roles.time is not None:
        return TimeSplit(validation=SHARE, test=SHARE), "no split was given, and there is a time role"
    if roles.group is not None:
        return GroupSplit(validation=SHARE, test=SHARE), "no split was given, and there is a group role"
    if not roles.targets:
        return RandomSplit(validation=SHARE, test=SHARE), "no split was given, and there is no target"
    return StratifiedSplit(validation=SHARE, test=SHARE), "no split was given"


def _prepare(planned: list[Planned]) -> None:
    """Tell a ``Prepare`` what the estimator takes, or put one before the first step that would choke on texts.

    A step that changes training rows gets prepared ones, unless it says that it changes values as they were read.

    Nothing is supplied where the estimator is of another kind than scikit-learn's, prepares features itself, or is
    told its features by name.
    """
    from mlsys.features import Prepare

    place = next((i for i, each in enumerate(planned) if predicts(each.step)), None)
    model: Any = None if place is None else planned[place].step
    if place is None or not isinstance(model, SaysNeeds):
        return
    needs = _needs(model, [each.step for each in planned[:place]])
    given = [i for i, each in enumerate(planned) if isinstance(each.step, StandsFor)]
    for i in given:
        planned[i] = Planned(_told(planned[i].step, needs), "", 0)
    if given or model.prepares_features:
        return
    at = next((i for i, each in enumerate(planned) if divides(each.step)), -1) + 1
    prepared_for = (i for i in range(at, place) if takes_prepared(planned[i].step))
    first = next(prepared_for, place)
    why = "if the estimator does not accept the features of the training rows as they are"
    planned.insert(first, Planned(_told(Prepare(), needs), "", 0, why, on_demand=True))


def _needs(model: SaysNeeds, before: Sequence[Step]) -> Needs:
    """Return what features must be like for the estimator, and for samplers that stand before it."""
    found: Needs = model.needs
    for sampler in (step.sampler for step in before if isinstance(step, WrapsSampler)):
        if sampler is not None and not needs_of(sampler).nulls:  # it measures distances between rows
            found = Needs(nulls=False, categories=False, scale=found.scale)
    return found


def _told(step: Any, needs: Needs) -> Step:
    """Return a ``Prepare`` whose open choices follow from what the estimator takes."""
    choices: dict[str, Any] = {
        "nulls": "keep" if needs.nulls else "fill",
        "categories": "native" if needs.categories else "onehot",
        "scale": needs.scale,
    }
    told: Step = step.with_(**{name: choice for name, choice in choices.items() if getattr(step, name) is None})
    return told
