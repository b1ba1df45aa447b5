"""Events: rows that a served history absorbs after training, read like those of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import DataError
from mlsys.execution.catalog import refuse_mixed_zones
from mlsys.execution.request_forms import as_frame
from mlsys.execution.request_types import converted, null_column, type_named
from mlsys.states import Held
from mlsys.steps import Fitted, History
from mlsys.steps.forms import absorbs
from mlsys.steps.memory import Memory
from mlsys.steps.questions import sees_history
from mlsys.values import with_columns


def knowing(name: str, fitted: Fitted, events: Any, decision: Moment, inputs: Mapping[str, str]) -> Fitted:
    """Return a history that also knows some rows; the given one is unchanged.

    Parameters
    ----------
    name : str
        Of the step.
    fitted : Fitted
        The history as it serves.
    events : DataFrame, or what a request may be
        With the columns that the history reads of the past, as they stood before it in training, and those of the
        moments from which rows are known.
    decision : Moment
        When a row is decided.
    inputs : mapping of str to str
        Columns of requests with their types.
    """
    step = fitted.step
    assert sees_history(step)
    memory = Memory(step, fitted.state)
    tail, waits = memory.state["tail"], memory.state.get("waits", [])
    needed = _needed(step, tail)
    asked = list(dict.fromkeys([*needed, decision.column, *(column for column, _ in waits)]))
    frame = as_frame(events, asked)
    _refuse_missing(name, frame, asked)
    columns = {
        column: converted(frame[column], kind) if column in frame else null_column(kind, len(frame))
        for column, kind in tail.dtypes.items()
    }
    index = pd.RangeIndex(len(frame))
    rows = pd.DataFrame({column: each.set_axis(index) for column, each in columns.items()}, index=index)
    types = {name: type_named(kind) for name, kind in inputs.items()} | dict(tail.dtypes)
    read = {column: _read(frame[column], types.get(column)) for column in asked if column not in needed}
    times = with_columns(rows, {column: each.array for column, each in read.items()})
    decided, known = _moments(times, decision, [Moment(*each) for each in waits])
    return Fitted(step, Held(memory.with_rows(rows, _like(known, memory.state["known"]), decided).state))


def _needed(step: History, tail: pd.DataFrame) -> list[str]:
    """Return the columns that events must bring: those that the history reads, as far as that is known."""
    declared = None if absorbs(step) else step.columns_read(tuple(tail.columns))
    if declared is None:
        return list(tail.columns)
    return [name for name in tail.columns if name in declared or name in step.key_columns]


def _refuse_missing(name: str, frame: pd.DataFrame, asked: Sequence[str]) -> None:
    missing = [column for column in asked if column not in frame.columns]
    if missing:
        raise DataError(
            f"{name} cannot absorb rows without the column{'s' * (len(missing) > 1)} {', '.join(map(repr, missing))}",
            f"give {', '.join(asked)}, as they were before {name} in training (nulls are allowed)",
        )


def _read(column: pd.Series, kind: Any) -> pd.Series:
    return column if kind is None else converted(column, kind)


def _moments(rows: pd.DataFrame, decision: Moment, waits: Sequence[Moment]) -> tuple[pd.Series, pd.Series]:
    """Return when each row is decided, and when it is known: with the last of the moments that it waits for."""
    decided = known = decision.of(rows)
    for moment in waits:
        after = moment.of(rows)
        refuse_mixed_zones("what the history reads", moment.column, after, decision.column, decided)
        known = known.where(known > after, after).where(after.notna() & known.notna())
    return decided, known


def _like(moments: pd.Series, held: pd.Series) -> pd.Series:
    """Return moments in the zone of those that are held, and in their unit where that loses nothing."""
    if (moments.dt.tz is None) != (held.dt.tz is None):
        raise DataError(
            f"the rows to absorb have times of type {moments.dtype}, the history's are {held.dtype}",
            "give them the time zone used in training",
        )
    moments = moments if held.dt.tz is None else moments.dt.tz_convert(held.dt.tz)
    coarse = moments.dt.as_unit(held.dt.unit)
    return (
        coarse
        if np.array_equal(coarse.isna(), moments.isna()) and (coarse.dropna() == moments.dropna()).all()
        else moments
    )
