"""Putting a plan together: names, supplied steps, arguments of the right type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

from mlsys.dataset import Roles, events_named, targets_named
from mlsys.errors import ConfigurationError
from mlsys.plan.planned import Planned
from mlsys.plan.refusals import refuse_order
from mlsys.plan.supplying import with_supplied
from mlsys.steps import Step
from mlsys.steps.capabilities import AsOf, GivesRoles

_UNSAID = {"sensitive": (), "exclude": (), "known_at": {}, "waive": {}, "seed": 0}
"""Arguments of a pipeline where nothing was said, beside those that are None."""

_LONGEST = 80
"""Characters of a value in a message."""


def plan_steps(steps: Sequence[Step], roles: Roles, decide_at: str | None) -> tuple[Planned, ...]:
    """Name steps, supply what is missing, and refuse what would leak.

    Raises
    ------
    ConfigurationError
        Two equal explicit names, two splits, two targets, a source that is not first.
    LeakageError
        When something that learns or resamples stands before the split; the message has the
        corrected order.
    """
    if not steps:
        raise ConfigurationError("the pipeline has no steps", "put at least a model into the list")
    completed = [_told_when(step, roles, decide_at) for step in steps]
    refuse_order(completed, roles)
    return _named(with_supplied(completed, roles))


def with_roles_given(steps: Sequence[Step], roles: Roles) -> Roles:
    """Return the roles with those that columns of steps take, where the pipeline leaves them open."""
    for step in steps:
        roles = step.roles_given(roles) if isinstance(step, GivesRoles) else roles
    return roles


def refuse_wrong_arguments(
    target: object,
    texts: Mapping[str, object],
    lists: Mapping[str, object],
    mappings: Mapping[str, object],
    event: object,
    seed: object,
) -> None:
    """Raise once for all arguments of a pipeline that are of another type than they must be."""
    problems, remedies = [], []
    for what, value in texts.items():
        if value is not None and not isinstance(value, str):
            problems.append(f"{what}={_shown(value)} is no text")
            remedies.append(_text_for(what, value))
    for what, value in lists.items():
        if isinstance(value, str):
            problems.append(f"{what}={value!r} is a string, not a list")
            remedies.append(f"write {what}=[{value!r}]")
    for what, value in mappings.items():
        if value is not None and not isinstance(value, Mapping):
            problems.append(f"{what}={value!r} is not a mapping")
            remedies.append(f'write {what}={{"{"LK204" if what == "waive" else "column"}": "..."}}')
    targets: tuple[str, ...] = ()
    try:
        targets = targets_named(target)
    except ConfigurationError as error:
        no_names = _names_no_columns(target)
        problems.append(f"target={_shown(target)} is no text" if no_names else error.problem)
        remedies.append(_text_for("target", target) if no_names else error.remedy)
    if event is not None:
        try:
            events_named(event, targets or tuple(event if isinstance(event, Mapping) else ()))
        except ConfigurationError as error:
            problems.append(error.problem)
            remedies.append(error.remedy)
        if target is None:
            problems.append(f"event={event!r} is a class of the target, but there is no target=")
            remedies.append('name the column: target="..."')
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        problems.append(f"seed={seed!r} is not a whole number")
        remedies.append("write, for example, seed=0")
    doubled = [what for what in ("id", "group", "weight") if texts.get(what) in targets]
    if doubled:
        problems.append(f"{texts[doubled[0]]!r} is the target and the {' and the '.join(doubled)}")
        remedies.append(f"remove {doubled[0]}=, or name another column")
    if problems:
        raise ConfigurationError(
            f"Pipeline cannot be created: {'; '.join(problems)}", "; ".join(dict.fromkeys(remedies))
        )


def worth_showing(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a pipeline that say something; a class such as 0 or False does."""
    return {name: value for name, value in arguments.items() if value != _UNSAID.get(name)}


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"<{type(value).__name__}>"


def _names_no_columns(target: object) -> bool:
    """Whether a target is given that is no list of names, such as the values of one."""
    return not isinstance(target, (list, tuple)) or len(target) == 0


def _text_for(what: str, value: object) -> str:
    """Say how a column is named in place of what was given."""
    if what == "name":
        return 'write name="..."'
    if isinstance(value, Integral):
        return f"call frame.rename(columns=str) first, and write {what}={str(value)!r}"
    if hasattr(value, "__len__") and not isinstance(value, (tuple, list)):
        return f'name it: {what}="...", and give its values to run(X, y)' if what == "target" else f'write {what}="..."'
    alone = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else None
    return f"write {what}={alone!r}" if isinstance(alone, str) else f'name one column: {what}="..."'


def _told_when(step: Step, roles: Roles, decide_at: str | None) -> Step:
    """Give steps that join as of a moment the pipeline's moment of decision."""
    if isinstance(step, AsOf) and step.at is None:
        moment = decide_at or roles.time
        if moment is None:
            raise ConfigurationError(
                f"{step.title} joins rows known at the decision, but the pipeline does not say when that is",
                'add time="..." or decide_at="1h before ..." to the Pipeline, or at="..." to the step',
            )
        return step.with_(at=moment)
    return step


def _named(steps: Sequence[Planned]) -> tuple[Planned, ...]:
    explicit = Counter(each.step.name for each in steps if each.step.name)
    twice = [name for name, count in explicit.items() if count > 1]
    if twice:
        raise ConfigurationError(f"two steps are named {twice[0]!r}", "give each name once")
    taken, planned, position = set(explicit), list[Planned](), 0
    for each in steps:
        name, number = each.step.title, 1
        while not each.step.name and name in taken:
            number += 1
            name = f"{each.step.title}-{number}"
        taken.add(name)
        position += not each.on_demand  # as the plan numbers them, which shows what runs in any case
        planned.append(replace(each, name=name, position=position))
    return tuple(planned)
