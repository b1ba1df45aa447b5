"""One module a kind: ``run(planned, parts, work) -> Parts``; ``learn(at, planned, rows)`` where it learns."""

from __future__ import annotations

from types import ModuleType

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
