"""The steps before the split: a source, and what acts on all rows, or on each of the parts that were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Dataset
from mlsys.engines import Engine
from mlsys.errors import ConfigurationError, DataError, Finding
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.histories import SEALED, Remembered, run_history
from mlsys.execution.planned import Planned
from mlsys.execution.reshaped import tell_reshape
from mlsys.execution.results import result_of, result_state
from mlsys.execution.row_transforms import leading, transform_rows
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.states import Held
from mlsys.steps import (
    Fitted,
    History,
    Label,
    Report,
    Reshape,
    Result,
    RowTransform,
    Select,
    Sink,
    Source,
    Transform,
)
from mlsys.steps.alone import check_frame, checked_labels, kept_rows
from mlsys.steps.learning import learn
from mlsys.steps.seeds import generator

Made = Fitted | Result | Remembered | None
"""What a step leaves beside rows: its state where it serves, its result where it reports."""


def open_source(step: Source, engine: Engine) -> Table:
    """Read a source, or hold its pieces; rows get their place in plan order as index."""
    pieces = step.partitions()
    if pieces is not None:
        return engine.hold(pieces, None)
    frame = step.read()
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{step.title} read {type(frame).__name__}, not a DataFrame", "return a DataFrame from read()")
    if frame.empty:
        raise DataError(f"{step.title} read no rows", "check the path and the filter")
    return engine.hold(None, frame.reset_index(drop=True))


def hold_frame(data: Any, engine: Engine, who: str = "run()") -> Table:
    """Hold a frame the user gave; its index stays."""
    check_frame(data, who)
    held = data.copy(deep=False)
    held.attrs = {}  # which pandas compares whenever it puts frames together
    return engine.hold(None, held)


def run_prefix_step(planned: Planned, table: Table, context: Context) -> tuple[Table, Made]:
    """Run one step on all rows."""
    parts, made = run_before_split(planned, {"all": table}, context)
    return parts["all"], made


def run_before_split(planned: Planned, parts: Mapping[str, Table], context: Context) -> tuple[dict[str, Table], Made]:
    """Run one step that stands before the split.

    Parameters
    ----------
    planned : Planned
        The step.
    parts : mapping of str to Table
        All rows under ``all``; or the parts that were given, each of which is then acted on alone, by what was
        learned from ``train``, with the past of all parts.
    context : Context
        Roles, catalog, cache.

    Returns
    -------
    dict of str to Table
        The rows after it.
    Fitted, Result, Remembered or None
        What it leaves beside them.
    """
    step = planned.step
    with context.doing(planned, parts) as record:
        after, made = _ran(planned, dict(parts), context)
        record.rows.update({name: part.rows for name, part in after.items() if part.in_memory})
    return after, Fitted(step) if made is None and step.facts.serves else made


def _ran(planned: Planned, parts: dict[str, Table], context: Context) -> tuple[dict[str, Table], Made]:
    step = planned.step
    if isinstance(step, Sink):
        step.write(_open(parts))
        context.done_outside(planned.name)
        return parts, None
    if isinstance(step, Report):
        return parts, _reported(planned, _open(parts), context)
    if isinstance(step, RowTransform):
        return transform_rows(planned, parts, context), None
    if isinstance(step, History):
        return run_history(planned, parts, context)
    if isinstance(step, Label):
        _tell_label(planned, step, context)
        return _each(planned, parts, context, lambda table, _: _label(planned, step, table)), None
    if isinstance(step, Select):
        return _each(planned, parts, context, lambda table, at: _select(planned, step, table, at)), None
    if isinstance(step, Reshape):
        return _reshape(planned, step, parts, context), None
    if isinstance(step, Transform):
        return _transform(planned, step, parts, context)
    raise ConfigurationError(f"{planned.name} is a {step.kind}, which cannot stand before the split")


def _open(parts: Mapping[str, Table]) -> dict[str, Table]:
    return {name: part for name, part in parts.items() if name != SEALED}


def _each(
    planned: Planned, parts: Mapping[str, Table], context: Context, work: Callable[[Table, Context], Table]
) -> dict[str, Table]:
    """Do the same work on each part alone."""
    return {
        name: context.kept(
            planned.name,
            name,
            lambda at, part=part: Outcome({"rows": work(part, at)}),  # type: ignore[misc]
            {"rows": part},
            sees_columns=True,
        ).tables["rows"]
        for name, part in parts.items()
    }


def _reported(planned: Planned, parts: Mapping[str, Table], context: Context) -> Result:
    step = planned.step
    assert isinstance(step, Report)

    def work(at: Context) -> Outcome:
        columns = parts[leading(parts)].head(0).columns
        loads = {name: part.frame for name, part in parts.items()}
        result = step.report(Dataset(loads, at.roles, at.catalog.features(columns), predictions={}))
        return Outcome({}, {"result": Held(result_state(result, planned.name))})

    outcome = context.kept(planned.name, "", work, parts, sees_columns=True)
    return result_of(outcome.states["result"].get())


def _tell_label(planned: Planned, step: Label, context: Context) -> None:
    """Tell the catalog what the label is made of and when it is known."""
    catalog, target = context.catalog, context.roles.target
    catalog.withhold(step.withholds(), f"read by the rule of {planned.name}")
    catalog.note(planned.name, step.withholds(), {step.column})
    if step.known_at:
        catalog.declare({step.column: step.known_at}, planned.name)
    voted = tuple(name for name in getattr(step, "rule_columns", ()) if name not in step.withholds())
    if voted and step.column == target:
        named = ", ".join(map(repr, voted))
        context.findings.append(
            Finding(
                "LK205",
                f"the rules of {planned.name} read {named}, which stay features: a model can learn the rules back; "
                "judge it against labels made another way, or take the columns out with exclude=",
                "information",
                columns=voted,
                step=planned.name,
            )
        )
    if step.column != target:
        catalog.withhold([step.column], f"a label, written by {planned.name}")


def _label(planned: Planned, step: Label, table: Table) -> Table:
    def label(frame: pd.DataFrame) -> pd.DataFrame:
        shown = shielded(frame)
        labels = checked_labels(step, frame, step.label(shown))
        watch_unchanged(step, shown, frame, "label")
        return frame.assign(**{step.column: labels})

    return table.map(label)


def _select(planned: Planned, step: Select, table: Table, context: Context) -> Table:
    frame = table.frame()
    shown = shielded(frame)
    answer = step.keep(shown, generator(context.seed, step))
    watch_unchanged(step, shown, frame, "keep")
    if isinstance(answer, tuple) and context.roles.weight is None:
        answer = answer[0]
    kept = kept_rows(step, frame, answer, context.roles.weight)
    if kept.empty:
        raise DataError(f"{planned.name} kept none of {len(frame):,} rows", "loosen its condition")
    return Table.of(kept)


def _reshape(planned: Planned, step: Reshape, parts: Mapping[str, Table], context: Context) -> dict[str, Table]:
    """Make other rows of each part alone; ids go on from part to part, so that no two rows share one."""
    watched, first, after = leading(parts), 0, dict[str, Table]()

    def work(at: Context, name: str, start: int) -> Outcome:
        frame = parts[name].frame()

        def reshape(rows: pd.DataFrame) -> pd.DataFrame:
            made = step.reshape(at.wrap(shielded(rows)))
            check_frame(made, planned.name)
            return pd.DataFrame(made)

        made = reshape(frame)
        if name == watched:
            tell_reshape(planned, reshape, frame, made, at)
        return Outcome({"rows": Table.of(made.set_axis(pd.RangeIndex(start, start + len(made)), axis=0))})

    for name, part in parts.items():
        outcome = context.kept(
            planned.name,
            name,
            lambda at, name=name, first=first: work(at, name, first),  # type: ignore[misc]
            {"rows": part},
            {"first row": str(first)},
            sees_columns=True,
        )
        after[name] = outcome.tables["rows"]
        first += after[name].rows
    return after


def _transform(
    planned: Planned, step: Transform, parts: dict[str, Table], context: Context
) -> tuple[dict[str, Table], Fitted]:
    """Run a transform that may learn from all rows, because the user gave a reason; of given parts from ``train``."""
    if "train" in parts:
        tail = Tail(context, parts=parts)
        tail.transform(planned, step)
        return tail.parts, tail.fitted[planned.name]

    def work(at: Context) -> Outcome:
        table = parts["all"]
        learned = learn(step, table, lambda frame: at.wrap(shielded(frame), step), generator(at.seed, step))
        fitted = Fitted(step, learned.state)
        changed = table.map(fitted.transform)
        before = table.head(0).columns
        reads = fitted.columns_read(tuple(before)) or ()
        at.catalog.note(planned.name, reads, set(changed.head(0).columns) - set(before))
        return Outcome({"all": changed}, {"state": Held(learned.state)})

    outcome = context.kept(planned.name, "", work, parts, sees_columns=True)
    return {"all": outcome.tables["all"]}, Fitted(step, outcome.states["state"])
