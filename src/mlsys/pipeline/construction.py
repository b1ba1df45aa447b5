"""Putting a plan together: names, supplied steps, and the refusals that need no data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Integral

from mlsys.dataset import Roles
from mlsys.errors import ConfigurationError, LeakageError
from mlsys.execution.planned import Planned
from mlsys.steps import Label, Model, Postprocess, Report, Reshape, Select, Source, Split, Step, TrainOnly, Transform

SHARE = 0.2
"""Of the rows for validation and for test when no split is given: the field's usual 60/20/20."""


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
        raise ConfigurationError("the pipeline has no steps", "put at least a model in the list")
    completed = [(_told_when(step, roles, decide_at), "") for step in steps]
    _refuse_order([step for step, _ in completed], roles)
    if not any(isinstance(step, Split) for step, _ in completed):
        split, why = _supplied_split(roles)
        first = next((i for i, (step, _) in enumerate(completed) if _needs_split(step)), None)
        if first is not None:
            completed.insert(first, (split, why))
    if any(isinstance(step, Model) for step, _ in completed) and not any(
        isinstance(step, Report) and any(each.__name__ == "Evaluate" for each in type(step).__mro__)
        for step, _ in completed
    ):
        from mlsys.evaluation import Evaluate

        completed.append((Evaluate(), "no Evaluate was given"))
    return _named(completed)


def refuse_wrong_arguments(
    texts: Mapping[str, object], lists: Mapping[str, object], mappings: Mapping[str, object], seed: object
) -> None:
    """Raise once for all arguments of a pipeline that are of another type than they must be."""
    problems, remedies = [], []
    for what, value in texts.items():
        if value is not None and not isinstance(value, str):
            problems.append(f"{what}={value!r} is no text")
            remedies.append(f'name one column: {what}="..."' if what != "name" else 'write name="..."')
    for what, value in lists.items():
        if isinstance(value, str):
            problems.append(f"{what}={value!r} is a text, not a list")
            remedies.append(f"write {what}=[{value!r}]")
    for what, value in mappings.items():
        if value is not None and not isinstance(value, Mapping):
            problems.append(f"{what}={value!r} is no mapping")
            remedies.append(f'write {what}={{"{"LK204" if what == "waive" else "column"}": "..."}}')
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        problems.append(f"seed={seed!r} is no whole number")
        remedies.append("write for example seed=0")
    target = texts.get("target")
    doubled = [what for what in ("id", "group", "weight") if target is not None and texts.get(what) == target]
    if doubled:
        problems.append(f"{target!r} is the target and the {' and the '.join(doubled)}")
        remedies.append(f"take {doubled[0]}= away, or name another column")
    if problems:
        raise ConfigurationError(f"Pipeline cannot be made: {'; '.join(problems)}", "; ".join(dict.fromkeys(remedies)))


def _needs_split(step: Step) -> bool:
    learns = isinstance(step, (Transform, TrainOnly, Model, Postprocess)) and not step.allow_all_rows
    return learns or isinstance(step, Report)


def _told_when(step: Step, roles: Roles, decide_at: str | None) -> Step:
    """Give steps that join as of a moment the pipeline's moment of decision."""
    if hasattr(step, "at") and getattr(step, "at", "") is None:
        moment = decide_at or roles.time
        if moment is None:
            raise ConfigurationError(
                f"{step.title} joins what was known at a moment, but the pipeline does not say which",
                'add time="..." or decide_at="1h before ..." to the Pipeline, or at="..." to the step',
            )
        return step.with_(at=moment)
    return step


def _supplied_split(roles: Roles) -> tuple[Split, str]:
    from mlsys.sampling import GroupSplit, StratifiedSplit, TimeSplit

    if roles.time is not None:
        return TimeSplit(validation=SHARE, test=SHARE), "no split was given, and there is a time role"
    if roles.group is not None:
        return GroupSplit(validation=SHARE, test=SHARE), "no split was given, and there is a group role"
    return StratifiedSplit(validation=SHARE, test=SHARE), "no split was given"


def _refuse_order(steps: Sequence[Step], roles: Roles) -> None:
    splits = [i for i, step in enumerate(steps) if isinstance(step, Split)]
    if len(splits) > 1:
        raise ConfigurationError(
            f"there are two splits, {steps[splits[0]].title} and {steps[splits[1]].title}", "keep one of them"
        )
    for i, step in enumerate(steps):
        if isinstance(step, Source) and i > 0:
            raise ConfigurationError(f"{step.title} reads data but is step {i + 1}", "put the source first")
    targets = [step for step in steps if isinstance(step, Label) and step.column == roles.target]
    if len(targets) > 1:
        raise ConfigurationError(
            f"{targets[0].title} and {targets[1].title} both write the target {roles.target!r}",
            "let the second write another column, and compare the two",
        )
    _refuse_forbidden_columns(steps, roles)
    if not splits:
        return
    at = splits[0]
    early = [step for step in steps[:at] if _learns(step) and not step.allow_all_rows]
    if early:
        raise LeakageError(
            f"{_list(early)} stand{'s' if len(early) == 1 else ''} before {steps[at].title}, so {_would(early[0])}",
            f"move {'it' if len(early) == 1 else 'them'} after the split: {_corrected(steps, at, early)}. "
            'If rows of all parts are meant to be used, say why: allow_all_rows="reason"',
        )
    late = [step for step in steps[at + 1 :] if isinstance(step, (Select, Reshape))]
    if late:
        raise ConfigurationError(
            f"{late[0].title} is a {late[0].kind}, which changes all rows, but it stands after {steps[at].title}",
            "move it before the split; to change training rows alone use a TrainOnly step",
        )


def _learns(step: Step) -> bool:
    return isinstance(step, (Transform, TrainOnly, Model, Postprocess))


def _would(step: Step) -> str:
    if isinstance(step, TrainOnly):
        return "rows it repeats or makes would end up on both sides of the split"
    if isinstance(step, Model):
        return "the model would be trained on the rows it is judged by"
    return "what it learns would come from the rows the model is judged by"


def _refuse_forbidden_columns(steps: Sequence[Step], roles: Roles) -> None:
    """Refuse steps that serve and say they read the target."""
    withheld = {roles.target: "it is the target"} if roles.target else {}
    for step in steps:
        if isinstance(step, Label):
            withheld.update({column: f"the label {step.column!r} is made of it" for column in step.withholds()})
    for step in steps:
        if not isinstance(step, (Transform, Model)):
            continue
        for column in step.columns_read(()) or ():
            if column in withheld:
                raise LeakageError(
                    f"{step.title} reads {column!r} to serve predictions, but {withheld[column]}",
                    f"take {column!r} out of {step.title}",
                )


def _corrected(steps: Sequence[Step], at: int, early: Sequence[Step]) -> str:
    moved = [step for step in steps[:at] if step not in early]
    return " > ".join(step.title for step in (*moved, steps[at], *early, *steps[at + 1 :]))


def _list(steps: Sequence[Step]) -> str:
    return " and ".join(step.title for step in steps)


def _named(completed: Sequence[tuple[Step, str]]) -> tuple[Planned, ...]:
    explicit = Counter(step.name for step, _ in completed if step.name)
    twice = [name for name, count in explicit.items() if count > 1]
    if twice:
        raise ConfigurationError(f"two steps are named {twice[0]!r}", "give each name once")
    taken = set(explicit)
    planned = []
    for position, (step, why) in enumerate(completed, 1):
        name, number = step.title, 1
        while not step.name and name in taken:
            number += 1
            name = f"{step.title}-{number}"
        taken.add(name)
        planned.append(Planned(step, name, position, why))
    return tuple(planned)
