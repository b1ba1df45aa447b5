"""Editing: every edit makes a new pipeline, in which what was supplied is supplied again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlsys.errors import ConfigurationError
from mlsys.plan import Planned
from mlsys.plan.any_pipeline import AnyConfiguration
from mlsys.plan.coercion import as_step
from mlsys.steps import Step


def replaced(pipeline: AnyConfiguration, steps: Mapping[str, Any]) -> Any:
    """Return a pipeline with named steps replaced; ``None`` takes a step out."""
    for name in steps:
        pipeline.position(name)  # raises where there is none
    given: list[Any] = []
    for planned in pipeline.steps:
        if planned.name in steps:
            if steps[planned.name] is not None:
                given.append(as_step(steps[planned.name]).with_(name=planned.step.name))
        elif not planned.supplied:
            given.append(steps_given(pipeline)[planned.name])
    return pipeline.rebuilt(given)


def only(pipeline: AnyConfiguration, kind: type[Step]) -> Step:
    """Return the one step of a class; raise where there is none, or more than one."""
    found = [planned for planned in pipeline.steps if isinstance(planned.step, kind)]
    if len(found) == 1:
        return found[0].step
    names = ", ".join(planned.name for planned in found or pipeline.steps)
    if found:
        raise ConfigurationError(f"the pipeline has {len(found)} steps of {kind.__name__}", f"name one of {names}")
    raise ConfigurationError(f"there is no {kind.__name__} in the pipeline", f"its steps are {names}")


def rearranged(pipeline: AnyConfiguration, wanted: Sequence[Planned]) -> Any:
    """Rebuild with what was supplied supplied again; where it would then stand elsewhere, it is kept as it is."""
    by_name = steps_given(pipeline)
    given = [by_name.get(each.name, each.step) for each in wanted if not each.supplied]
    if given:
        made = pipeline.rebuilt(given)
        if [type(each.step) for each in made.steps][: len(wanted)] == [type(each.step) for each in wanted]:
            return made
    return pipeline.rebuilt([by_name.get(each.name, each.step) for each in wanted])


def steps_given(pipeline: AnyConfiguration) -> dict[str, Step]:
    """Return the steps as the user gave them, by their name in the plan."""
    kept = [planned for planned in pipeline.steps if not planned.supplied]
    return {planned.name: step for planned, step in zip(kept, pipeline.given, strict=True)}
