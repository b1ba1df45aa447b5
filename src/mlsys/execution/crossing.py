"""The work of cross-validation: steps before the split run once, steps after it in each window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from time import time as now
from typing import Any

import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, ContractError, DataError, Finding
from mlsys.execution.checks import at_split
from mlsys.execution.divided import Divided
from mlsys.execution.dividing import divided_by
from mlsys.execution.fitness import counting_rows
from mlsys.execution.keys import keys_for
from mlsys.execution.opening import Data
from mlsys.execution.parting import in_parts
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.processes import apart
from mlsys.execution.records import Record
from mlsys.execution.runner import execute
from mlsys.execution.windows import SIDES, Trial, Window
from mlsys.execution.work import Work, silent
from mlsys.plan import Plan, Planned
from mlsys.states import digest
from mlsys.steps import Result, Split
from mlsys.steps.aims import WITHOUT_TARGET
from mlsys.steps.questions import aim_of, writes
from mlsys.steps.splitting import of_known


@dataclass(frozen=True)
class Prepared:
    """All that windows of a pipeline share: the steps before the split were run, the test rows are sealed.

    Parameters
    ----------
    plan : Plan
        The whole plan.
    rows : DataFrame
        Rows that may be learned from and judged by, in plan order; no test rows, no rows without a label.
    parts : Parts
        As the pipeline's own split made them.
    work : Work
        Where and how it was done.
    """

    plan: Plan
    rows: pd.DataFrame
    parts: Parts
    work: Work

    @property
    def after(self) -> tuple[Planned, ...]:
        """Steps after the split, without those that write outside."""
        return tuple(each for each in self.plan.after if not writes(each.step))

    @property
    def sealed(self) -> int:
        """Number of test rows."""
        assert self.parts.divided is not None
        return self.parts.divided.rows.get(SEALED, 0)


@dataclass(frozen=True)
class Judged:
    """What was found in one window, small enough to be sent from another process."""

    window: str
    rows: Mapping[str, int]
    results: Mapping[str, Result]
    findings: Sequence[Finding]
    records: Sequence[Record]
    states: Mapping[str, str]
    started: float
    seconds: float
    spans: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def prepared(plan: Plan, data: Data, parts: Parts, work: Work) -> Prepared:
    """Run the steps before the split once, let the split seal its test rows, and return all other labelled rows."""
    split = plan.split
    if split is None:
        raise ConfigurationError("the pipeline has neither a split nor a model to evaluate", "add Train(...)")
    if isinstance(data, Mapping):
        raise DataError(
            f"folds need all rows in one frame, but the data has parts ({', '.join(data)})",
            "pass one frame with the rows to use: pd.concat([train, validation])",
        )
    with work.caching():
        parts = execute(Plan(plan.steps[: plan.steps.index(split)]), data, parts, work)
    table = parts.rows["all"]
    parts, divided = divided_by(split, table, parts.told([at_split(table, parts)]), work, plan.steps)
    frame = table.frame()
    usable = pd.Index([row for name, part in divided.parts.items() if name != SEALED for row in part.frame().index])
    return Prepared(plan, frame[frame.index.isin(usable)], in_parts(parts, divided), work)


def windows_of(folds: Split, ready: Prepared) -> list[Window]:
    """Return the windows that a split makes of the rows; label maturity, groups and embargo are its business."""
    keys = keys_for(folds, ready.work.engine.hold(None, ready.rows), ready.parts, ready.work)
    weight = ready.parts.roles.weight
    counts = counting_rows(ready.rows[weight] if weight in ready.rows.columns else None, len(keys))
    made = folds.windows(keys)
    by_target = "target" in keys.columns and aim_of(ready.plan.steps) not in WITHOUT_TARGET
    judged = keys["target"].notna() if by_target else None
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
                f"{name} of {folds.title} has no rows for {' and '.join(empty)}", "use fewer folds or more rows"
            )
        found.append(Window(name, sides if judged is None else of_known(sides, judged)))
    if not found:
        raise DataError(f"{folds.title} makes no fold of {len(keys):,} rows", "use fewer folds or more rows")
    return found


def judged_windows(ready: Prepared, windows: Sequence[Window], n_jobs: int) -> Iterator[Judged]:
    """Run the steps after the split over each window; the first window that fails is named in the error."""
    cache = ready.work.cache
    elsewhere = None if cache is None else cache.elsewhere()
    # A fold is one piece of work: its rows stay where it is done.
    work = replace(ready.work, engine=LocalEngine(), progress=silent, records=[], cache=elsewhere)
    trial = Trial(ready.after, ready.rows, ready.parts.known, work, remarks=True)
    yield from apart(JudgeWindow(trial), windows, n_jobs, ready.work.engine)


@dataclass(frozen=True)
class JudgeWindow:
    """Runs one window, and keeps what is told of it."""

    trial: Trial

    def __call__(self, window: Window) -> Judged:
        """Return what was found."""
        began, started = perf_counter(), now()
        parts, work = self.trial(window)
        assert parts.divided is not None
        return Judged(
            window.name,
            parts.divided.rows,
            parts.results,
            parts.findings,
            work.records,
            {name: fitted.held.digest or digest(fitted.state) for name, fitted in parts.learned.after.items()},
            started,
            perf_counter() - began,
            _spans(parts.divided, parts.roles.time),
        )


def _spans(divided: Divided, time: str | None) -> dict[str, tuple[Any, Any]]:
    """Return the first and the last moment of each side; nothing without a time role."""
    if time is None:
        return {}
    moments = {side: part.frame([time])[time] for side, part in divided.parts.items()}
    return {side: (each.min(), each.max()) for side, each in moments.items()}
