"""Running windows: the steps after the split, learned from a window's training rows and judged by its others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from time import time as now
from typing import Any

import pandas as pd

from mlsys.engines import Engine
from mlsys.errors import ConfigurationError, ContractError, DataError, Finding
from mlsys.execution.checks import check_columns, check_leakage
from mlsys.execution.context import Context, Record
from mlsys.execution.dividing import Divided, divide, keys_for
from mlsys.execution.execute import Data, execute, run_tail
from mlsys.execution.execution import Execution
from mlsys.execution.fitness import counting_rows
from mlsys.execution.planned import Planned
from mlsys.execution.processes import apart
from mlsys.partitions import Table
from mlsys.states import digest
from mlsys.steps import Result, Sink, Split

SIDES = ("train", "validation")


@dataclass(frozen=True)
class Ready:
    """All that windows of a pipeline share: its prefix was run, its test rows are sealed.

    Parameters
    ----------
    plan : tuple of Planned
        The whole plan.
    rows : DataFrame
        Rows that may be learned from and judged by, in plan order; no test rows, no rows without a label.
    divided : Divided
        Parts as the pipeline's own split made them.
    context : Context
        Told everything about the steps before the split.
    engine : Engine
        Where partitions are held.
    """

    plan: tuple[Planned, ...]
    rows: pd.DataFrame
    divided: Divided
    context: Context
    engine: Engine

    @property
    def after(self) -> tuple[Planned, ...]:
        """Steps after the split, without those that write outside."""
        place = next(i for i, each in enumerate(self.plan) if isinstance(each.step, Split))
        return tuple(each for each in self.plan[place + 1 :] if not isinstance(each.step, Sink))


@dataclass(frozen=True)
class Window:
    """One way to divide the rows: ``sides`` holds ``train``, ``validation`` or null over their index."""

    name: str
    sides: pd.Series


@dataclass(frozen=True)
class Outcome:
    """What one window came to, small enough to be sent from another process."""

    window: str
    rows: Mapping[str, int]
    results: Mapping[str, Result]
    findings: Sequence[Finding]
    records: Sequence[Record]
    states: Mapping[str, str]
    started: float
    seconds: float
    spans: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def make_ready(plan: Sequence[Planned], data: Data, context: Context, engine: Engine) -> Ready:
    """Run the steps before the split once, let the split seal its test rows, and return all other labelled rows."""
    place = next((i for i, each in enumerate(plan) if isinstance(each.step, Split)), None)
    if place is None:
        raise ConfigurationError("the pipeline has neither a split nor a model to judge", "add Train(...)")
    if isinstance(data, Mapping):
        raise DataError(
            f"folds are made of all rows, but the data came in parts ({', '.join(data)})",
            "give one frame of the rows that may be used: pd.concat([train, validation])",
        )
    table = execute(plan[:place], data, context, engine).table
    assert table is not None
    check_columns(context, table)
    divided = divide(plan[place], table, context, supplied=bool(plan[place].supplied))
    context.settle_event(divided.tally)
    frame = table.frame()
    open_parts = [part.frame().index for name, part in divided.parts.items() if name != "test"]
    usable = frame.index.isin(open_parts[0].append(list(open_parts[1:])))
    return Ready(tuple(plan), frame[usable], divided, context, engine)


def windows_of(folds: Split, ready: Ready) -> list[Window]:
    """Return the windows that a split makes of the rows; label maturity, groups and embargo are its business."""
    keys = keys_for(folds, Table.of(ready.rows), ready.context.detached())
    weight = ready.context.roles.weight
    counts = counting_rows(ready.rows[weight] if weight in ready.rows.columns else None, len(keys))
    made = folds.windows(keys)
    found = []
    for number, sides in enumerate(made, 1):
        name = f"fold {number} of {len(made)}"
        if not isinstance(sides, pd.Series) or not sides.index.equals(keys.index):
            raise ContractError(
                f"windows() of {folds.title} returned for {name} no Series over the keys' index",
                "return pd.Series(names, index=keys.index) with 'train', 'validation' or null",
            )
        empty = [side for side in SIDES if not (sides == side)[counts].any()]
        if empty:
            raise DataError(
                f"{name} of {folds.title} has no rows for {' and '.join(empty)}", "take fewer folds, or give more rows"
            )
        found.append(Window(name, sides))
    if not found:
        raise DataError(f"{folds.title} makes no fold of {len(keys):,} rows", "take fewer folds, or give more rows")
    return found


def run_windows(ready: Ready, windows: Sequence[Window], n_jobs: int) -> Iterator[Outcome]:
    """Run the steps after the split over each window; the first window that fails is named in the error."""
    yield from apart(WindowWork(alone(ready)), windows, n_jobs)


def alone(ready: Ready) -> Ready:
    """Return what can be sent to another process, and tells nothing to this one."""
    cache = ready.context.cache
    context = replace(
        ready.context,
        catalog=ready.context.catalog.copied(),
        progress=_silent,
        findings=[],
        records=[],
        cache=None if cache is None else cache.elsewhere(),
    )
    return replace(ready, context=context, divided=Divided({}))


def _silent(step: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class WindowWork:
    """Runs one window; holds all it needs, so that it can be done in another process."""

    ready: Ready

    def __call__(self, window: Window) -> Outcome:
        """Run the steps after the split over a window's rows."""
        began, started = perf_counter(), now()
        try:
            execution = run_window(self.ready, window)
        except Exception as error:
            error.add_note(f"mlsys: in {window.name}")
            raise
        tail, context = execution.tail, execution.context
        assert tail is not None and execution.divided is not None
        return Outcome(
            window.name,
            execution.divided.rows,
            execution.results,
            context.findings,
            context.records,
            {name: fitted.held.digest or digest(fitted.state) for name, fitted in tail.fitted.items()},
            started,
            perf_counter() - began,
            _spans(execution.divided, context.roles.time),
        )


def run_window(ready: Ready, window: Window) -> Execution:
    """Run checks, steps and reports over the two sides of a window."""
    context = replace(ready.context.of_folds(), catalog=ready.context.catalog.copied(), findings=[], records=[])
    divided = sides_of(ready.rows, window, context)
    execution = Execution(ready.plan, context, ready.engine, divided)
    check_leakage(divided, context, ready.plan)
    run_tail(execution, ready.after)
    return execution


def sides_of(rows: pd.DataFrame, window: Window, context: Context) -> Divided:
    """Return the rows of a window by side."""
    sides = window.sides.reindex(rows.index)
    parts = {}
    for side in SIDES:
        mask = (sides == side).to_numpy(dtype=bool, na_value=False)
        parts[side] = context.identified(Table.of(rows[mask]))
    return Divided(parts, rows={side: part.rows for side, part in parts.items()})


def _spans(divided: Divided, time: str | None) -> dict[str, tuple[Any, Any]]:
    """Return the first and the last moment of each side; nothing without a time role."""
    if time is None:
        return {}
    moments = {side: part.frame([time])[time] for side, part in divided.parts.items()}
    return {side: (each.min(), each.max()) for side, each in moments.items()}
