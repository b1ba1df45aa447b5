"""Transforms: learned from training rows, applied to every part; folds of training rows have separate states."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Rows
from mlsys.execution.changed import changed_columns
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.inner_splits import parted_groups
from mlsys.execution.parts import Parts
from mlsys.execution.probing import could_change
from mlsys.execution.reads import (
    columns_written,
    cross_fitted,
    declared_reads,
    part_like_serving,
    refuse_forbidden_reads,
    touched,
)
from mlsys.execution.spy import columns_seen
from mlsys.execution.told import made_of
from mlsys.execution.work import At, Task, View, Work
from mlsys.leakage.row_check import row_local_finding
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Transform
from mlsys.steps.learning import learn as learned_by
from mlsys.tables import Table
from mlsys.warned import hushed

if TYPE_CHECKING:
    from collections.abc import Mapping


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Learn from training rows, or from all if a reason was given; apply the result to every part."""
    step, watched = planned.step, parts.watched
    assert isinstance(step, Transform)
    train = parts.rows[watched]
    parts = parts.told(parted_groups(planned, parts, work))
    given = {} if watched == "train" else {"folds": False}  # nothing is shown to folds of all rows
    learned = work.do(Task(planned, "learn", learn, {"train": train}, given), parts)
    fitted, folds = Fitted(step, learned.states["state"]), learned.states.get("folds")
    parts = parts.told([learned])
    checked = None if step.is_ours else part_like_serving(step, parts.rows)
    rows = dict(parts.rows)
    for name, part in parts.acted_on(step).items():
        if folds is not None and name == "train":
            shown = {"state": folds, "reads": tuple(learned.plain["reads"])}
            task = Task(planned, f"apply {name}", apply_by_fold, {"rows": part}, shown)
        else:
            shown = {"state": fitted.held, "checked": str(name == checked)}
            task = Task(planned, f"apply {name}", apply, {"rows": part}, shown, sees_view=False)
        made = work.do(task, parts)
        rows[name] = made.tables["rows"]
        parts = parts.told([made])
    written = columns_written(train, rows[watched], fitted) | set(learned.plain["could change"])
    parts = parts.told([made_of(planned.name, learned.plain["reads"], written)], rows=rows)
    by_fold: Mapping[str, Held] = parts.learned.folds if folds is None else {**parts.learned.folds, planned.name: folds}
    return parts.with_fitted(planned.name, fitted, folds=by_fold)


def learn(at: At, planned: Planned, rows: dict[str, Table], folds: bool = True) -> Made:
    """Learn, and watch what a user's hooks read and change."""
    step, train = planned.step, rows["train"]
    assert isinstance(step, Transform)
    reads = declared_reads(step, at, train.head(0).columns)
    shown = _Watched(step, at.view, folds or not step.sums_by_fold)
    learned = at.work.ahead.learn(planned, train, at.roles, lambda each: _Watched(each, at.view, folds))
    if learned is None:
        learned = learned_by(step, train, shown, at.rng(step), fold_states=folds, look=shown.refuse_changes)
    if step.chooses_columns:
        reads = step.columns_taken(learned.state)
    sample = at.work.telling.rows(train.head(4096)) if not at.quiet or not step.is_ours else train.head(0)
    if not step.is_ours:
        with hushed():
            reads = tuple(sorted(columns_seen(lambda frame: step.apply(frame, learned.state), sample)))
        refuse_forbidden_reads(step, at, reads)
    states = {"state": Held(learned.state)}
    if step.cross_fits and folds:
        states["folds"] = Held(learned.fold_states)
    could = set[str]()
    if not at.quiet:
        with hushed():
            could = could_change(Fitted(step, learned.state).transform, sample, reads)
    return Made({}, states, {"reads": list(reads), "could change": sorted(could)})


def apply(at: At, planned: Planned, rows: dict[str, Table], state: Held, checked: str) -> Made:
    """Return rows as the step changes what it did not learn from; watch whether it treats each row alone."""
    fitted, part = Fitted(planned.step, state), rows["rows"]
    after = part.map(fitted.transform, touched(fitted, part))
    if checked == "True" and not at.quiet:
        shown, changed = part.head(4096), after.head(4096)
        written = changed_columns(shown, changed)
        with hushed():
            finding = row_local_finding(fitted.transform, shown, changed, sorted(written), planned.name)
        at.findings += [finding] if finding else []
    return Made({"rows": after})


def apply_by_fold(at: At, planned: Planned, rows: dict[str, Table], state: Held, reads: tuple[str, ...]) -> Made:
    """Return training rows, each transformed by a state learned without its fold."""
    step = planned.step
    assert isinstance(step, Transform)
    part = rows["rows"]
    roles = [name for name in at.roles.columns() if name in part.head(0).columns]  # folds come from them
    touches = [*reads, *roles] if step.is_ours else None
    return Made({"rows": part.map(partial(cross_fitted, step, at.view, state.get()), touches)})


@dataclass
class _Watched:
    """Shows a step what it learns from, and refuses a hook of a user's that changes it, wherever that runs."""

    step: Transform
    view: View
    folds: bool
    """Whether rows know their fold; exact sums that nobody asks for fold by fold are the same without."""
    last: tuple[pd.DataFrame, pd.DataFrame] | None = None

    def __call__(self, frame: pd.DataFrame) -> Rows:
        shown = self.view.wrap(shielded(frame), self.step if self.folds else None)
        self.last = None if self.step.is_ours else (shown, frame)
        return shown

    def refuse_changes(self) -> None:
        if self.last is not None:
            shown, ours = self.last
            watch_unchanged(self.step, pd.DataFrame(shown), ours, "learn")
