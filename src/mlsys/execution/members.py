"""Members of a model that learns from what they say: each training row is predicted by members that did not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.execution.dividing import AnySplit, folds_of
from mlsys.execution.keys import keys_at
from mlsys.execution.windows import out_of_window, windows_by
from mlsys.execution.work import At, Task
from mlsys.plan import Planned
from mlsys.steps import Split
from mlsys.steps.capabilities import LearnsFromMembers
from mlsys.steps.folds_by_roles import folds_by_roles, refuse_few
from mlsys.steps.splitting import of_known
from mlsys.tables import Table

if TYPE_CHECKING:
    from mlsys.execution.parts import Parts
    from mlsys.execution.work import Work
    from mlsys.steps import Step

ROWS, SAID = "rows at the split", "said by members"


def said_by_members(planned: Planned, parts: Parts, work: Work) -> tuple[Parts, dict[str, Table]]:
    """Return training rows as the split left them, and what members say of them; nothing for other models."""
    step = planned.step
    if not isinstance(step, LearnsFromMembers) or parts.divided is None:
        return parts, {}
    # As they left the split, so that rows which a step repeats, makes or drops change nothing of what is judged.
    rows = parts.divided.parts["train"]
    steps = (*parts.steps, replace(planned, step=step.members_only))
    given = {"steps": steps, "folds": step.folds}
    made = work.do(Task(planned, "predict out of fold", cross, {"rows": rows}, given, sees_split=True), parts)
    return parts.told([made]), {ROWS: rows, SAID: made.tables["predictions"]}


def cross(at: At, planned: Planned, rows: dict[str, Table], steps: tuple[Planned, ...], folds: int) -> Made:
    """Predict training rows by all steps since the split and members, learned without them."""
    frame = rows["rows"].frame()
    known = frame[list(at.roles.targets)].notna().any(axis=1)
    windows = windows_by([of_known(each, known) for each in inner_folds(planned.name, rows["rows"], folds, at)])
    return Made({"predictions": at.hold(out_of_window(steps, frame, windows, at))})


def inner_folds(who: str, table: Table, count: int, at: At) -> list[pd.Series]:
    """Return folds of training rows as the split of the pipeline makes them: embargo, late labels, groups, copies.

    Rows with times are never divided by chance, whatever the split does; nor are they by a split that evaluates on
    some rows alone. Their roles decide then.
    """
    split = AnySplit() if at.split is None else at.split.step
    assert isinstance(split, Split)
    keys = keys_at(split, table, at)
    in_time = "time" in keys.columns and bool(keys["time"].notna().any())
    if not in_time:
        refuse_few(keys, count, who)
    if at.split is None or not split.judges_every_row or (in_time and split.deals != "by time"):
        return folds_by_roles(keys, count, at.seed, who)
    return folds_of(split, keys, count)


def from_members(at: At, step: Step, rows: dict[str, Table]) -> Callable[..., Any] | None:
    """Return how a model learns from members, where it does."""
    if SAID not in rows or not isinstance(step, LearnsFromMembers):
        return None
    frame, said = rows[ROWS].frame(), rows[SAID].frame()
    kept = frame[np.asarray(frame.index.isin(said.index))]
    return partial(step.learn_from, judged=at.view.wrap(kept, predictions=said.loc[kept.index]))
