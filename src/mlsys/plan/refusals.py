"""What is refused before data is read because it would leak, each time with the pipeline that would not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from mlsys.dataset import Roles
from mlsys.errors import ConfigurationError, LeakageError
from mlsys.steps import LEARNING_KINDS, Label, Model, Reshape, Select, Source, Split, Step, TrainOnly, Transform
from mlsys.steps.capabilities import WrapsEstimator, all_wrapped
from mlsys.steps.questions import needs_target


def learns(step: Step) -> bool:
    """Whether a step learns from rows, or makes training rows."""
    return isinstance(step, LEARNING_KINDS)


def refuse_order(steps: Sequence[Step], roles: Roles) -> None:
    """Raise when steps stand where they would leak, or read what is not known when they serve.

    Raises
    ------
    ConfigurationError
        Two splits, two targets, a source that is not first, rows that change after the split.
    LeakageError
        What learns stands before the split; a served step reads the target.
    """
    for i, step in enumerate(steps):
        if isinstance(step, Source) and i > 0:
            others = [each for each in steps if each is not step]
            raise ConfigurationError(
                f"{step.title} reads data but is step {i + 1}", f"put the source first: {in_order([step, *others])}"
            )
    _refuse_two([step for step in steps if isinstance(step, Split)], "there are two splits, {} and {}", steps)
    for target in roles.targets:
        writers = [step for step in steps if isinstance(step, Label) and step.column == target]
        _refuse_two(writers, "{} and {} both write the target " + repr(target), steps,
                    "; or let the second write another column and compare the two")  # fmt: skip
    _refuse_no_target(steps, roles)
    _refuse_no_queries(steps, roles)
    _refuse_steps_of_one_target(steps, roles)
    _refuse_event_of_numbers(steps, roles)
    _refuse_forbidden_columns(steps, roles)
    at = next((i for i, step in enumerate(steps) if isinstance(step, Split)), None)
    if at is not None:
        _refuse_before_split(steps, at)
        _refuse_after_split(steps, at)


def _refuse_no_target(steps: Sequence[Step], roles: Roles) -> None:
    """Raise for a model that is told nothing to predict."""
    model = next((step for step in steps if isinstance(step, Model) and needs_target(step)), None)
    if model is not None and not roles.targets:
        learner = model.estimator if isinstance(model, WrapsEstimator) else model
        raise ConfigurationError(
            f"{model.title}({type(learner).__name__}) has no target to learn",
            'name the column to predict: Pipeline(..., target="...")',
        )


def _refuse_no_queries(steps: Sequence[Step], roles: Roles) -> None:
    """Raise for a ranker where nothing says which rows are of one query."""
    for step in steps:
        if isinstance(step, Model) and step.aim == "ranking" and roles.group is None:
            raise ConfigurationError(
                f"{step.title} orders the rows of a query, but there is no group role",
                'name the column of queries: Pipeline(..., group="query")',
            )


def _refuse_steps_of_one_target(steps: Sequence[Step], roles: Roles) -> None:
    """Raise for a step that knows one target only where there are several."""
    if not roles.has_several_targets:
        return
    for step in steps:
        reads = isinstance(step, Transform) and step.reads_target and not step.of_each_target
        if reads or step.of_one_target:
            raise ConfigurationError(
                f"{called(step)} {'learns from' if reads else 'is for'} one target, but there are "
                f"{len(roles.targets)}: {roles.targets_said}",
                "use a step that reads no target (Prepare, OneHot, CountEncode), or one pipeline for each target"
                if reads
                else f"leave {step.title} out, or make one pipeline for each target",
            )


def _refuse_event_of_numbers(steps: Sequence[Step], roles: Roles) -> None:
    """Raise where a class is named and numbers are predicted."""
    event = roles.event or next((each for _, each in roles.events), None)
    if event is None:
        return
    from sklearn.base import is_regressor

    for step in steps:
        inside = all_wrapped(step) if isinstance(step, Model) else ()
        estimator = next((each for each in inside if hasattr(each, "__sklearn_tags__") and is_regressor(each)), None)
        if estimator is not None:
            raise ConfigurationError(
                f"event={event.value!r} names a class, but {step.title}({type(estimator).__name__}) predicts numbers",
                "leave event= out, or use a classifier",
            )


def in_order(steps: Sequence[Step]) -> str:
    """Return the order of steps in one line."""
    return " > ".join(map(called, steps))


def called(step: Step) -> str:
    """Return what the user calls a step: what it wraps says more than the class that wraps it."""
    held = (value for value in step.configuration().values() if hasattr(type(value), "get_params"))
    wrapped = next(held, None) if isinstance(step, Transform) and not step.name else None
    return step.title if wrapped is None else f"{step.title}({type(wrapped).__name__})"


def _refuse_two(found: Sequence[Step], problem: str, steps: Sequence[Step], other: str = "") -> None:
    if len(found) > 1:
        kept = in_order(_less(steps, found[1:]))
        raise ConfigurationError(problem.format(found[0].title, found[1].title), f"keep one of them: {kept}{other}")


def _less(steps: Sequence[Step], others: Sequence[Step]) -> list[Step]:
    """Return the steps that are none of others; two steps may be equal and stand in two places."""
    gone = set(map(id, others))
    return [step for step in steps if id(step) not in gone]


def _refuse_before_split(steps: Sequence[Step], at: int) -> None:
    early = [step for step in steps[:at] if learns(step) and not step.allow_all_rows]
    if not early:
        return
    corrected = in_order([*_less(steps[:at], early), steps[at], *early, *steps[at + 1 :]])
    named, one = " and ".join(map(called, early)), len(early) == 1
    raise LeakageError(
        f"{named} stand{'s' if one else ''} before {steps[at].title}, so {_would(early[0])}",
        f"move {'it' if one else 'them'} after the split: {corrected}. "
        "mlsys.price_of_leakage(steps, data, target=...) shows by how much this order would inflate the score. "
        'If rows of all parts should be used, say why: allow_all_rows="reason"',
    )


def _refuse_after_split(steps: Sequence[Step], at: int) -> None:
    late = [step for step in steps[at + 1 :] if isinstance(step, (Select, Reshape))]
    if not late:
        return
    others = _less(steps, late)
    place = next(i for i, step in enumerate(others) if step is steps[at])
    raise ConfigurationError(
        f"{late[0].title} is a {late[0].kind}, which changes all rows, but it stands after {steps[at].title}",
        f"move it before the split: {in_order([*others[:place], *late, *others[place:]])}; "
        "to change only training rows use a TrainOnly step",
    )


def _would(step: Step) -> str:
    if isinstance(step, TrainOnly):
        return "rows it repeats or creates would end up on both sides of the split"
    if isinstance(step, Model):
        return "the model would be trained on the rows that evaluate it"
    return "it would learn from the rows that evaluate the model"


def _refuse_forbidden_columns(steps: Sequence[Step], roles: Roles) -> None:
    """Refuse steps that serve and say they read the target."""
    withheld = dict.fromkeys(roles.targets, "it is the target" if len(roles.targets) == 1 else "it is a target")
    for step in steps:
        if isinstance(step, Label):
            withheld.update({column: f"the label {step.column!r} is derived from it" for column in step.withholds()})
    for step in steps:
        if not isinstance(step, (Transform, Model)):
            continue
        for column in step.columns_read(()) or ():
            if column in withheld:
                raise LeakageError(
                    f"{step.title} reads {column!r} to serve predictions, but {withheld[column]}",
                    f"remove {column!r} from {step.title}: {without(steps, step, column)}",
                )


def without(steps: Sequence[Step], step: Step, column: str) -> str:
    """Return the order of steps with one column taken out of a step, or the step where nothing else is in it."""
    shown = []
    for each in steps:
        narrowed = _narrowed(each, column) if each is step else called(each)
        if narrowed:
            shown.append(narrowed)
    return " > ".join(shown)


def _narrowed(step: Step, column: str) -> str:
    """Return how to write a step without a column; nothing if it names no other, its name where that cannot be told."""
    for field in fields(step):
        value: Any = getattr(step, field.name)
        if isinstance(value, (tuple, list)) and column in value:
            others = [name for name in value if name != column]
            return repr(step.with_(**{field.name: others})) if others else ""
        if isinstance(value, dict) and column in value:
            rest = {name: each for name, each in value.items() if name != column}
            return repr(step.with_(**{field.name: rest})) if rest else ""
    return step.title
