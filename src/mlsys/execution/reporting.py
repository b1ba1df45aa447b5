"""What reports and sinks are shown: columns as they left the split, what steps added, and predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.cache import Outcome
from mlsys.dataset import Dataset, beside
from mlsys.errors import DataError
from mlsys.execution.context import Context
from mlsys.execution.planned import Planned
from mlsys.execution.results import result_of, result_state
from mlsys.execution.tail import Look, Tail
from mlsys.partitions import Table
from mlsys.states import Held, digest
from mlsys.steps import Model, Report, Result, Sink

if TYPE_CHECKING:
    from mlsys.execution.execution import Execution


def looker(execution: Execution, tail: Tail, raw: Mapping[str, Table]) -> Look:
    """Return what shows reports and sinks the parts and keeps the results; ``raw`` is how the split left them."""

    def look(planned: Planned, parts: dict[str, Table], predictions: dict[str, Table]) -> None:
        context, step = execution.context, planned.step
        with context.doing(planned, parts):
            if isinstance(step, Sink):
                step.write({n: _with_predictions(part, predictions.get(n), planned.name) for n, part in parts.items()})
                context.done_outside(planned.name)
            elif isinstance(step, Report):
                inputs = {f"{name} as split": part for name, part in raw.items()} | dict(parts)
                inputs |= {f"predictions of {name}": each for name, each in predictions.items()}
                if execution.out_of_fold is not None:
                    inputs["out-of-fold predictions"] = execution.out_of_fold
                # For test rows that several models were judged by, a report is not quite the one of the plan.
                also = tail.digests() | {"fitted on": digest(tail.fitted_on), "as": step.digest}

                def work(at: Context) -> Outcome:
                    result = step.report(shown_dataset(execution, tail, raw, parts, predictions, at))
                    return Outcome({}, {"result": Held(result_state(result, planned.name))})

                outcome = context.kept(planned.name, "+".join(raw), work, inputs, also, sees_columns=True)
                result = result_of(outcome.states["result"].get())
                execution.results[result_name(execution, result)] = result

    return look


def result_name(execution: Execution, result: Result) -> str:
    """Return the result's name, numbered where an earlier one has it."""
    name, number = result.name, 2
    while name in execution.results:
        name, number = f"{result.name}-{number}", number + 1
    return name


def shown_dataset(
    execution: Execution,
    tail: Tail,
    raw: Mapping[str, Table],
    parts: Mapping[str, Table],
    predictions: Mapping[str, Table],
    context: Context,
) -> Dataset:
    """Return what reports see: columns as they left the split, what steps added since, and predictions.

    Where the training rows are judged by folds, ``validation`` holds them with out-of-fold predictions.
    """
    divided = execution.divided
    assert divided is not None
    loads = {name: _loader(raw[name], parts.get(name), predictions.get(name)) for name in raw}
    said = {name: each.frame for name, each in predictions.items()}
    folds = 0
    if execution.out_of_fold is not None and "validation" not in loads:
        judged = Table.of(raw["train"].frame().loc[execution.out_of_fold.frame().index])
        loads["validation"] = _loader(judged, None, execution.out_of_fold)
        said["validation"] = execution.out_of_fold.frame
        folds = len(divided.folds)
    features = [name for name in context.catalog.at_split or raw["train"].head(0).columns]
    predict = None
    if any(isinstance(each.step, Model) for each in tail.fitted.values()):

        def predict(frame: pd.DataFrame) -> pd.DataFrame:
            predicted = tail.apply(Table.of(frame[list(raw["train"].head(0).columns)]))[1]
            assert predicted is not None
            return predicted.frame()

    return Dataset(loads, context.roles, context.catalog.features(features), tail.fitted_on, folds, predict, said)


def _loader(
    raw: Table, current: Table | None, predictions: Table | None
) -> Callable[[Sequence[str] | None], pd.DataFrame]:
    def load(columns: Sequence[str] | None) -> pd.DataFrame:
        there = raw.head(0).columns
        frame = raw.frame(None if columns is None else [name for name in columns if name in there])
        added = [] if current is None else [name for name in current.head(0).columns if name not in there]
        wanted = added if columns is None else [name for name in added if name in set(columns)]
        if wanted and current is not None:
            extra = current.frame(wanted)
            if extra.index.equals(frame.index):
                frame = pd.concat([frame, extra], axis=1)
        if predictions is None:
            return frame
        written = predictions.head(0).columns
        return beside(frame, predictions.frame([name for name in written if columns is None or name in set(columns)]))

    return load


def _with_predictions(part: Table, predictions: Table | None, who: str) -> Table:
    """Return a part with its predictions, as it is written outside."""
    if predictions is None:
        return part
    predicted = predictions.frame()
    twice = [name for name in predicted.columns if name in part.head(0).columns]
    if twice:
        raise DataError(
            f"{who} writes rows beside their predictions, and {twice[0]!r} is a column of both",
            f"rename that of the data before, such as frame.rename(columns={{{twice[0]!r}: 'earlier_{twice[0]}'}})",
        )
    return part.map(lambda frame: pd.concat([frame, predicted.loc[frame.index]], axis=1))
