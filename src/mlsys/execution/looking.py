"""Looking inside: rows after a step, and a preview on a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from mlsys.dataset import beside
from mlsys.errors import ConfigurationError
from mlsys.execution.asking import request_rows
from mlsys.execution.dividing import divided_by
from mlsys.execution.execution import Execution
from mlsys.execution.opening import Data, declared, hold_given, open_source, opened
from mlsys.execution.parting import in_parts
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.previewed import Preview
from mlsys.execution.reads import cross_fitted
from mlsys.execution.runner import execute, run
from mlsys.execution.told import AtSplit
from mlsys.execution.work import View, Work
from mlsys.native_threads import threads_pinned
from mlsys.plan import Plan, Planned
from mlsys.steps.questions import answers, changes_training, looks, makes_rows
from mlsys.summaries import sample_by_hash
from mlsys.tables import Table
from mlsys.warned import once_a_run

PREVIEW_STREAM = int.from_bytes(b"preview", "big")
"""Separate hashes: rows chosen by the hashes of folds would all be in one fold."""


def frame_after(execution: Execution, data: Data, split: str, after: str | None) -> pd.DataFrame:
    """Return the rows of a part as a step left them.

    Rows after the split are computed again from what the run learned; before it, the source is read
    again.
    """
    parts, divided, plan = execution.parts, execution.divided, execution.ran
    position = {planned.name: index for index, planned in enumerate(plan)}
    if after is None:
        after = plan[-1].name
    if after not in position:
        raise ConfigurationError(f"the run has no step {after!r}", f"the steps of the run are {', '.join(position)}")
    if divided is None:
        last = position[after] == len(plan) - 1
        return parts.rows["all"].frame() if last else _rows_before(execution, data, split, after)
    if split not in divided.parts or split == SEALED:
        sealed = " (the test rows stay sealed until run.final_test())" if split == SEALED else ""
        names = ", ".join(name for name in divided.parts if name != SEALED)
        raise ConfigurationError(f"there is no open part {split!r}{sealed}", f"open parts are {names}")
    raw = divided.parts[split].frame()
    if after in {each.name for each in execution.plan.before} or plan[position[after]] == execution.plan.source:
        rows = _rows_before(execution, data, split, after)
        return rows.loc[rows.index.intersection(raw.index)]
    again = [each for each in plan[: position[after] + 1] if each.name in _after(execution.plan)]
    if split == "train" and any(changes_training(each.step) for each in again):
        raw = _changed_training(execution, data, after)
        again = [each for each in again if answers(each.step)]
    frame = raw
    for planned in again:
        with threads_pinned():  # as in the run
            frame = _step_again(planned, frame, execution, split)
    return frame


def _changed_training(execution: Execution, data: Data, after: str) -> pd.DataFrame:
    """Return training rows that a step has changed: those the run ended with, or of a run up to an earlier step."""
    names = [each.name for each in execution.ran]
    later = [
        each for each in execution.ran[names.index(after) + 1 :] if not answers(each.step) and not looks(each.step)
    ]
    if not later:
        return execution.parts.rows["train"].frame()
    work = replace(execution.work, cache=None, records=[], quiet=True)
    return execute(execution.plan.until(after), data, execution.start, work).rows["train"].frame()


def rows_as_requested(execution: Execution, data: Data, part: str, inputs: Mapping[str, str]) -> pd.DataFrame:
    """Return rows of a part as a request brings them to some model; the source is read again unless it was kept.

    Parameters
    ----------
    execution : Execution
        Whose rows.
    data : DataFrame, mapping of str to DataFrame, or None
        What it was given.
    part : str
        Name of the part.
    inputs : mapping of str to str
        Columns that the model needs, with their types.
    """
    assert execution.divided is not None
    read = execution.parts.read
    if read is None:
        work = replace(execution.work, cache=None, records=[])
        makers = [each.name for each in execution.plan.before if makes_rows(each.step)]
        parts = opened(execution.plan, data, execution.start, work)
        read = run(execution.plan.until(makers[-1]).before, parts, work).rows if makers else parts.rows
    return request_rows(execution.divided.parts[part].frame(), read.get("all", read.get(part)), inputs)


def _after(plan: Plan) -> set[str]:
    return {each.name for each in plan.after}


def _step_again(planned: Planned, frame: pd.DataFrame, execution: Execution, split: str) -> pd.DataFrame:
    step, parts = planned.step, execution.parts
    folds = parts.learned.folds.get(planned.name) if split == "train" else None
    if folds is not None:
        view = View(parts.roles, parts.catalog, execution.work.seed)
        return cross_fitted(step, view, folds.get(), frame)
    if changes_training(step):
        return frame
    if answers(step) and split in parts.predictions:
        return beside(frame, parts.predictions[split].frame())
    if answers(step) or looks(step):
        return frame
    return parts.learned.after[planned.name].transform(frame)


def _rows_before(execution: Execution, data: Data, split: str, after: str) -> pd.DataFrame:
    """Run the first steps again, up to one before the split."""
    work = replace(execution.work, cache=None, records=[])
    plan = execution.plan.until(after)
    rows = run(plan.before, opened(plan, data, execution.start, work), work).rows
    return rows[split if split in rows else "all"].frame()


@once_a_run()
def preview(plan: Plan, data: Data, start: Parts, work: Work, n: int, rows: int) -> Preview:
    """Return ``n`` training rows after each step, computed on a sample of rows."""
    work, shown, parts = replace(work, quiet=True, sample=True), Preview({}), start
    source = plan.source
    table: Table | None = hold_given(source, data, work.engine) if isinstance(data, pd.DataFrame) else None
    if source is not None:
        table = table or open_source(source.step, work.engine)  # type: ignore[arg-type]
        parts = parts.told(declared(source, table))
    if table is None:
        raise ConfigurationError("preview() needs data", "call preview(frame), or start the pipeline with a source")
    table = _sampled(table, rows)
    if source is not None:
        shown[source.name] = table.frame().head(n)
    parts = parts.told([], rows={"all": table})
    for planned in plan.before:
        if not looks(planned.step):
            parts = run([planned], parts, work)
            shown[planned.name] = parts.rows["all"].frame().head(n)
    if plan.split is None:
        return shown
    table = parts.rows["all"]
    parts, divided = divided_by(replace(plan.split, supplied=""), table, parts, work, plan.steps)
    parts = in_parts(parts.told([AtSplit(tuple(table.head(0).columns))]), divided)
    shown[plan.split.name] = parts.rows["train"].frame().head(n)
    for planned in plan.working:
        parts = run([planned], parts, work)
        if planned.name in parts.ran:
            predicted = next(iter(parts.predictions.values()), parts.rows["train"])
            shown[planned.name] = predicted.frame().head(n)
    return shown


def _sampled(table: Table, rows: int) -> Table:
    frame = table.frame() if table.in_memory else table.head(rows)
    return table.like(sample_by_hash(frame, rows, PREVIEW_STREAM))
