"""Executing a plan: prefix, split, tail, reports; and opening the test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlsys.cache import Cache, Outcome
from mlsys.engines import Engine
from mlsys.errors import ConfigurationError, DataError, Finding
from mlsys.execution.checks import (
    check_columns,
    check_leakage,
    check_same_columns,
    doubt_perfection,
    learned_from,
)
from mlsys.execution.context import Context
from mlsys.execution.dividing import Divided, divide, divide_given
from mlsys.execution.execution import Execution
from mlsys.execution.folding import out_of_fold
from mlsys.execution.held_data import check_held_data, held_by
from mlsys.execution.histories import SEALED, Remembered
from mlsys.execution.planned import Planned
from mlsys.execution.prefix import Made, hold_frame, open_source, run_before_split
from mlsys.execution.reporting import looker, result_name
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.steps import Fitted, Model, Report, Reshape, Result, Sink, Source, Split

Data = pd.DataFrame | Mapping[str, pd.DataFrame] | None


def execute(plan: Sequence[Planned], data: Data, context: Context, engine: Engine) -> Execution:
    """Run a plan over ``data``, or over what its source reads.

    Parameters
    ----------
    plan : sequence of Planned
        Steps in order, with a split among them unless ``data`` is already divided.
    data : DataFrame, mapping of str to DataFrame, or None
        A frame replaces the source; a mapping gives the parts.
    context : Context
        Roles, catalog, seed; takes findings and records.
    engine : Engine
        Where partitions are held.
    """
    with context.caching():
        return _execute(plan, data, context, engine)


def _execute(plan: Sequence[Planned], data: Data, context: Context, engine: Engine) -> Execution:
    execution = Execution(tuple(plan), context, engine)
    steps = [each for each in plan if not isinstance(each.step, Source)]
    source = next((each for each in plan if isinstance(each.step, Source)), None)
    if isinstance(data, Mapping):
        held = {
            name: context.given(name, hold_frame(frame, engine, f"run(), for the part {name!r},"))
            for name, frame in data.items()
        }
        declare_known_at(context, source, held.get("train"))
        _run_parts(execution, steps, held)
        return execution
    table = _open(execution, source, data, engine)
    _remember_source(execution, table)
    _run_rows(execution, steps, table)
    return execution


def _run_rows(execution: Execution, steps: Sequence[Planned], table: Table) -> None:
    """Run the steps before the split on all rows, divide them, and run the rest."""
    context = execution.context
    position = next((i for i, each in enumerate(steps) if isinstance(each.step, Split)), len(steps))
    held = held_by(execution.plan)
    source = (execution.source or table) if held else None  # what nobody compares with need not stay in memory
    table = _before_split(execution, steps[:position], {"all": table})["all"]
    if position == len(steps):
        execution.table, execution.source = table, source
        return
    check_columns(context, table)
    execution.divided = divide(steps[position], table, context, supplied=bool(steps[position].supplied))
    context.settle_event(execution.divided.tally)
    _store_histories(execution)
    tables = {"at the source": source, "at the split": table} if source is not None else {}
    del table, source
    execution.power = check_leakage(execution.divided, context, execution.plan, steps[position])
    check_held_data(held, execution.plan, tables, execution.divided, context)
    execution.source = None
    tables.clear()
    run_tail(execution, steps[position + 1 :])


def rows_before_split(plan: Sequence[Planned], data: Data, context: Context, engine: Engine) -> dict[str, Table]:
    """Return rows as steps that stand before the split leave them: all under ``all``, or the parts that were given."""
    execution = execute(plan, data, context, engine)
    if execution.table is not None:
        return {"all": execution.table}
    assert execution.divided is not None
    return execution.divided.parts


def _before_split(execution: Execution, steps: Sequence[Planned], parts: dict[str, Table]) -> dict[str, Table]:
    """Run steps before the split, and keep what they leave beside rows."""
    for planned in steps:
        parts, made = run_before_split(planned, parts, execution.context)
        _take(execution, planned, made)
    return parts


def _take(execution: Execution, planned: Planned, made: Made) -> None:
    if isinstance(made, Result):
        execution.results[result_name(execution, made)] = made
    elif isinstance(made, Fitted):
        execution.prefix[planned.name] = made
    elif isinstance(made, Remembered):
        execution.remembered[planned.name] = made
        execution.prefix[planned.name] = Fitted(planned.step)  # its place; its rows are known after the split
    if isinstance(planned.step, Reshape):
        each = execution.remembered.items()
        execution.remembered = {name: history.past_a_reshape() for name, history in each}


def _store_histories(execution: Execution) -> None:
    """Let each history keep the rows that serve: those of open parts; the test rows once they are opened."""
    assert execution.divided is not None
    test = execution.divided.parts.get(SEALED)
    for name, history in execution.remembered.items():
        state, execution.sealed[name] = history.stored(test, execution.context)
        execution.prefix[name] = Fitted(history.planned.step, state)
    execution.remembered = {name: history.forgetful() for name, history in execution.remembered.items()}


def train_on_all(plan: Sequence[Planned], data: pd.DataFrame, context: Context, engine: Engine) -> Execution:
    """Run the steps that learn and serve over all rows, with no part held out; somebody else judges."""
    execution = Execution(tuple(plan), context, engine)
    table = hold_frame(data, engine)
    _remember_source(execution, table)
    check_columns(context, table)
    execution.divided = Divided({"train": table}, rows={"train": len(data)})
    tail = Tail(context)
    execution.tail = tail
    tail.run(
        [each for each in plan if not isinstance(each.step, (Split, Report, Sink))], {"train": table}, lambda *_: None
    )
    return execution


def resume(base: Execution, plan: Sequence[Planned], cache: Cache | None) -> Execution:
    """Continue a copy of an execution that ran the first steps of ``plan``; the base stays as it is."""
    context = replace(
        base.context,
        catalog=base.context.catalog.copied(),
        findings=list(base.context.findings),
        records=list(base.context.records),
        cache=cache,
    )
    execution = replace(
        base,
        plan=tuple(plan),
        context=context,
        results=dict(base.results),
        prefix=dict(base.prefix),
        remembered=dict(base.remembered),
        sealed=dict(base.sealed),
        table=None,
        tail=None,
    )
    if base.table is not None:
        _run_rows(execution, [each for each in plan[len(base.plan) :] if not isinstance(each.step, Source)], base.table)
        return execution
    after = next(i for i, each in enumerate(plan) if isinstance(each.step, Split)) + 1
    if base.divided is not None:
        check_held_data(held_by(plan[len(base.plan) :]), plan, {}, base.divided, context)
        if learned_from(plan, base.divided.parts) != learned_from(base.plan, base.divided.parts):
            check_leakage(base.divided, context, plan, plan[after - 1] if base.divided.assignment else None)
    run_tail(execution, plan[after:], done=base.tail, since=len(base.plan) - after)
    return execution


def _open(execution: Execution, source: Planned | None, data: Data, engine: Engine) -> Table:
    if data is not None:
        table = execution.context.given("all", hold_frame(data, engine))
        declare_known_at(execution.context, source, table)
        return table
    if source is None:
        raise DataError(
            "the pipeline has no source and run() got no data",
            "call run(frame) or run('table.csv'), or begin with ReadCSV(...)",
        )
    assert isinstance(source.step, Source)
    step, context = source.step, execution.context
    with context.doing(source) as record:
        table = context.kept(source.name, "", lambda _: Outcome({"all": open_source(step, engine)}), {}).tables["all"]
        if table.in_memory:
            record.rows["all"] = table.rows
    execution.context.catalog.declare(source.step.known_at_declared(), source.name)
    return table


def declare_known_at(context: Context, source: Planned | None, given: Table | None) -> None:
    """Take what a source declares: rows given in its place are known no earlier than its own."""
    if source is None or given is None:
        return
    there = set(given.head(0).columns)
    known_at: Mapping[str, str] = getattr(source.step, "known_at_declared", dict)()
    declared = {column: moment for column, moment in known_at.items() if column in there}
    context.catalog.declare(declared, source.name)


def _remember_source(execution: Execution, table: Table) -> None:
    head = table.head(0)
    names: list[object] = [name for name in head.columns if not isinstance(name, str)]
    if names:
        several = "frame.columns = ['_'.join(map(str, name)) for name in frame.columns]"
        raise DataError(
            f"column names must be texts, but {names[0]!r} is {type(names[0]).__name__}",
            f"write {several} first" if isinstance(names[0], tuple) else "call frame.rename(columns=str) first",
        )
    execution.source_dtypes = {str(name): str(kind) for name, kind in head.dtypes.items()}


def _run_parts(execution: Execution, steps: Sequence[Planned], tables: dict[str, Table]) -> None:
    """Run over parts that were given: what stands before the split learns from ``train`` and acts on each part."""
    if "train" not in tables:
        raise DataError(
            f"run() got parts named {', '.join(tables)}, but none is named 'train'",
            "name the parts train, validation, test",
        )
    context = execution.context
    _remember_source(execution, tables["train"])
    check_same_columns(tables, context.catalog.excluded)
    position = next((i for i, each in enumerate(steps) if isinstance(each.step, Split)), len(steps))
    tables = _before_split(execution, steps[:position], tables)
    if position == len(steps):  # nothing learns, or the run stops here
        execution.divided = Divided(tables, rows={name: table.rows for name, table in tables.items()})
        return
    for table in tables.values():
        check_columns(context, table)
    for table in tables.values():
        needed = context.catalog.columns_needed()
        context.catalog.settle(table.frame([name for name in table.head(0).columns if name in needed]))
    execution.divided = divide_given(tables, context)
    context.settle_event(execution.divided.tally)
    _store_histories(execution)
    execution.power = check_leakage(execution.divided, context, execution.plan)
    check_held_data(held_by(execution.plan), execution.plan, {}, execution.divided, context)
    run_tail(execution, [each for each in steps[position:] if not isinstance(each.step, Split)])


def run_tail(execution: Execution, steps: Sequence[Planned], done: Tail | None = None, since: int = 0) -> None:
    """Run the steps after the split over the open parts; by folds where there is no validation part.

    Parameters
    ----------
    execution : Execution
        Takes the tail and the results.
    steps : sequence of Planned
        All steps after the split.
    done : Tail, optional
        A tail that has run the first ``since`` of them; a copy of it goes on.
    """
    divided, context = execution.divided, execution.context
    assert divided is not None
    open_parts = {name: part for name, part in divided.parts.items() if name != "test"}
    if divided.folds and any(isinstance(each.step, Model) for each in steps):
        execution.out_of_fold = out_of_fold(steps, open_parts, divided.folds, context)
    tail = Tail(context) if done is None else done.copied(context)
    execution.tail = tail
    parts = open_parts if done is None else tail.parts
    tail.run(steps[since:] if done is not None else steps, parts, looker(execution, tail, open_parts))
    execution.drop_moot()
    predicted = {name: each for name, each in tail.predictions.items() if name not in tail.fitted_on}
    if execution.out_of_fold is not None:
        predicted = {"train": execution.out_of_fold}
    doubt_perfection(context, divided.parts, predicted)


def open_test(execution: Execution, models: int = 1, findings: Sequence[Finding] = ()) -> Execution:
    """Apply the learned steps to the test rows and run every report again with them.

    Parameters
    ----------
    execution : Execution
        Stays as it is.
    models : int
        How many models have been judged by these rows, this one included: reports widen their intervals.
    findings : sequence of Finding
        Remarks about the opening itself.
    """
    divided, tail = execution.divided, execution.tail
    if divided is None or tail is None or "test" not in divided.parts:
        raise ConfigurationError(
            "there is no test part to open", "give the split a test share, or pass parts with 'test'"
        )
    context = replace(execution.context, findings=[*execution.context.findings, *findings], records=[])
    prefix = {name: _opened(execution, name, fitted) for name, fitted in execution.prefix.items()}
    final = replace(execution, context=context, results={}, prefix=prefix, done_before=tuple(execution.context.records))
    rows, predicted = tail.apply(divided.parts["test"])
    for table in (rows, predicted):
        if table is not None:
            context.identified(table, divided.parts["test"])
    parts = {**tail.parts, "test": rows}
    predictions = {**tail.predictions, **({"test": predicted} if predicted is not None else {})}
    look = looker(final, tail, dict(divided.parts))
    after_split = [each for each in execution.plan if isinstance(each.step, Report)]
    for planned in after_split:
        assert isinstance(planned.step, Report)
        look(replace(planned, step=planned.step.for_looks(models)), parts, predictions)
    if predicted is not None:
        doubt_perfection(context, divided.parts, {"test": predicted})
    return final


def _opened(execution: Execution, name: str, fitted: Fitted) -> Fitted:
    """Return a step before the split as it serves once the test rows are open."""
    if name not in execution.sealed:
        return fitted
    history = execution.remembered[name]
    return Fitted(fitted.step, history.opened(fitted.state, execution.sealed[name], execution.context))
