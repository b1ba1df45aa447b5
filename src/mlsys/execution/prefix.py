"""The steps before the split: a source, and what acts on all rows one row at a time."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Dataset
from mlsys.engines import Engine
from mlsys.errors import ConfigurationError, DataError, Finding
from mlsys.execution.catalog import moment_of
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.observe import observe
from mlsys.execution.planned import Planned
from mlsys.execution.results import result_of, result_state
from mlsys.execution.seeds import generator
from mlsys.partitions import Table
from mlsys.states import Held
from mlsys.steps import (
    Fitted,
    History,
    Label,
    Past,
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
from mlsys.steps.fitted import same_rows
from mlsys.steps.learning import learn

Apply = Callable[[pd.DataFrame], pd.DataFrame]


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


def hold_frame(data: pd.DataFrame, engine: Engine, who: str = "run()") -> Table:
    """Hold a frame the user gave; its index stays."""
    check_frame(data, who)
    return engine.hold(None, data.copy(deep=False))


def run_prefix_step(planned: Planned, table: Table, context: Context) -> tuple[Table, Fitted | Result | None]:
    """Run one step on all rows.

    Returns
    -------
    Table, Fitted or Result or None
        The rows after it; its state where it serves, its result where it reports.
    """
    step = planned.step
    with context.doing(planned, table.shown()) as record:
        if isinstance(step, Sink):
            step.write({"all": table})
            context.done_outside(planned.name)
            return table, None
        outcome = context.kept(
            planned.name,
            "",
            lambda at: _outcome(planned, table, at),
            {"all": table},
            sees_columns=not isinstance(step, RowTransform),
        )
        changed = outcome.tables["all"]
        if changed.in_memory:
            record.rows["all"] = changed.rows
    if "result" in outcome.states:
        return changed, result_of(outcome.states["result"].get())
    return changed, (Fitted(step, outcome.states.get("state")) if step.facts.serves else None)


def _outcome(planned: Planned, table: Table, context: Context) -> Outcome:
    """Do the work of one step on all rows."""
    step, columns = planned.step, table.head(0).columns
    if isinstance(step, RowTransform):
        return Outcome({"all": _row_transform(planned, table, context)})
    if isinstance(step, History):
        return _history(planned, table, context)
    if isinstance(step, Label):
        return Outcome({"all": _label(planned, table, context)})
    if isinstance(step, Reshape):
        made = step.reshape(context.wrap(shielded(table.frame())))
        check_frame(made, planned.name)
        context.catalog.note(planned.name, columns, set(made.columns) - set(columns))
        return Outcome({"all": Table.of(pd.DataFrame(made).reset_index(drop=True))})
    if isinstance(step, Select):
        return Outcome({"all": _select(planned, table, context)})
    if isinstance(step, Transform):
        return _transform_on_all(planned, table, context)
    if isinstance(step, Report):
        result = step.report(Dataset({"all": table.frame}, context.roles, context.catalog.features(columns)))
        return Outcome({"all": table}, {"result": Held(result_state(result, planned.name))})
    raise ConfigurationError(f"{planned.name} is a {step.kind}, which cannot stand before the split")


def _row_transform(planned: Planned, table: Table, context: Context) -> Table:
    step = planned.step
    assert isinstance(step, RowTransform)
    apply = guarded_apply(step)
    changed = table.map(apply)
    observe(planned, table, changed, apply, context)
    context.catalog.declare(step.known_at_added(), planned.name)
    return changed


def guarded_apply(step: RowTransform) -> Apply:
    """Return ``apply`` with its input shielded and its output held to the kind."""

    def apply(frame: pd.DataFrame) -> pd.DataFrame:
        return same_rows(step, frame, step.apply(shielded(frame)))

    return apply


def _history(planned: Planned, table: Table, context: Context) -> Outcome:
    step = planned.step
    assert isinstance(step, History)
    decision = context.roles.decision
    if decision is None:
        raise ConfigurationError(f"{planned.name} needs to know when rows happen", 'add time="..." to the Pipeline')
    frame = table.frame()
    decide = decision.of(frame)
    known = decide
    for column in context.catalog.known_at:
        if column in frame.columns and column in (step.columns_read(tuple(frame.columns)) or ()):
            for moment in context.catalog.known_at[column]:
                after = moment_of(moment, frame, context.roles)
                known = known.where(known > after, after).where(after.notna())
    changed = same_rows(step, frame, step.apply(shielded(frame), Past(frame, frame, step.by, decide, known)))
    written = set(changed.columns) - set(frame.columns)
    context.catalog.note(planned.name, {step.by, decision.column}, written)
    latest = frame.loc[known.dropna().sort_values().index].groupby(step.by, sort=False).tail(step.tail)
    state = {"tail": latest, "known": known.loc[latest.index]}
    return Outcome({"all": Table.of(changed)}, {"state": Held(state)})


def _label(planned: Planned, table: Table, context: Context) -> Table:
    step = planned.step
    assert isinstance(step, Label)
    context.catalog.withhold(step.withholds(), f"read by the rule of {planned.name}")

    def label(frame: pd.DataFrame) -> pd.DataFrame:
        shown = shielded(frame)
        labels = checked_labels(step, frame, step.label(shown))
        watch_unchanged(step, shown, frame, "label")
        return frame.assign(**{step.column: labels})

    context.catalog.note(planned.name, step.withholds(), {step.column})
    if step.known_at:
        context.catalog.declare({step.column: step.known_at}, planned.name)
    voted = tuple(name for name in getattr(step, "rule_columns", ()) if name not in step.withholds())
    if voted and step.column == context.roles.target:
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
    if step.column != context.roles.target:
        context.catalog.withhold([step.column], f"a label, written by {planned.name}")
    return table.map(label)


def _select(planned: Planned, table: Table, context: Context) -> Table:
    step = planned.step
    assert isinstance(step, Select)
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


def _transform_on_all(planned: Planned, table: Table, context: Context) -> Outcome:
    """Run a transform that may learn from all rows, because the user gave a reason."""
    step = planned.step
    assert isinstance(step, Transform)
    learned = learn(step, table, lambda frame: context.wrap(shielded(frame), step), generator(context.seed, step))
    fitted = Fitted(step, learned.state)
    changed = table.map(fitted.transform)
    before = table.head(0).columns
    context.catalog.note(
        planned.name, step.columns_read(tuple(before)) or (), set(changed.head(0).columns) - set(before)
    )
    return Outcome({"all": changed}, {"state": Held(learned.state)})
