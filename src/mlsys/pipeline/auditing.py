"""Auditing a pipeline: reads what it reads, then runs its recipe on a sample again and again."""

from __future__ import annotations

from collections.abc import Mapping

from mlsys.audit.audit import audit
from mlsys.audit.result import LeakageAudit
from mlsys.engines import AnyEngine, Engine, engine_of, opened
from mlsys.errors import ConfigurationError
from mlsys.execution.execution import executed
from mlsys.execution.opening import Data, declared, hold_given
from mlsys.execution.progress import progress_bar
from mlsys.execution.session import cache_for, start, work_of
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.steps.questions import reads
from mlsys.tables import Table
from mlsys.warned import hushed, once_a_run

FEWEST_ROWS = 100
"""With fewer rows most probes have nothing to replace."""
PROBES = 10


@once_a_run()
def audit_pipeline(
    pipeline: AnyPipeline, data: Data, rows: int, cache: bool, verbose: bool | None, engine: AnyEngine | None
) -> LeakageAudit:
    """Return what moved when rows were replaced that must not matter."""
    if rows < FEWEST_ROWS:
        raise ConfigurationError(f"audit_leakage(rows={rows})", f"pass at least {FEWEST_ROWS} rows")
    with (
        progress_bar(f"audit of {pipeline.name}", PROBES, verbose) as advance,
        opened(engine_of(engine)) as chosen,
    ):
        work = work_of(pipeline, advance, engine=chosen)
        source = _source(pipeline, data, cache, work.engine)
        first = next(iter(source.values())) if isinstance(source, Mapping) else source
        plan = Plan(pipeline.planned)
        parts = start(pipeline).told(declared(plan.source, first))
        with hushed():
            return audit(plan, source, parts, work, rows)


def _source(pipeline: AnyPipeline, data: Data, cache: bool, engine: Engine) -> Table | Mapping[str, Table]:
    """Return the rows that the pipeline begins with; its source is read once, or taken from an earlier run."""
    reader = pipeline.planned[0]
    own = reader if reads(reader.step) else None
    if isinstance(data, Mapping):
        return {name: hold_given(own, frame, engine, f"the part {name!r}") for name, frame in data.items()}
    if data is not None:
        return hold_given(own, data, engine, "audit_leakage()")
    if not reads(reader.step):
        raise ConfigurationError(
            "audit_leakage() needs data", "call audit_leakage(frame), or start the pipeline with a source"
        )
    work = work_of(pipeline, cache=cache_for(pipeline, [reader], cache), engine=engine)
    return executed(Plan((reader,)), None, start(pipeline), work).parts.rows["all"]
