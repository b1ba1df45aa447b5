"""Labels: one row at a time; columns that the rule reads are withheld."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import Finding
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.packed import packed, unpacked
from mlsys.execution.parts import Parts
from mlsys.execution.told import Declared, Told, Withheld, made_of
from mlsys.execution.work import At, Task, Work
from mlsys.leakage.remedies import REMEDIES
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Label, Labels
from mlsys.steps.answers import labels_by_column
from mlsys.tables import Table
from mlsys.values import with_columns


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Write the label of every row."""
    parts = parts.told(_told(planned, parts))
    made, rows = [], {}
    for name, table in parts.acted_on(planned.step).items():
        alone = _alone(planned, name, table, parts, work) if _in_one_piece(table) else []
        given = {"labels": tuple(each.states["labels"] for each in alone)}
        task = Task(planned, name, joined if alone else label, {"rows": table}, given if alone else {})
        made += [*alone, work.do(task, parts)]
        rows[name] = made[-1].tables["rows"]
    return parts.told(made, rows=rows)


def _alone(planned: Planned, name: str, rows: Table, parts: Parts, work: Work) -> list[Made]:
    """Return what each label that this one is made of says, of the columns that it reads: found, or done again."""
    made = []
    for each in planned.label_parts:
        assert isinstance(each.step, Label)
        columns = rows.head(0).columns
        read = each.step.columns_read(columns)
        seen = rows.of_columns([column for column in columns if read is None or column in read])
        made.append(work.do(Task(each, f"label {name}", label_alone, {"rows": seen}, sees_view=False), parts))
    return made


def label_alone(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return the labels of one that others stand beside."""
    found = _labels(at, planned, rows["rows"].frame())
    return Made(states={"labels": Held(packed(found))})


def joined(at: At, planned: Planned, rows: dict[str, Table], labels: tuple[Held, ...]) -> Made:
    """Return rows with the labels that were made one by one."""
    frame = rows["rows"].frame()
    found = {name: values for each in labels for name, values in unpacked(each.get(), frame.index).items()}
    step = planned.step
    assert isinstance(step, Label)
    values = pd.DataFrame(found, index=frame.index)
    return Made({"rows": at.hold(with_columns(frame, labels_by_column(step, frame, values)))})


def label(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return rows with their labels."""
    table, step = rows["rows"], planned.step
    assert isinstance(step, Label)
    if not _in_one_piece(table):
        return Made({"rows": table.map(functools.partial(labelled, step))})
    frame = table.frame()
    return Made({"rows": table.like(with_columns(frame, _labels(at, planned, frame)))})


def _labels(at: At, planned: Planned, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
    """Return the labels of a frame, and tell its remarks."""
    step = planned.step
    assert isinstance(step, Label)
    labels, findings = _answered(step, frame)
    at.findings += [replace(each, step=planned.within or planned.name) for each in findings]
    return labels


def labelled(step: Label, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns that a label writes; of pieces its remarks are warnings."""
    labels, findings = _answered(step, frame)
    for each in findings:
        if each.severity == "warning":
            warnings.warn(f"{each.code}: {each.message}", UserWarning, stacklevel=2)
    return with_columns(frame, labels)


def _answered(step: Label, frame: pd.DataFrame) -> tuple[dict[str, pd.Series], tuple[Finding, ...]]:
    shown = shielded(frame)
    answer = Labels.of(step.label(shown))
    labels = labels_by_column(step, frame, answer)
    watch_unchanged(step, shown, frame, "label")
    return labels, tuple(answer.findings)


def _in_one_piece(table: Table) -> bool:
    """Whether rows are labelled as one frame, here."""
    return table.in_memory and not table.engine.cuts_frames


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
                f"{REMEDIES['rules']}",
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
