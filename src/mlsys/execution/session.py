"""Session: cache, progress and engine of a running pipeline, opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from mlsys.cache import Cache, Passes, passes_of
from mlsys.engines import AnyEngine, LocalEngine, engine_of, opened
from mlsys.execution.catalog import Catalog
from mlsys.execution.parts import Parts
from mlsys.execution.progress import progress_bar
from mlsys.execution.runner import run
from mlsys.execution.told import Declared
from mlsys.execution.work import Work, silent
from mlsys.plan import Planned
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.plan.planned import labels_of
from mlsys.settings import settings
from mlsys.steps.questions import asks_served


def start(pipeline: AnyPipeline) -> Parts:
    """Return what is known before the first step runs: roles, and what is declared of columns; no rows."""
    arguments = pipeline.arguments
    catalog = Catalog(
        pipeline.roles, arguments["features"], arguments["exclude"], labels=labels_of(pipeline.steps)
    ).with_([Declared(arguments["known_at"], "known_at=")])
    return Parts({}, pipeline.roles, catalog, read={} if asks(pipeline) else None)


def asks(pipeline: AnyPipeline) -> bool:
    """Whether a report of the pipeline asks the served model."""
    return any(asks_served(planned.step) for planned in pipeline.planned)


def cache_for(
    pipeline: AnyPipeline, steps: Sequence[Planned], wanted: bool, ledger: bool = False, before: Cache | None = None
) -> Cache | None:
    """Return the results of earlier runs of some steps; ``None`` where neither they nor a ledger is wanted."""
    use = bool(wanted and settings().cache)
    if not (use or ledger):
        return None
    named = {each.name: each.step for planned in steps for each in (planned, *planned.label_parts)}
    return Cache(named, pipeline.name, before, use)


def work_of(
    pipeline: AnyPipeline,
    advance: Callable[[str], None] = silent,
    cache: Cache | None = None,
    engine: AnyEngine | None = None,
) -> Work:
    """Return where and how a pipeline is run."""
    chosen = engine_of(engine)
    if cache is not None:
        cache.engine = chosen
    return Work(pipeline.seed, chosen, cache=cache, progress=advance, run=run)


@contextmanager
def working(
    pipeline: AnyPipeline,
    verbose: bool | None,
    *,
    steps: Sequence[Planned] | None = None,
    cache: bool = False,
    ledger: bool = False,
    what: str = "",
    engine: AnyEngine | None = None,
) -> Iterator[Work]:
    """Show progress, open the cache and the engine while a pipeline runs.

    Parameters
    ----------
    pipeline : AnyPipeline
        What is run.
    verbose : bool or None
        Whether to show progress; by default in a terminal and in a notebook.
    steps : sequence of Planned, optional
        The steps to run; by default all.
    cache, ledger : bool
        Whether results are cached; whether the dependencies of each step are recorded.
    what : str
        Name of the progress bar; the pipeline's if not given.
    engine : Engine or str, optional
        Where partitions are processed; by default in this process.
    """
    steps = pipeline.planned if steps is None else steps
    with progress_bar(what or pipeline.name, len(steps), verbose) as advance:
        work = work_of(pipeline, advance, cache_for(pipeline, steps, cache, ledger), engine)
        with opened(work.engine), _passes(work) as passes:
            yield replace(work, passes=passes)


def _passes(work: Work) -> AbstractContextManager[Passes | None]:
    """Return what keeps passes: where results are kept, and partitions are processed where the files are."""
    store = None if work.cache is None else work.cache.store
    return nullcontext() if store is None or not isinstance(work.engine, LocalEngine) else passes_of(store)
