"""Judging few rows by folds: each training row is predicted by steps that did not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from mlsys.errors import DataError
from mlsys.execution.context import Context
from mlsys.execution.planned import Planned
from mlsys.execution.tail import predicted_apart
from mlsys.partitions import Table
from mlsys.steps import Report, Sink


def out_of_fold(
    steps: Sequence[Planned], parts: Mapping[str, Table], folds: Sequence[pd.Series], context: Context
) -> pd.DataFrame:
    """Predict every training row by a tail that did not see it."""
    frame = parts["train"].frame()
    if len(frame) < len(folds):
        raise DataError(
            f"the split left {len(frame)} training rows, too few to judge a model by {len(folds)} folds of them",
            "give more rows, or a split with a validation share",
        )
    working = [each for each in steps if not isinstance(each.step, (Report, Sink))]

    def pairs() -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        for number, fold in enumerate(folds, 1):
            context.progress(f"fold {number} of {len(folds)}")
            names = fold.reindex(frame.index)
            train, validation = (
                frame[(names == name).to_numpy(dtype=bool, na_value=False)] for name in ("train", "validation")
            )
            yield train, validation

    predicted = predicted_apart(working, pairs(), context)
    return predicted.loc[frame.index[frame.index.isin(predicted.index)]]
