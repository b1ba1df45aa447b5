"""One module a kind: ``run(planned, parts, work) -> Parts``; ``learn(at, planned, rows)`` where it learns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from mlsys.execution.kinds import (
    history,
    label,
    model,
    postprocess,
    report,
    reshape,
    row_transform,
    select,
    sink,
    train_only,
    transform,
)
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.plan import Planned
from mlsys.steps import Step

KINDS: dict[str, ModuleType] = {
    "RowTransform": row_transform,
    "History": history,
    "Label": label,
    "Reshape": reshape,
    "Select": select,
    "Transform": transform,
    "TrainOnly": train_only,
    "Model": model,
    "Postprocess": postprocess,
    "Report": report,
    "Sink": sink,
}


def kind_of(step: Step) -> ModuleType:
    """Return the module that runs steps of a kind."""
    return KINDS[step.kind]


@dataclass(frozen=True)
class Beginning:
    """What steps of a kind do first, whatever most of their fields are: steps that agree in the rest can share it.

    Parameters
    ----------
    run : callable
        Does it: ``run(planned, parts, work) -> Parts``. The step itself does it where nobody did.
    by : callable
        Returns what of the configuration of a step it depends on, beside the steps before.
    """

    run: Callable[[Planned, Parts, Work], Parts]
    by: Callable[[Any], object]


_BEGINNINGS = {"Postprocess": Beginning(postprocess.begun, postprocess.begins_by)}


def beginning_of(step: Step) -> Beginning | None:
    """Return what steps of a kind do first, if it can be shared."""
    return _BEGINNINGS.get(step.kind)
