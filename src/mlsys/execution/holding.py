"""Running the steps after the split with some columns held at one value, as if these said nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.execution.context import Context
from mlsys.execution.folding import out_of_fold
from mlsys.execution.planned import Planned
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.steps import Report, Sink


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


def held(frame: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame with columns of one value each, their types kept.

    Examples
    --------
    >>> held(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), {"x": 7})["x"].tolist()
    [7, 7]
    """
    constant = {
        name: pd.Series([value] * len(frame), index=frame.index, dtype=frame[name].dtype)
        for name, value in values.items()
        if value is not None
    }
    return frame.assign(**constant)


@dataclass(frozen=True)
class HoldingWork:
    """Predicts judged rows by steps that learned while columns were held; can be done in another process.

    Parameters
    ----------
    steps : sequence of Planned
        All steps after the split.
    parts : mapping of str to DataFrame
        The open parts as the split left them.
    folds : sequence of Series
        Sides of the training rows in each fold, where there is no validation part.
    context : Context
        As the split left it.
    """

    steps: Sequence[Planned]
    parts: Mapping[str, pd.DataFrame]
    folds: Sequence[pd.Series]
    context: Context

    def __call__(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return predictions of validation rows, or out of fold those of training rows."""
        values = {name: usual_value(self.parts["train"][name]) for name in columns}
        context = self.context.detached()
        parts = {name: Table.of(held(frame, values)) for name, frame in self.parts.items()}
        working = [each for each in self.steps if not isinstance(each.step, (Report, Sink))]
        try:
            if "validation" not in parts:
                return out_of_fold(working, parts, self.folds, context).frame()
            return Tail(context).run(working, parts, lambda *_: None).predictions["validation"].frame()
        except Exception as error:
            if columns:
                error.add_note(f"mlsys: while {', '.join(map(repr, columns))} stood still at one value")
            raise
