"""Execution: a plan that was run, with all its results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mlsys.engines import opened
from mlsys.errors import ConfigurationError, Finding
from mlsys.execution.applying import applied
from mlsys.execution.checks import at_split, learned_from, look_for_leaks
from mlsys.execution.chosen import in_words, left_out
from mlsys.execution.concluding import doubted
from mlsys.execution.divided import Divided
from mlsys.execution.kinds.history import unsealed
from mlsys.execution.on_demand import as_run
from mlsys.execution.opening import Data, dtypes_by_name, hold_frame
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.records import Record
from mlsys.execution.requests import as_request
from mlsys.execution.runner import execute, go_on, run
from mlsys.execution.served import ServedModel, served_model
from mlsys.execution.work import Work
from mlsys.plan import Plan, Planned
from mlsys.steps import Fitted
from mlsys.steps.questions import looks, writes
from mlsys.tables import Table


@dataclass(frozen=True)
class Execution:
    """All results of running a plan.

    Parameters
    ----------
    plan : Plan
        The steps that were run, those that run on demand included.
    start : Parts
        What was known before the first of them.
    parts : Parts
        What the last step left.
    work : Work
        Where and how it was run, with the record of every step.
    done_before : tuple of Record
        What the run did whose test rows are opened here.
    """

    plan: Plan
    start: Parts
    parts: Parts
    work: Work
    done_before: tuple[Record, ...] = ()

    @property
    def ran(self) -> tuple[Planned, ...]:
        """The steps that were run, those that were supplied with the reason that the rows gave."""
        return as_run(self.plan.steps, self.parts.learned.asked)

    @property
    def fitted(self) -> Mapping[str, Fitted]:
        """The steps that may serve, by name in plan order."""
        return self.parts.learned.fitted

    @property
    def divided(self) -> Divided | None:
        """Parts as the split left them; ``None`` if the run stopped before it."""
        return self.parts.divided

    @property
    def undivided(self) -> Table | None:
        """All rows, if the run stopped before the split."""
        return None if self.parts.is_divided else self.parts.rows["all"]

    def chose(self) -> dict[str, str]:
        """Return what steps that choose others made of which columns, in words, by name."""
        return in_words(self.parts.learned)

    def left_out(self) -> dict[str, tuple[str, str]]:
        """Return the features that such a step left out: its name, and why."""
        return left_out(self.parts.learned)

    def request_rows(self, inputs: Mapping[str, str], rows: int = 1) -> pd.DataFrame:
        """Return the first training rows as a request would bring them, null where a column is gone."""
        assert self.divided is not None
        return as_request(self.divided.parts["train"].head(rows), inputs)

    def model(self) -> ServedModel:
        """Return the steps that predictions need, with their states."""
        if self.divided is None:
            raise ConfigurationError("the run stopped before a model was trained", "run the pipeline to the end")
        # Columns of the source, and those that a request may bring in place of a join.
        joined = self.divided.parts["train"].head(0).dtypes
        dtypes = {str(name): str(kind) for name, kind in joined.items()} | dict(self.parts.source_dtypes)
        learned = self.parts.learned
        return served_model(list(learned.before.items()), list(learned.after.items()), self.parts.catalog, dtypes)


def executed(plan: Plan, data: Data, parts: Parts, work: Work) -> Execution:
    """Run a plan; arguments as for :func:`mlsys.execution.runner.execute`."""
    with work.caching():
        return Execution(plan, parts, execute(plan, data, parts, work), work)


def resumed(base: Execution, plan: Plan, work: Work) -> Execution:
    """Run the rest of a plan whose first steps were run; the base stays as it is."""
    parts, work = base.parts, replace(work, records=list(base.work.records))
    divided = parts.divided
    if divided is not None and learned_from(plan.steps, divided.parts) != learned_from(base.plan.steps, divided.parts):
        split = plan.split if divided.assignment is not None else None
        parts = replace(look_for_leaks(plan.steps, split, parts, work), power=parts.power)
    with work.caching():
        return Execution(plan, base.start, go_on(plan, parts, work), work)


def trained_on_all(plan: Plan, data: pd.DataFrame, parts: Parts, work: Work) -> Execution:
    """Run the steps that learn and serve over all rows, with no part held out; the caller evaluates."""
    table, start = hold_frame(data, work.engine), parts
    rows = {"train": table}
    parts = parts.told([at_split(table, parts)], rows=rows, source_dtypes=dtypes_by_name(table))
    parts = replace(parts, divided=Divided(rows, rows={"train": len(data)}))
    return Execution(plan, start, run([*plan.before, *plan.working], parts, work), work)


def with_test_opened(execution: Execution, models: int = 1, findings: Sequence[Finding] = ()) -> Execution:
    """Apply the learned steps to the test rows and run every report again with them.

    Parameters
    ----------
    execution : Execution
        Stays as it is.
    models : int
        Number of models evaluated on these rows, including this one: reports widen their intervals.
    findings : sequence of Finding
        Remarks about the opening itself.
    """
    parts, divided = execution.parts, execution.parts.divided
    if divided is None or execution.plan.split is None or SEALED not in divided.parts:
        raise ConfigurationError(
            "there is no test part to open", "give the split a test share, or pass parts with 'test'"
        )
    with opened(execution.work.engine):
        return _with_test_opened(execution, parts, divided, models, findings)


def _with_test_opened(
    execution: Execution, parts: Parts, divided: Divided, models: int, findings: Sequence[Finding]
) -> Execution:
    work = replace(execution.work, records=[])
    rows, predicted = applied(parts.learned.after.values(), divided.parts[SEALED])
    opened: Iterable[Table] = [rows] if predicted is None else [rows, predicted]
    for table in opened:
        work.identified(table, divided.parts[SEALED])
    parts = replace(
        parts,
        rows={**parts.rows, SEALED: rows},
        predictions={**parts.predictions, **({} if predicted is None else {SEALED: predicted})},
        results={},
        findings=(*parts.findings, *findings),
        learned=replace(parts.learned, before=unsealed(parts)),
        ran=(),
    )
    reports = [each for each in execution.plan.steps if looks(each.step) and not writes(each.step)]
    parts = run([replace(each, step=each.step.for_looks(models)) for each in reports], parts, work)  # type: ignore[attr-defined]
    if predicted is not None:
        parts = doubted({SEALED: predicted}, parts, work)
    return Execution(execution.plan, execution.start, parts, work, tuple(execution.work.records))
