"""Members of a model that learns from what they say: each training row is predicted by members that did not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.cache import Made
from mlsys.execution.windows import out_of_window, windows_by
from mlsys.execution.work import At, Task
from mlsys.plan import Planned
from mlsys.steps.capabilities import LearnsFromMembers
from mlsys.steps.folds_by_roles import folds_by_roles
from mlsys.steps.splitting import of_known, split_keys
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
    made = work.do(Task(planned, "predict out of fold", cross, {"rows": rows}, given), parts)
    return parts.told([made]), {ROWS: rows, SAID: made.tables["predictions"]}


def cross(at: At, planned: Planned, rows: dict[str, Table], steps: tuple[Planned, ...], folds: int) -> Made:
    """Predict training rows by all steps since the split and members, learned without them."""
    frame = rows["rows"].frame()
    keys = split_keys(frame, at.roles)
    known = frame[list(at.roles.targets)].notna().any(axis=1)
    windows = windows_by([of_known(each, known) for each in folds_by_roles(keys, folds, at.seed, planned.name)])
    return Made({"predictions": at.hold(out_of_window(steps, frame, windows, at))})


def from_members(at: At, step: Step, rows: dict[str, Table]) -> Callable[..., Any] | None:
    """Return how a model learns from members, where it does."""
    if SAID not in rows or not isinstance(step, LearnsFromMembers):
        return None
    frame, said = rows[ROWS].frame(), rows[SAID].frame()
    kept = frame[np.asarray(frame.index.isin(said.index))]
    return partial(step.learn_from, judged=at.view.wrap(kept, predictions=said.loc[kept.index]))
