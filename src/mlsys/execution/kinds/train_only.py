"""Steps that change only training rows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Rows, known_weights
from mlsys.errors import DataError
from mlsys.execution.guard import shielded
from mlsys.execution.parts import Parts
from mlsys.execution.results import result_of, result_state, with_result
from mlsys.execution.told import Sampled, Withheld, made_of
from mlsys.execution.weighing import weighed_by, weight_of
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import TrainOnly
from mlsys.steps.answers import changed_rows, learned_first
from mlsys.steps.shares import Shares
from mlsys.tables import Table
from mlsys.values import plain


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Change the training rows, and keep what the step tells of them."""
    given = {"weight": weight_of(parts)}
    made = work.do(Task(planned, "change", change, {"train": parts.rows["train"]}, given), parts)
    told = made.states.get("told")
    results = parts.results if told is None else with_result(parts.results, result_of(told.get()))
    shifts = (*parts.learned.shifts, *(each for name, each in made.states.items() if name == "shares"))
    learned = replace(parts.learned, shifts=shifts)
    return parts.told([made], rows={**parts.rows, "train": made.tables["train"]}, results=results, learned=learned)


def change(at: At, planned: Planned, rows: dict[str, Table], weight: str | None) -> Made:
    """Return the training rows as the step changes them, with what it tells, and how many were made or left out."""
    step = planned.step
    assert isinstance(step, TrainOnly)
    before, rng = rows["train"].frame(), at.rng(step)
    train = weighed_by(at.wrap(shielded(before)), weight)
    state = learned_first(step, train, rng)
    changed = changed_rows(step, train, rng, state)
    if changed.empty:
        raise DataError(f"{step.title} left no training rows", "loosen its shares")
    kept = int(changed.index.isin(before.index).sum())
    words = [f"{len(changed) - kept:,} rows made or repeated"] if kept < len(changed) else []
    words += [f"{len(before) - kept:,} of {len(before):,} left out"] if kept < len(before) else []
    if words:
        at.tell(Sampled(planned.name, f"{' and '.join(words)}, in training only"))
    if step.withholds():
        withheld = Withheld(step.withholds(), "says how a training row was made")
        at.tell(made_of(planned.name, (), step.withholds()), withheld)
    told = {"told": Held(result_state(step.told(state), planned.name))} if step.tells else {}
    told |= {"shares": Held(vars(_shares(step, train, changed)))} if step.changes_shares and train.has_target else {}
    return Made({"train": at.hold(changed)}, told)


def _shares(step: TrainOnly, before: Rows, after: pd.DataFrame) -> Shares:
    """Return the shares of the classes before a step and after it, by the weights that count then."""
    target, name = before.y, step.weighs_by or before.roles.weight
    then = None if before.weight is None else known_weights(before.weight, step.title)
    now = known_weights(after[name], step.title) if name in after.columns else None
    return Shares.of(target, plain(after[target.name]), then, now)
