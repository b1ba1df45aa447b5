"""Variants: pipelines that differ in a few steps; what they share is run once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlsys.engines import LocalEngine
from mlsys.execution.execute import Data, execute, resume
from mlsys.execution.execution import Execution
from mlsys.execution.planned import Planned
from mlsys.execution.progress import progress_bar
from mlsys.pipeline.given import taken
from mlsys.steps import Split
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run import Run


class Variants(Mapping[str, "Pipeline"]):
    """Pipelines by label; made by ``pipeline.variants()``.

    Parameters
    ----------
    pipelines : mapping of str to Pipeline
        The variants.
    """

    def __init__(self, pipelines: Mapping[str, Pipeline]) -> None:
        self._pipelines = dict(pipelines)

    @once_a_run()
    def run(
        self, data: Any = None, *, track: bool | str = "auto", cache: bool = True, verbose: bool | None = None
    ) -> dict[str, Run]:
        """Run all variants and return the runs by label.

        Steps at the beginning that all variants share are run once. In MLflow the variants are
        nested under one run.
        """
        given = {label: taken(pipeline, data) for label, pipeline in self._pipelines.items()}
        read = Variants({label: pipeline for label, (pipeline, _) in given.items()})
        first, rows = next(iter(given.values()))
        return read._run(first, rows, track, cache, verbose)

    def _run(self, first: Pipeline, data: Data, track: bool | str, cache: bool, verbose: bool | None) -> dict[str, Run]:
        from mlsys.run import Run

        shared = self.shared()
        total = len(shared) + sum(len(each.planned) - len(shared) for each in self._pipelines.values())
        runs: dict[str, Run] = {}
        with progress_bar(first.name, total, verbose) as advance:
            base: Execution | None = None
            divides = any(isinstance(planned.step, Split) for planned in shared)
            if divides or (shared and not isinstance(data, Mapping)):  # parts that were given begin at the split
                kept = first.cache_for(shared, cache, ledger=bool(track))
                base = execute(shared, data, first.context(advance, kept), LocalEngine())
            for label, pipeline in self._pipelines.items():
                before = None if base is None else base.context.cache
                kept = pipeline.cache_for(pipeline.planned, cache, bool(track), before)
                if base is not None:
                    execution = resume(base, pipeline.planned, kept)
                else:
                    execution = execute(pipeline.planned, data, pipeline.context(advance, kept), LocalEngine())
                runs[label] = Run(pipeline.as_run(execution), execution, data, variant=label)
        parent = None
        for run in runs.values():
            parent = run.show_before_tracking(track, parent=parent)
        return runs

    def shared(self) -> tuple[Planned, ...]:
        """Return the steps at the beginning that all variants share."""
        plans = [pipeline.planned for pipeline in self._pipelines.values()]
        shared: list[Planned] = []
        for steps in zip(*plans, strict=False):
            if any(step != steps[0] for step in steps[1:]):
                break
            shared.append(steps[0])
        return tuple(shared)

    def __getitem__(self, label: str) -> Pipeline:
        return self._pipelines[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pipelines)

    def __len__(self) -> int:
        return len(self._pipelines)

    def __repr__(self) -> str:
        names = ", ".join(planned.name for planned in self.shared())
        return f"Variants({', '.join(self._pipelines)}; shared: {names or 'nothing'})"
