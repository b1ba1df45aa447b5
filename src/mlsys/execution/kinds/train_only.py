"""Steps that change only training rows."""

from __future__ import annotations

from mlsys.cache import Made
from mlsys.errors import DataError
from mlsys.execution.guard import shielded
from mlsys.execution.parts import Parts
from mlsys.execution.results import result_of, result_state, with_result
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import TrainOnly
from mlsys.steps.answers import changed_rows, learned_first
from mlsys.tables import Table


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Change the training rows, and keep what the step tells of them."""
    made = work.do(Task(planned, "change", change, {"train": parts.rows["train"]}), parts)
    told = made.states.get("told")
    results = parts.results if told is None else with_result(parts.results, result_of(told.get()))
    return parts.told([made], rows={**parts.rows, "train": made.tables["train"]}, results=results)


def change(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return the training rows as the step changes them, with what it tells."""
    step = planned.step
    assert isinstance(step, TrainOnly)
    train, rng = at.wrap(shielded(rows["train"].frame())), at.rng(step)
    state = learned_first(step, train, rng)
    changed = changed_rows(step, train, rng, state)
    if changed.empty:
        raise DataError(f"{step.title} left no training rows", "loosen its shares")
    told = {"told": Held(result_state(step.told(state), planned.name))} if step.tells else {}
    return Made({"train": at.hold(changed)}, told)
