"""Running a pipeline: execute its plan, keep what was asked for, show the card before anything is written."""

from __future__ import annotations

from mlsys.engines import AnyEngine
from mlsys.execution.chosen import stood_for
from mlsys.execution.execution import Execution, executed
from mlsys.execution.opening import Data
from mlsys.execution.session import start, working
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.run import Run, count_runs
from mlsys.serving.parity import spare
from mlsys.warned import once_a_run, ready_to_hush


@ready_to_hush()
def run_pipeline(
    pipeline: PipelineType,
    data: Data,
    until: str | None,
    track: bool | str,
    cache: bool,
    snapshot: bool,
    log_rows: bool,
    verbose: bool | None,
    engine: AnyEngine | None,
) -> Run[PipelineType]:
    """Return what came out of a pipeline; arguments as for ``Pipeline.run``."""
    plan = Plan(pipeline.planned)
    if until is not None:
        plan = plan.until(pipeline.steps[pipeline.position(until)].name)
    ledger = bool(track) or snapshot
    with (
        once_a_run(),
        working(pipeline, verbose, steps=plan.steps, cache=cache, ledger=ledger, engine=engine) as work,
    ):
        if work.cache is not None and until is None and track and plan.model is not None:
            work.cache.at_work = spare.start  # it imports meanwhile; where all is found, it is seldom asked
        execution = executed(plan, data, start(pipeline), work)
    run = Run(as_run(pipeline, execution), execution, data, log_rows=log_rows)
    if snapshot:
        run.keep_snapshot()
    track = track if until is None else False
    count_runs([run], track)
    run.show_before_tracking(track)
    return run


def as_run(pipeline: PipelineType, execution: Execution) -> PipelineType:
    """Return the pipeline as an execution ran it."""
    made: PipelineType = pipeline.as_run(execution.ran, lambda: stood_for(execution.parts.learned))
    return made
