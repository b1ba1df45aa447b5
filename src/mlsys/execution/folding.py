"""Judging few rows by folds: each training row is predicted by steps that did not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from mlsys.cache import Outcome
from mlsys.errors import DataError
from mlsys.execution.context import Context
from mlsys.execution.planned import Planned
from mlsys.execution.tail import predicted_apart
from mlsys.partitions import Table
from mlsys.states import digest
from mlsys.steps import Report, Sink


def out_of_fold(
    steps: Sequence[Planned], parts: Mapping[str, Table], folds: Sequence[pd.Series], context: Context
) -> Table:
    """Predict every training row by a tail that did not see it."""
    train = parts["train"]
    if train.rows < len(folds):
        raise DataError(
            f"the split left {train.rows} training row{'s' * (train.rows != 1)}, too few to judge a model by "
            f"{len(folds)} folds of them",
            "give more rows, or a split with a validation share",
        )
    working = [each for each in steps if not isinstance(each.step, (Report, Sink))]
    sides = pd.DataFrame({f"fold {number}": fold for number, fold in enumerate(folds, 1)})
    also = {"steps": context.code_of([each.name for each in working]), "folds": digest(sides)}

    def work(at: Context) -> Outcome:
        predicted = predicted_apart(working, _pairs(train.frame(), folds, context), at)
        index = train.frame().index
        return Outcome({"predictions": Table.of(predicted.loc[index[index.isin(predicted.index)]])})

    outcome = context.kept("folds", "", work, {"train": train}, also, sees_columns=True)
    return outcome.tables["predictions"]


def _pairs(
    frame: pd.DataFrame, folds: Sequence[pd.Series], context: Context
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    for number, fold in enumerate(folds, 1):
        context.progress(f"fold {number} of {len(folds)}")
        names = fold.reindex(frame.index)
        train, validation = (
            frame[(names == name).to_numpy(dtype=bool, na_value=False)] for name in ("train", "validation")
        )
        yield train, validation
