"""The audit: a pipeline's recipe on a sample, every probe over it, and what they say together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mlsys.audit.after_split import probes_after_split
from mlsys.audit.before_split import probes_before_split, unstable_steps
from mlsys.audit.outside import read_outside
from mlsys.audit.recipe import Recipe, rehearse, rehearse_parts
from mlsys.audit.result import NOT_ASSESSED, VIOLATED, LeakageAudit, Trace
from mlsys.errors import ConfigurationError
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.plan import Plan
from mlsys.settings import override
from mlsys.tables import Table
from mlsys.usercode.outside import Outside
from mlsys.warned import hushed


def audit(plan: Plan, source: Table | Mapping[str, Table], parts: Parts, work: Work, rows: int) -> LeakageAudit:
    """Run a recipe again and again on a sample, with rows replaced that must not matter.

    Parameters
    ----------
    plan : Plan
        Named steps in order.
    source : Table or mapping of str to Table
        What the source read, or the parts that were given.
    parts : Parts
        No rows yet; roles, and what is declared of the source.
    work : Work
        How the work is done.
    rows : int
        Of the sample.
    """
    begin = time.perf_counter()
    if plan.split is None:
        raise ConfigurationError("there is nothing to audit: no step learns", "add a model, or a split")

    outside = Outside()
    work = replace(work, quiet=True, records=[], outside=outside)
    if isinstance(source, Mapping):
        recipe = rehearse_parts(plan, source, parts, work, rows)
    else:
        recipe = rehearse(plan, source, parts, work, rows)
    order = [stage.planned.name for stage in (*recipe.unfollowed, *recipe.stages)] + [e.name for e in recipe.rest]
    # A few thousand rows are learned from faster by one thread than by several that wait for each other.
    # Made-up rows make user code warn of what it will never meet.
    with hushed(), override(threads=1):
        traces = list(_probes(recipe))
    traces = _settled([*traces, *read_outside(plan, outside)], order)
    counts = {name: part.rows for name, part in recipe.divided.parts.items()}
    total = sum(counts.values())
    sampled = len(recipe.read) if not isinstance(source, Mapping) else total
    return LeakageAudit(traces, order, sampled, counts["train"], total - counts["train"], time.perf_counter() - begin)


def _probes(recipe: Recipe) -> Iterator[Trace]:
    unstable = unstable_steps(recipe)
    yield from unstable.values()
    told = ""
    for probes in (probes_before_split(recipe), probes_after_split(recipe)):
        for trace in probes:
            if trace.probe != told:
                told = trace.probe
                recipe.work.progress(told)
            if trace.step not in unstable:
                yield trace


def _settled(traces: list[Trace], order: Sequence[str]) -> list[Trace]:
    """Put traces in the order of the steps; what is violated by one probe is not "not assessed" by it too."""
    broken = {(trace.step, trace.probe) for trace in traces if trace.verdict == VIOLATED}
    kept = [t for t in traces if not (t.verdict == NOT_ASSESSED and (t.step, t.probe) in broken)]
    place = {name: number for number, name in enumerate(order)}
    return sorted(dict.fromkeys(kept), key=lambda trace: place.get(trace.step, -1))
