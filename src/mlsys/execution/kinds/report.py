"""Reports: see every open part, change nothing."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Dataset
from mlsys.execution.again import said_again
from mlsys.execution.applying import applied
from mlsys.execution.asking import needed_to_ask, rows_as_read, served_to
from mlsys.execution.own_importances import importances_at_split
from mlsys.execution.parts import Parts
from mlsys.execution.reporting import loader
from mlsys.execution.results import result_of, result_state, with_result
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Model, Postprocess, Report
from mlsys.steps.aims import WITHOUT_TARGET
from mlsys.steps.learning import call_hook
from mlsys.steps.questions import aim_of, answers, asks_served, predicts
from mlsys.tables import Table

JUDGED = "out-of-fold predictions"


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Report on the open parts, and keep the result under its name, numbered if the name is taken."""
    made = work.do(_of_divided(planned, parts) if parts.is_divided else _of_rows(planned, parts), parts)
    assert isinstance(planned.step, Report)
    result = planned.step.recalled(result_of(made.states["result"].get()))
    result = replace(result, findings=[*result.findings, *parts.catalog.biases()])
    return parts.told([made], results=with_result(parts.results, result))


def _of_rows(planned: Planned, parts: Parts) -> Task:
    return Task(planned, "", on_rows, parts.opened, {"leading": parts.watched})


def on_rows(at: At, planned: Planned, rows: dict[str, Table], leading: str) -> Made:
    """Report on rows before the split."""
    features = at.catalog.features(rows[leading].head(0).columns)
    loads = {name: part.frame for name, part in rows.items()}
    return _reported(planned, Dataset(loads, at.roles, features, predictions={}), at)


def _of_divided(planned: Planned, parts: Parts) -> Task:
    assert parts.divided is not None
    rows = {f"{name} as split": parts.divided.parts[name] for name in parts.rows} | dict(parts.rows)
    rows |= {f"predictions of {name}": each for name, each in parts.predictions.items()}
    rows |= {} if parts.judged is None else {JUDGED: parts.judged}
    # For test rows that several models were judged by, a report is not quite the one of the plan.
    given: dict[str, Any] = {f"state of {name}": fitted for name, fitted in parts.learned.after.items()}
    if asks_served(planned.step):
        rows |= rows_as_read(parts)
        given |= needed_to_ask(parts)
    given |= {"fitted on": dict(parts.learned.fitted_on), "as": planned.step, "folds": len(parts.divided.folds)}
    if aim_of(parts.steps) in WITHOUT_TARGET:  # nothing but other models can be compared with what it says
        given["steps"] = tuple(each for each in parts.steps if not isinstance(each.step, Postprocess))
    return Task(planned, "+".join(parts.rows), on_parts, rows, given)


def on_parts(at: At, planned: Planned, rows: dict[str, Table], **given: Any) -> Made:
    """Report on parts: columns as they left the split, what steps added since, and predictions.

    If training rows are evaluated by folds, ``validation`` contains them with out-of-fold predictions.
    """
    raw = {name.removesuffix(" as split"): part for name, part in rows.items() if name.endswith(" as split")}
    predictions = {name: rows[f"predictions of {name}"] for name in raw if f"predictions of {name}" in rows}
    loads = {name: loader(part, rows.get(name), predictions.get(name)) for name, part in raw.items()}
    said = {name: each.frame for name, each in predictions.items()}
    folds, judged = 0, rows.get(JUDGED)
    if judged is not None and "validation" not in loads:
        there = at.hold(raw["train"].frame().loc[judged.frame().index])
        loads["validation"] = loader(there, None, judged)
        said["validation"] = judged.frame
        folds = given["folds"]
    columns = list(raw["train"].head(0).columns)
    fitted = tuple(each for name, each in given.items() if name.startswith("state of "))
    predict = (
        functools.partial(_predicted, fitted, columns, at) if any(predicts(each.step) for each in fitted) else None
    )
    features = at.catalog.features(at.catalog.at_split or columns)
    after = {name.removeprefix("state of "): each for name, each in given.items() if name.startswith("state of ")}
    own = functools.partial(importances_at_split, after, at.catalog)
    model, further = next((each.step for each in fitted if isinstance(each.step, Model)), None), dict[str, Any]()
    minimizes = () if model is None else model.minimizes
    if "steps" in given:
        further["again"] = functools.partial(said_again, given["steps"], raw["train"], columns, at)
        further["measured"] = functools.partial(_measured, fitted, columns, at)
    if predict is not None and asks_served(planned.step):
        further["served"] = served_to(at, rows, given, after)
    shown = Dataset(
        loads, at.roles, features, given["fitted on"], folds, predict, said, own, aim_of(fitted), minimizes, **further
    )
    return _reported(planned, shown, at)


def _measured(fitted: tuple[Fitted, ...], columns: list[Any], at: At, frame: pd.DataFrame) -> Any:
    seen = applied([each for each in fitted if not answers(each.step)], at.hold(frame[columns]))[0].frame()
    model = next(each for each in fitted if isinstance(each.step, Model))
    assert isinstance(model.step, Model)
    return model.step.measured(seen[list(model.features)], model.state)


def _predicted(fitted: tuple[Fitted, ...], columns: list[Any], at: At, frame: pd.DataFrame) -> pd.DataFrame:
    predicted = applied(fitted, at.hold(frame[columns]))[1]
    assert predicted is not None
    return predicted.frame()


def _reported(planned: Planned, shown: Dataset, at: At) -> Made:
    assert isinstance(planned.step, Report)
    result = call_hook(planned.step.report, shown, rng=at.rng(planned.step))
    return Made({}, {"result": Held(result_state(result, planned.name))})
