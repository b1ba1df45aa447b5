"""Labels: one row at a time; columns that the rule reads are withheld."""

from __future__ import annotations

import functools

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import Finding
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.parts import Parts
from mlsys.execution.told import Declared, Told, Withheld, made_of
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Label
from mlsys.steps.answers import labels_by_column
from mlsys.tables import Table


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Write the label of every row."""
    parts = parts.told(_told(planned, parts))
    tasks = {name: Task(planned, name, label, {"rows": part}) for name, part in parts.acted_on(planned.step).items()}
    made = {name: work.do(task, parts) for name, task in tasks.items()}
    return parts.told(made.values(), rows={name: each.tables["rows"] for name, each in made.items()})


def label(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return rows with their labels."""
    step = planned.step
    assert isinstance(step, Label)
    return Made({"rows": rows["rows"].map(functools.partial(labelled, step))})


def labelled(step: Label, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns that a label writes."""
    shown = shielded(frame)
    labels = labels_by_column(step, frame, step.label(shown))
    watch_unchanged(step, shown, frame, "label")
    return frame.assign(**labels)


def _told(planned: Planned, parts: Parts) -> list[Told | Finding]:
    """Report the sources of the label and when it is known."""
    step, targets = planned.step, parts.roles.targets
    assert isinstance(step, Label)
    told: list[Told | Finding] = [
        Withheld(step.withholds(), f"read by the rule of {planned.name}"),
        made_of(planned.name, step.withholds(), {*step.columns_written}),
    ]
    if step.known_from:
        told.append(Declared({step.column: step.known_from}, planned.name))
    voted = tuple(name for name in step.rule_columns if name not in step.withholds())
    if voted and step.column in targets:
        named = ", ".join(map(repr, voted))
        told.append(
            Finding(
                "LK205",
                f"the rules of {planned.name} read {named}, which stay features: a model can learn the rules back; "
                "evaluate it on labels obtained in another way, or leave the columns out with exclude=",
                "information",
                columns=voted,
                step=planned.name,
            )
        )
    if step.of_votes and step.column in targets:
        told.append(
            Finding(
                "LB101",
                f"the evaluated rows are judged by the votes of {planned.name}, not by truth; label some rows by hand, "
                "make that column the target, and let LabelModel label the training rows without it",
                "warning",
                columns=(step.column,),
                step=planned.name,
            )
        )
    others = [name for name in step.columns_written if name not in targets]
    if others:
        told.append(Withheld(others, f"{'a label' if len(others) == 1 else 'votes'}, written by {planned.name}"))
    return told
