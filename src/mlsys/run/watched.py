"""Rows to watch a model by: as requests bring them, with predictions of rows that it did not learn from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mlsys.dataset.event import Event
from mlsys.dataset.predictions import PREDICTION, PROBABILITY, probability_columns
from mlsys.errors import ConfigurationError
from mlsys.execution.looking import rows_as_requested
from mlsys.outcome import Outcome
from mlsys.run.live import Live


def watched_rows(live: Live, outcome: Outcome) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the reference of a monitor, and what its columns are.

    Returns
    -------
    tuple of DataFrame and dict
        The inputs of the served model, its prediction, target, time and id, for the rows that evaluated the run; and
        the arguments of ``Monitor.fit`` that name them. For two classes the prediction is the event's probability.
    """
    roles = live.pipeline.roles
    said = _said(live.predictions, outcome)
    if not live.has_model or said is None or outcome.evaluation is None or len(roles.targets) != 1:
        raise ConfigurationError(
            "Monitor.from_run needs a run that evaluated a model of one target",
            "run the pipeline to its end, or give rows with predictions to Monitor.fit",
        )
    target = roles.targets[0]
    part = "train" if outcome.evaluation.folds else outcome.evaluation.part
    further = [name for name in (target, roles.time, roles.id) if name is not None]
    divided = live.execution.divided
    assert divided is not None
    raw = divided.parts[part].frame()
    rows = rows_as_requested(live.execution, live.data, part, live.model.inputs).loc[said.index]
    beside = raw.loc[said.index, [name for name in further if name in raw.columns and name not in rows.columns]]
    name, event = _watched(said, outcome.evaluation.event)
    given = {
        "prediction": name, "target": target, "time": roles.time, "id": roles.id, "importance": _importance(live),
        "columns": [*live.model.inputs], "event": event, "threshold": _threshold(said, name, event),
    }  # fmt: skip
    whole = pd.concat([rows, beside, said[[name]]], axis=1)
    return whole, {key: each for key, each in given.items() if each is not None}


def _said(predictions: dict[str, pd.DataFrame], outcome: Outcome) -> pd.DataFrame | None:
    """Return the predictions of the rows that evaluated the run: of its test rows once these are open."""
    judged = outcome.evaluation
    if judged is None or judged.folds:
        return predictions.get("validation")
    return predictions.get(judged.part, predictions.get("validation"))


def _watched(said: pd.DataFrame, event: Any) -> tuple[str, Any]:
    """Return the column to watch: the event's probability where there are two classes, else the prediction."""
    names = probability_columns(said.columns)
    if len(names) != 2 or event is None:
        return PREDICTION, None
    called = Event(event)
    return next((name for name in names if called.is_called(name.removeprefix(PROBABILITY))), names[-1]), event


def _threshold(said: pd.DataFrame, name: str, event: Any) -> float | None:
    """Return the probability from which on the event was predicted; None for the usual half."""
    if event is None:
        return None
    predicted = said[PREDICTION].map(Event(event).is_called).to_numpy(dtype=bool)
    scores = said[name].to_numpy(dtype=float)
    if predicted.all() or not predicted.any() or scores[~predicted].max() >= scores[predicted].min():
        return None
    lowest, highest = float(scores[~predicted].max()), float(scores[predicted].min())
    return None if lowest < 0.5 <= highest else (lowest + highest) / 2


def _importance(live: Live) -> dict[str, float]:
    """Return how much of the score each column carries, where a report measured that."""
    for result in live.execution.parts.results.values():
        table = result.table
        if {"features", "loss"} <= set(table.columns):
            return {
                name: float(loss)
                for names, loss in zip(table["features"], table["loss"], strict=True)
                for name in str(names).split(", ")
            }
    return {}
