"""Steps that change only training rows."""

from __future__ import annotations

from mlsys.cache import Made
from mlsys.errors import DataError
from mlsys.execution.guard import shielded
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import TrainOnly
from mlsys.steps.answers import changed_rows
from mlsys.tables import Table


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Change the training rows."""
    made = work.do(Task(planned, "change", change, {"train": parts.rows["train"]}), parts)
    return parts.told([made], rows={**parts.rows, "train": made.tables["train"]})


def change(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return the training rows as the step changes them."""
    step = planned.step
    assert isinstance(step, TrainOnly)
    changed = changed_rows(step, at.wrap(shielded(rows["train"].frame())), at.rng(step))
    if changed.empty:
        raise DataError(f"{step.title} left no training rows", "loosen its shares")
    return Made({"train": at.hold(changed)})
