"""What reports and sinks are shown: columns as they left the split, what steps added, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.dataset import Dataset
from mlsys.errors import DataError
from mlsys.execution.planned import Planned
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.steps import Model, Report, Result, Sink

if TYPE_CHECKING:
    from mlsys.execution.execute import Execution


def looker(
    execution: Execution, tail: Tail, raw: Mapping[str, Table]
) -> Callable[[Planned, dict[str, Table], dict[str, pd.DataFrame]], None]:
    """Return what shows reports and sinks the parts and keeps the results; ``raw`` is how the split left them."""

    def look(planned: Planned, parts: dict[str, Table], predictions: dict[str, pd.DataFrame]) -> None:
        with execution.context.doing(planned):
            if isinstance(planned.step, Sink):
                planned.step.write(
                    {name: _with_predictions(part, predictions.get(name)) for name, part in parts.items()}
                )
            elif isinstance(planned.step, Report):
                result = planned.step.report(shown_dataset(execution, tail, raw, parts, predictions))
                execution.results[result_name(execution, result)] = result

    return look


def result_name(execution: Execution, result: Result) -> str:
    """Return the result's name, numbered where an earlier one has it."""
    if not isinstance(result, Result):
        raise DataError(f"report() returned {type(result).__name__}, not a Result", "return Result(name, table)")
    name, number = result.name, 2
    while name in execution.results:
        name, number = f"{result.name}-{number}", number + 1
    return name


def shown_dataset(
    execution: Execution,
    tail: Tail,
    raw: Mapping[str, Table],
    parts: Mapping[str, Table],
    predictions: Mapping[str, pd.DataFrame],
) -> Dataset:
    """Return what reports see: columns as they left the split, what steps added since, and predictions.

    Where the training rows are judged by folds, ``validation`` holds them with out-of-fold predictions.
    """
    context, divided = execution.context, execution.divided
    assert divided is not None
    loads = {name: _loader(raw[name], parts.get(name), predictions.get(name)) for name in raw}
    folds = 0
    if execution.out_of_fold is not None and "validation" not in loads:
        judged = Table.of(raw["train"].frame().loc[execution.out_of_fold.index])
        loads["validation"] = _loader(judged, None, execution.out_of_fold)
        folds = len(divided.folds)
    features = [name for name in context.catalog.at_split or raw["train"].head(0).columns]
    predict = None
    if any(isinstance(each.step, Model) for each in tail.fitted.values()):

        def predict(frame: pd.DataFrame) -> pd.DataFrame:
            predicted = tail.apply(Table.of(frame[list(raw["train"].head(0).columns)]))[1]
            assert predicted is not None
            return predicted

    return Dataset(loads, context.roles, context.catalog.features(features), tail.fitted_on, folds, predict)


def _loader(
    raw: Table, current: Table | None, predictions: pd.DataFrame | None
) -> Callable[[Sequence[str] | None], pd.DataFrame]:
    def load(columns: Sequence[str] | None) -> pd.DataFrame:
        there = raw.head(0).columns
        frame = raw.frame(None if columns is None else [name for name in columns if name in there])
        added = [] if current is None else [name for name in current.head(0).columns if name not in there]
        wanted = added if columns is None else [name for name in added if name in set(columns)]
        pieces = [frame]
        if wanted and current is not None:
            extra = current.frame(wanted)
            if extra.index.equals(frame.index):
                pieces.append(extra)
        if predictions is not None:
            pieces.append(predictions[[name for name in predictions if columns is None or name in set(columns)]])
        return pd.concat(pieces, axis=1) if len(pieces) > 1 else frame

    return load


def _with_predictions(part: Table, predictions: pd.DataFrame | None) -> Table:
    if predictions is None:
        return part
    return part.map(lambda frame: pd.concat([frame, predictions.loc[frame.index]], axis=1))
