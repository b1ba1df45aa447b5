"""Run the steps after the split with some columns held at one value, so that they carry no information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mlsys.execution.divided import Divided
from mlsys.execution.parts import Learned, Parts
from mlsys.execution.windows import out_of_window, windows_by
from mlsys.execution.work import At, Work
from mlsys.plan import Planned
from mlsys.values import with_columns


def usual_value(column: pd.Series) -> Any:
    """Return the value that a column is held at: the median of what can be ordered, else the most frequent.

    The lower median is a value of the column itself, so that whole numbers, moments and truth values keep their type.

    Examples
    --------
    >>> int(usual_value(pd.Series([1, 9, 2, 5]))), usual_value(pd.Series(["b", "a", "b"]))
    (2, 'b')
    """
    known = column.dropna()
    if known.empty:
        return None
    if pd.api.types.is_numeric_dtype(known.dtype) or pd.api.types.is_datetime64_any_dtype(known.dtype):
        return known.sort_values().iloc[(len(known) - 1) // 2]
    try:
        counts = known.value_counts()
        return counts[counts == counts.max()].index.min() if counts.index.dtype != "category" else counts.index[0]
    except TypeError:  # values without a hash or an order
        return known.iloc[0]


def with_constant(frame: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame with columns of one value each, their types kept.

    Examples
    --------
    >>> with_constant(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), {"x": 7})["x"].tolist()
    [7, 7]
    """
    constant = {
        name: pd.Series([value] * len(frame), index=frame.index, dtype=frame[name].dtype)
        for name, value in values.items()
        if value is not None
    }
    return with_columns(frame, constant)


@dataclass(frozen=True)
class WithoutColumns:
    """Predicts evaluated rows by steps that learned while columns were constant; can be done in another process.

    Parameters
    ----------
    steps : sequence of Planned
        Steps after the split that predictions need.
    frames : mapping of str to DataFrame
        The open parts as the split left them.
    parts : Parts
        As the split left them; of the rows nothing is used.
    folds : sequence of Series
        Sides of the training rows in each fold, where there is no validation part.
    work : Work
        Quiet, without cache.
    """

    steps: Sequence[Planned]
    frames: Mapping[str, pd.DataFrame]
    parts: Parts
    folds: Sequence[pd.Series]
    work: Work

    def __call__(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return predictions of validation rows, or out of fold those of training rows."""
        values = {name: usual_value(self.frames["train"][name]) for name in columns}
        frames = {name: with_constant(frame, values) for name, frame in self.frames.items()}
        try:
            return self._judged(frames)
        except Exception as error:
            if columns:
                error.add_note(f"mlsys: with {', '.join(map(repr, columns))} held at one value")
            raise

    def _judged(self, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        work = self.work.detached()
        if "validation" not in frames:
            train, at = frames["train"], At(self.parts.roles, self.parts.catalog, work.seed, work)
            return out_of_window(self.steps, train, windows_by(self.folds), at)
        rows = {name: work.engine.hold(None, frame) for name, frame in frames.items()}
        parts = replace(self.parts, rows=rows, divided=Divided(rows), learned=Learned(), ran=())
        return work.run(self.steps, parts, work).predictions["validation"].frame()
