"""Auditing a pipeline: reads what it reads, then runs its recipe on a sample again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.execution.execute import Data, declare_known_at, execute
from mlsys.execution.prefix import hold_frame
from mlsys.execution.progress import progress_bar
from mlsys.steps import Source
from mlsys.warned import once_a_run, tried_out

if TYPE_CHECKING:
    from mlsys.audit import LeakageAudit
    from mlsys.execution.context import Context
    from mlsys.partitions import Table
    from mlsys.pipeline.pipeline import Pipeline

FEWEST_ROWS = 100
"""With fewer rows most probes have nothing to replace."""
PROBES = 10


@once_a_run()
def audit_pipeline(pipeline: Pipeline, data: Data, rows: int, cache: bool, verbose: bool | None) -> LeakageAudit:
    """Return what moved when rows were replaced that must not matter."""
    from mlsys.audit import audit

    if rows < FEWEST_ROWS:
        raise ConfigurationError(f"audit_leakage(rows={rows})", f"give it {FEWEST_ROWS} rows or more")
    with progress_bar(f"audit of {pipeline.name}", PROBES, verbose) as advance:
        source = _source(pipeline, data, cache)
        first = next(iter(source.values())) if isinstance(source, Mapping) else source
        reader = next((each for each in pipeline.planned if isinstance(each.step, Source)), None)

        def make_context() -> Context:
            context = pipeline.context(advance)
            declare_known_at(context, reader, first)
            return context

        with tried_out():
            return audit(pipeline.planned, source, make_context, rows)


def _source(pipeline: Pipeline, data: Data, cache: bool) -> Table | Mapping[str, Table]:
    """Return the rows that the pipeline begins with; its source is read once, or taken from an earlier run."""
    engine = LocalEngine()
    if isinstance(data, Mapping):
        return {name: hold_frame(frame, engine, f"the part {name!r}") for name, frame in data.items()}
    if data is not None:
        return hold_frame(data, engine, "audit_leakage()")
    reader = pipeline.planned[0]
    if not isinstance(reader.step, Source):
        raise ConfigurationError(
            "audit_leakage() needs data", "call audit_leakage(frame), or begin the pipeline with a source"
        )
    kept = pipeline.cache_for([reader], cache)
    table = execute([reader], None, pipeline.context(cache=kept), engine).table
    assert table is not None
    return table
