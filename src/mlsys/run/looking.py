"""Looking inside: rows after a step, and a preview on a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import beside
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.execution.dividing import divide
from mlsys.execution.execute import Data, rows_before_split
from mlsys.execution.execution import Execution
from mlsys.execution.planned import Planned
from mlsys.execution.prefix import hold_frame, open_source, run_prefix_step
from mlsys.execution.reads import cross_fitted
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.steps import Model, Postprocess, Report, RowTransform, Sink, Source, Split, TrainOnly, Transform
from mlsys.summaries import hash_ids
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline import Pipeline

PREVIEW_STREAM = int.from_bytes(b"preview", "big")
"""Hashes of their own: rows chosen by those that deal out folds would all lie in one fold."""


def frame_after(pipeline: Pipeline, execution: Execution, data: Data, split: str, after: str | None) -> pd.DataFrame:
    """Return the rows of a part as a step left them.

    Rows after the split are computed again from what the run learned; before it, the source is read
    again.
    """
    divided, tail, plan = execution.divided, execution.tail, execution.ran
    position = {planned.name: index for index, planned in enumerate(plan)}
    if after is None:
        after = plan[-1].name
    if after not in position:
        raise ConfigurationError(f"the run has no step {after!r}", f"the steps that were run are {', '.join(position)}")
    if divided is None:
        assert execution.table is not None
        last = position[after] == len(plan) - 1
        return execution.table.frame() if last else _prefix_rows(pipeline, data, split, position[after])
    if split not in divided.parts or split == "test":
        sealed = " (the test rows stay sealed until run.final_test())" if split == "test" else ""
        names = ", ".join(name for name in divided.parts if name != "test")
        raise ConfigurationError(f"there is no open part {split!r}{sealed}", f"open parts are {names}")
    at_split = next((i for i, each in enumerate(plan) if isinstance(each.step, Split)), len(plan))
    raw = divided.parts[split].frame()
    if position[after] < at_split:
        rows = _prefix_rows(pipeline, data, split, position[after])
        return rows.loc[rows.index.intersection(raw.index)]
    assert tail is not None
    frame = raw
    for planned in plan[at_split + 1 : position[after] + 1]:
        frame = _step_again(planned, frame, tail, split)
    return frame


def _step_again(planned: Planned, frame: pd.DataFrame, tail: Tail, split: str) -> pd.DataFrame:
    step, context = planned.step, tail.context
    if isinstance(step, Transform) and step.cross_fits and split == "train":
        return cross_fitted(step, context, frame, tail.fold_states[planned.name].get())
    if isinstance(step, TrainOnly):
        return tail.parts["train"].frame() if split == "train" else frame
    if isinstance(step, (Model, Postprocess)) and split in tail.predictions:
        return beside(frame, tail.predictions[split].frame())
    if isinstance(step, (Model, Postprocess, Report, Sink)):
        return frame
    return tail.fitted[planned.name].transform(frame)


def _prefix_rows(pipeline: Pipeline, data: Data, split: str, last: int) -> pd.DataFrame:
    """Run the first steps again."""
    parts = rows_before_split(pipeline.planned[: last + 1], data, pipeline.context(), LocalEngine())
    return parts[split if split in parts else "all"].frame()


@once_a_run()
def preview_steps(pipeline: Pipeline, data: Data, n: int, rows: int) -> dict[str, pd.DataFrame]:
    """Return a few training rows after each step, computed on a sample of rows."""
    engine, shown = LocalEngine(), {}
    context = pipeline.context()
    context.quiet = True
    table: Table | None = hold_frame(data, engine) if isinstance(data, pd.DataFrame) else None
    steps = list(pipeline.planned)
    if steps and isinstance(steps[0].step, Source):
        source = steps.pop(0)
        assert isinstance(source.step, Source)
        table = table or open_source(source.step, engine)
        context.catalog.declare(source.step.known_at_declared(), source.name)
        table = _sampled(table, rows)
        shown[source.name] = table.frame().head(n)
    if table is None:
        raise ConfigurationError("preview() needs data", "call preview(frame), or begin the pipeline with a source")
    table = _sampled(table, rows)
    tail: Tail | None = None
    for planned in steps:
        step = planned.step
        if isinstance(step, Split):
            divided = divide(planned, table, context, supplied=False, sample=True)
            parts = {name: part for name, part in divided.parts.items() if name != "test"}
            context.catalog.at_split = tuple(table.head(0).columns)
            tail = Tail(context, parts=parts)
            shown[planned.name] = parts["train"].frame().head(n)
        elif tail is None:
            if isinstance(step, (RowTransform, Transform)) or not isinstance(step, (Report, Sink)):
                table, _ = run_prefix_step(planned, table, context)
                shown[planned.name] = table.frame().head(n)
        elif not isinstance(step, (Report, Sink)):
            tail.run([planned], tail.parts, lambda *_: None)
            if not tail.asked.get(planned.name, "needed"):
                continue
            frame = tail.parts["train"].frame()
            predicted = next(iter(tail.predictions.values()), None)
            shown[planned.name] = (frame if predicted is None else predicted.frame()).head(n)
    return shown


def _sampled(table: Table, rows: int) -> Table:
    frame = table.frame() if table.in_memory else table.head(rows)
    if len(frame) <= rows:
        return Table.of(frame)
    chosen = np.sort(np.argsort(hash_ids(frame.index, PREVIEW_STREAM), kind="stable")[:rows])
    return Table.of(frame.iloc[chosen])
