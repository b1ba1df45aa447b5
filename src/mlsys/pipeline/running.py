"""Running a pipeline: execute its plan, keep what was asked for, show the card before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.engines import LocalEngine
from mlsys.execution.execute import Data, execute
from mlsys.execution.progress import progress_bar
from mlsys.steps import Model
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run import Run


def run_pipeline(
    pipeline: Pipeline,
    data: Data,
    until: str | None,
    track: bool | str,
    cache: bool,
    snapshot: bool,
    log_rows: bool,
    verbose: bool | None,
) -> Run:
    """Return what came out of a pipeline; arguments as for ``Pipeline.run``."""
    from mlsys.run import Run, take_snapshot
    from mlsys.run.parity import spare

    steps = pipeline.planned
    if until is not None:
        last = pipeline.steps[pipeline._position(until)].name
        steps = steps[: [each.name for each in steps].index(last) + 1]
    asked = until is None and track and any(isinstance(each.step, Model) for each in steps)
    with once_a_run(), progress_bar(pipeline.name, len(steps), verbose) as advance:
        kept = pipeline.cache_for(steps, cache, ledger=bool(track) or snapshot)
        if kept is not None and asked:
            kept.at_work = spare.start  # it imports meanwhile; where all is found, it is seldom asked
        execution = execute(steps, data, pipeline.context(advance, kept), LocalEngine())
    run = Run(pipeline.as_run(execution), execution, data, log_rows=log_rows)
    if snapshot:
        take_snapshot(run)
    run.show_before_tracking(track if until is None else False)
    return run
