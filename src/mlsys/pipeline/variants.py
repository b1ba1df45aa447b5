"""Variants: pipelines that differ in a few steps; what they share is run once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic

import pandas as pd

from mlsys.engines import AnyEngine, engine_of, opened
from mlsys.errors import ConfigurationError
from mlsys.execution.execution import Execution, executed, resumed
from mlsys.execution.opening import Data
from mlsys.execution.progress import progress_bar
from mlsys.execution.session import asks, cache_for, start, work_of
from mlsys.pages import Lines, Page, Shown, Table, Title
from mlsys.pipeline.given import taken
from mlsys.pipeline.running import as_run
from mlsys.pipeline.tuning import Tuned
from mlsys.plan import Plan, Planned
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.run import Run, count_runs
from mlsys.warned import once_a_run


class Variants(Shown, Mapping[str, PipelineType], Generic[PipelineType]):
    """Pipelines by label; created by ``pipeline.variants()``.

    Parameters
    ----------
    pipelines : mapping of str to Pipeline
        The variants.
    """

    def __init__(self, pipelines: Mapping[str, PipelineType]) -> None:
        self._pipelines = dict(pipelines)

    @once_a_run()
    def run(
        self,
        data: Any = None,
        *,
        track: bool | str = "auto",
        cache: bool = True,
        verbose: bool | None = None,
        engine: AnyEngine | None = None,
    ) -> dict[str, Run[PipelineType]]:
        """Run all variants and return the runs by label.

        Steps at the beginning that all variants share are run once. In MLflow the variants are
        nested under one run.

        Parameters
        ----------
        data, track, cache, verbose, engine
            As for :meth:`mlsys.Pipeline.run`.
        """
        given = {label: taken(pipeline, data) for label, pipeline in self._pipelines.items()}
        read = Variants({label: pipeline for label, (pipeline, _) in given.items()})
        first, rows = next(iter(given.values()))
        return read._run(first, rows, track, cache, verbose, engine)

    def _run(
        self,
        first: PipelineType,
        data: Data,
        track: bool | str,
        cache: bool,
        verbose: bool | None,
        engine: AnyEngine | None,
    ) -> dict[str, Run[PipelineType]]:
        shared = self.shared()
        total = len(shared) + sum(len(each.planned) - len(shared) for each in self._pipelines.values())
        runs: dict[str, Run[PipelineType]] = {}
        with progress_bar(first.name, total, verbose) as advance, opened(engine_of(engine)) as chosen:
            base: Execution | None = None
            divides = Plan(shared).split is not None
            if divides or (shared and not isinstance(data, Mapping)):  # parts that were given begin at the split
                kept = cache_for(first, shared, cache, ledger=bool(track))
                asking = next((each for each in self._pipelines.values() if asks(each)), first)
                base = executed(Plan(shared), data, start(asking), work_of(first, advance, kept, chosen))
            for label, pipeline in self._pipelines.items():
                before = None if base is None else base.work.cache
                kept = cache_for(pipeline, pipeline.planned, cache, bool(track), before)
                work, plan = work_of(pipeline, advance, kept, chosen), Plan(pipeline.planned)
                execution = executed(plan, data, start(pipeline), work) if base is None else resumed(base, plan, work)
                runs[label] = Run(as_run(pipeline, execution), execution, data, variant=label)
        count_runs(runs.values(), track)
        parent = None
        for run in runs.values():
            parent = run.show_before_tracking(track, parent=parent)
        return runs

    def tune(
        self, spaces: Mapping[str, Any], data: Any = None, *, resume: str | None = None, **arguments: Any
    ) -> dict[str, Tuned[PipelineType]]:
        """Tune all variants with the same budget, so that none looks better for having been tried more often.

        Parameters
        ----------
        spaces : mapping of str to dict or callable
            For each variant its space.
        data : DataFrame, optional
            As for :meth:`mlsys.Pipeline.run`.
        resume : str, optional
            Name of the studies, before that of the variant.
        **arguments
            As for :meth:`mlsys.Pipeline.tune`, the same for all: ``trials``, ``seconds``, ``seed``.

        Returns
        -------
        dict of str to Tuned
            By label. ``mlsys.compare({label: each.run().final_test() ...})`` compares on rows that chose nothing.

        Raises
        ------
        ConfigurationError
            If spaces and variants are not of the same labels.
        """
        if not isinstance(spaces, Mapping) or set(spaces) != set(self._pipelines):
            given = ", ".join(map(str, spaces)) if isinstance(spaces, Mapping) else type(spaces).__name__
            raise ConfigurationError(
                f"tune() got spaces for {given or 'nothing'}, but the variants are {', '.join(self._pipelines)}",
                "give a space for each variant; leave out variants that are not tuned",
            )
        tuned = {}
        for label, pipeline in self._pipelines.items():
            one: Any = pipeline
            name = None if resume is None else f"{resume}-{label}"
            tuned[label] = one.tune(spaces[label], data, resume=name, **arguments)
        return tuned

    def shared(self) -> tuple[Planned, ...]:
        """Return the steps at the beginning that all variants share."""
        plans = [pipeline.planned for pipeline in self._pipelines.values()]
        shared: list[Planned] = []
        for steps in zip(*plans, strict=False):
            if any(step != steps[0] for step in steps[1:]):
                break
            shared.append(steps[0])
        return tuple(shared)

    def __getitem__(self, label: str) -> PipelineType:
        return self._pipelines[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pipelines)

    def __len__(self) -> int:
        return len(self._pipelines)

    def _page(self) -> Page:
        shared = self.shared()
        own = {label: pipeline.planned[len(shared) :] for label, pipeline in self._pipelines.items()}
        table = pd.DataFrame(
            {"variant": list(own), "its own steps": [" > ".join(map(_said, each)) for each in own.values()]}
        )
        names = ", ".join(planned.name for planned in shared)
        return Page([Title(f"{len(own)} variants"), Lines([("run once", names or "nothing is shared")]), Table(table)])


def _said(planned: Planned) -> str:
    """Return a step as it is written, under its own name where it has one."""
    return repr(planned.step) if not planned.supplied else planned.name
