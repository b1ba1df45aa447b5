"""Row transforms: each part is changed separately, one row at a time; one part is observed."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import LeakageError
from mlsys.execution.guard import shielded
from mlsys.execution.lineage import chosen_by
from mlsys.execution.observe import observe
from mlsys.execution.parts import Parts
from mlsys.execution.told import Declared
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, RowTransform, Step
from mlsys.steps.fitted import same_rows
from mlsys.tables import Table

Apply = Callable[[pd.DataFrame], pd.DataFrame]

ROWS_WATCHED = 4096
"""Of a table beyond memory; its first rows stand for all."""


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Change every part, and report what the step reads and writes."""
    step, watched = planned.step, parts.watched
    assert isinstance(step, RowTransform)
    before, after = parts.acted_on(step), dict[str, Table]()
    for name in (watched, *(each for each in before if each != watched)):
        looks = name == watched and work.watches
        does = apply_watched if looks else apply
        made = work.do(Task(planned, f"apply {name}", does, {"rows": before[name]}, sees_view=False), parts)
        after[name] = made.tables["rows"]
        parts = parts.told([made])
        if looks:
            parts = parts.told([Declared(step.known_at_added(), planned.name)])
            _refuse_choice_by_target(planned, before[name], after[name], made.plain["reads"], parts, work)
    parts = parts.told([], rows={**parts.rows, **{name: after[name] for name in before}})
    return parts.with_fitted(planned.name, Fitted(step, Held(None, digest="nothing")))


def apply(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return rows as the step changes them."""
    return Made({"rows": rows["rows"].map(guarded(planned.step))})


def apply_watched(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return rows as the step changes them, and tell what it reads and writes."""
    function = guarded(planned.step)
    after = rows["rows"].map(function)
    reads = observe(planned, rows["rows"], after, function, at)
    return Made({"rows": after}, plain={"reads": sorted(reads)})


def guarded(step: Step) -> Apply:
    """Return ``apply`` with its input shielded and its output held to the kind."""
    assert isinstance(step, RowTransform)
    return functools.partial(_applied, step)


def _applied(step: RowTransform, frame: pd.DataFrame) -> pd.DataFrame:
    return same_rows(step, frame, step.apply(shielded(frame)))


def _refuse_choice_by_target(
    planned: Planned, before: Table, after: Table, reads: list[str], parts: Parts, work: Work
) -> None:
    """Raise if a function chooses columns by the targets of all rows.

    A cached row transform does not depend on which column is the target, so this is tested on the columns that it read
    and dropped, whether it ran now or earlier.
    """
    for target in parts.roles.targets:
        if target not in reads or not set(before.head(0).columns) - set(after.head(0).columns) - {target}:
            continue
        task = Task(planned, "choice of columns", chooses, {"rows": before}, {"target": target}, sees_view=False)
        if work.do(task, parts).plain["chosen"]:
            raise LeakageError(
                f"{planned.name} reads the target {target!r} of all rows and chooses columns by it",
                f"choose them from training rows: Apply(SelectKBest(...)) after the split, or a Transform whose "
                f"learn() returns the names; {planned.name} is then not needed",
            )


def chooses(at: At, planned: Planned, rows: dict[str, Table], target: str) -> Made:
    """Return whether the columns that a function leaves depend on the values of the target."""
    table = rows["rows"]
    frame = table.frame() if table.in_memory else table.head(ROWS_WATCHED)
    return Made(plain={"chosen": chosen_by(guarded(planned.step), frame, target)})
