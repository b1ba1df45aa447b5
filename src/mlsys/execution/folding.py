"""Judging few rows by folds: each training row is predicted by steps that did not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mlsys.errors import DataError
from mlsys.execution.context import Context
from mlsys.execution.planned import Planned
from mlsys.execution.tail import Tail
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
    pieces: list[pd.DataFrame] = []
    quiet = replace(context, quiet=True)
    working = [each for each in steps if not isinstance(each.step, (Report, Sink))]
    for number, fold in enumerate(folds, 1):
        context.progress(f"fold {number} of {len(folds)}")
        names = fold.reindex(frame.index)
        inside = {
            "train": Table.of(frame[(names == "train").to_numpy(dtype=bool, na_value=False)]),
            "validation": Table.of(frame[(names == "validation").to_numpy(dtype=bool, na_value=False)]),
        }
        tail = Tail(quiet).run(working, inside, lambda *_: None)
        pieces.append(tail.predictions["validation"])
    predicted = pd.concat(pieces)
    return predicted.loc[frame.index[frame.index.isin(predicted.index)]]
