"""Row transforms, before the split or after it: each part is changed alone, and one part is watched."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import pandas as pd

from mlsys.cache import Outcome
from mlsys.errors import LeakageError
from mlsys.execution.context import Context
from mlsys.execution.guard import shielded
from mlsys.execution.lineage import chosen_by
from mlsys.execution.observe import observe
from mlsys.execution.planned import Planned
from mlsys.partitions import Table
from mlsys.steps import RowTransform
from mlsys.steps.fitted import same_rows

Apply = Callable[[pd.DataFrame], pd.DataFrame]

ROWS_WATCHED = 4096
"""Of a table beyond memory; its first rows stand for all."""


def leading(parts: Mapping[str, Table]) -> str:
    """Return the part by which a step is watched: the training rows where they are apart, else all rows."""
    return "train" if "train" in parts else next(iter(parts))


def guarded_apply(step: RowTransform) -> Apply:
    """Return ``apply`` with its input shielded and its output held to the kind."""

    def apply(frame: pd.DataFrame) -> pd.DataFrame:
        return same_rows(step, frame, step.apply(shielded(frame)))

    return apply


def transform_rows(planned: Planned, parts: Mapping[str, Table], context: Context) -> dict[str, Table]:
    """Return every part as a row transform changes it; the catalog is told what it reads and writes."""
    step = planned.step
    assert isinstance(step, RowTransform)
    apply, watched = guarded_apply(step), leading(parts)

    def work(name: str, at: Context) -> Outcome:
        after = parts[name].map(apply)
        if name != watched:
            return Outcome({"rows": after})
        reads = observe(planned, parts[name], after, apply, at)
        at.catalog.declare(step.known_at_added(), planned.name)
        return Outcome({"rows": after}, plain={"reads": sorted(reads)})

    changed = {}
    for name in (watched, *(each for each in parts if each != watched)):
        outcome = context.kept(planned.name, f"apply {name}", functools.partial(work, name), {"rows": parts[name]})
        changed[name] = outcome.tables["rows"]
        if name == watched:
            _refuse_choice_by_target(planned, parts[name], changed[name], outcome.plain["reads"], apply, context)
    return {name: changed[name] for name in parts}


def _refuse_choice_by_target(
    planned: Planned, before: Table, after: Table, reads: list[str], apply: Apply, context: Context
) -> None:
    """Raise if a function chooses columns by the targets of all rows.

    Which column is the target is no part of what is kept of a row transform; so this is asked of what it read and
    left out, whether it ran now or earlier.
    """
    target = context.roles.target
    if target is None or target not in reads:
        return
    if not set(before.head(0).columns) - set(after.head(0).columns) - {target}:
        return

    def work(_: Context) -> Outcome:
        frame = before.frame() if before.in_memory else before.head(ROWS_WATCHED)
        return Outcome(plain={"chosen": chosen_by(apply, frame, target)})

    outcome = context.kept(planned.name, "choice of columns", work, {"rows": before}, {"target": target})
    if outcome.plain["chosen"]:
        raise LeakageError(
            f"{planned.name} reads the target {target!r} of all rows and chooses columns by it",
            f"choose them from training rows: Apply(SelectKBest(...)) after the split, or a Transform whose learn() "
            f"returns the names; {planned.name} then has nothing to do",
        )
