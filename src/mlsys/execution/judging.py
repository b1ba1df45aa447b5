"""Evaluate few rows by folds: each training row is predicted by steps that did not see it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mlsys.cache import Made
from mlsys.errors import DataError
from mlsys.execution.parts import Parts
from mlsys.execution.windows import out_of_window, windows_by
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps.questions import predicts
from mlsys.tables import Table


def judged_by_folds(steps: Sequence[Planned], parts: Parts, work: Work) -> Parts:
    """Add out-of-fold predictions of training rows if there is no validation part."""
    assert parts.divided is not None
    folds = parts.divided.folds
    if not folds or not any(predicts(each.step) for each in steps):
        return parts
    train = parts.divided.parts["train"]
    if train.rows < len(folds):
        raise DataError(
            f"the split left {train.rows} training row{'s' * (train.rows != 1)}, too few to evaluate a model "
            f"by {len(folds)} folds",
            "use more rows, or a split with a validation share",
        )
    sides = pd.DataFrame({f"fold {number}": fold for number, fold in enumerate(folds, 1)})
    task = Task("folds", "", out_of_fold, {"train": train}, {"steps": tuple(steps), "folds": sides}, sees_split=True)
    made = work.do(task, parts)
    return parts.told([made], judged=made.tables["predictions"])


def out_of_fold(at: At, planned: None, rows: dict[str, Table], steps: Sequence[Planned], folds: pd.DataFrame) -> Made:
    """Predict every training row by steps that did not see it."""
    frame = rows["train"].frame()
    windows = windows_by([folds[name] for name in folds])
    return Made({"predictions": at.hold(out_of_window(steps, frame, windows, at))})
