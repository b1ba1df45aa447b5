"""Selections: some of all rows."""

from __future__ import annotations

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import DataError
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.opening import set_aside
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Select
from mlsys.steps.answers import kept_rows
from mlsys.tables import Table, noted


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Keep some rows of each part."""
    tasks = {name: Task(planned, name, keep, {"rows": part}) for name, part in parts.acted_on(planned.step).items()}
    made = {name: work.do(task, parts) for name, task in tasks.items()}
    return parts.told(made.values(), rows={name: each.tables["rows"] for name, each in made.items()})


def keep(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return the rows that are kept, with their weights where there is a weight role."""
    step, frame = planned.step, rows["rows"].frame()
    assert isinstance(step, Select)
    shown = shielded(frame)
    answer = step.keep(shown, at.rng(step))
    watch_unchanged(step, shown, frame, "keep")
    if isinstance(answer, tuple) and at.roles.weight is None:
        answer = answer[0]
    at.findings += set_aside(noted(answer), planned.name) if isinstance(answer, pd.Series) else []
    kept = kept_rows(step, frame, answer, at.roles.weight)
    if kept.empty:
        raise DataError(f"{planned.name} kept none of {len(frame):,} rows", "loosen its condition")
    return Made({"rows": at.hold(kept)})
