"""Rows as steps see them: with roles, features and, for steps that cross-fit, folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.dataset import Roles, Rows
from mlsys.steps.base import Step
from mlsys.steps.learning_kinds import Transform
from mlsys.summaries import fold_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Shown:
    """Turn frames into rows with the roles, features and folds that a step sees.

    Parameters
    ----------
    step : Step
        Rows get folds if it cross-fits.
    roles : Roles
        Of the rows.
    features : sequence of str
        Names of the columns it may learn from.
    seed : int
        Seed of the folds.
    """

    step: Step
    roles: Roles
    features: Sequence[str]
    seed: int = 0

    def __call__(self, frame: pd.DataFrame) -> Rows:
        """Return the frame as rows."""
        return Rows.of(frame, self.roles, self.features, folds_of_rows(self.step, frame, self.roles, self.seed))


def folds_of_rows(step: Step, frame: pd.DataFrame, roles: Roles, seed: int) -> NDArray[np.int64] | None:
    """Return the fold of each row for a step that cross-fits: rows of one group share it."""
    if not (isinstance(step, Transform) and step.cross_fits):
        return None
    units = frame[roles.group] if roles.group is not None and roles.group in frame.columns else frame.index
    return fold_of(units, step.cross_fit_folds, seed)
