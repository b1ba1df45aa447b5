"""Postprocessing: learned from predictions of rows that nothing has learned from, acting on predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import beside
from mlsys.errors import ConfigurationError, DataError, Finding, LeakageError, listed, meant
from mlsys.execution.applying import answered
from mlsys.execution.applying import predicted as predicted_by
from mlsys.execution.parts import Parts
from mlsys.execution.windows import even_windows, out_of_window
from mlsys.execution.work import At, Task, Work
from mlsys.leakage.captured_values import captured_values
from mlsys.leakage.held_predictions import held_prediction_findings
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Postprocess
from mlsys.steps.aims import WITHOUT_TARGET
from mlsys.steps.learning import learn as learned_by
from mlsys.steps.questions import aim_of
from mlsys.steps.splitting import of_known
from mlsys.tables import Table

CALIBRATION = "calibration"


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Learn from predictions of the calibration part, otherwise from out-of-fold ones; change all predictions."""
    step = planned.step
    assert isinstance(step, Postprocess)
    if parts.learned.model is None:
        raise ConfigurationError(f"{planned.name} comes before any model", "place it after Train")
    _refuse_columns(planned, step, parts)
    parts, rows = _unseen(planned, step, parts, work)
    earlier = tuple(each for each in parts.steps if isinstance(each.step, Postprocess))
    assert parts.crossed is not None
    predicted = parts.crossed
    if earlier:
        # What an earlier step says of rows that it learned from is better than what it will say of later rows.
        given = {"steps": earlier, "folds": step.cross_fit_folds}
        made = work.do(Task(planned, "change out of fold", changed_out_of_fold, _both(rows, predicted), given), parts)
        parts, predicted = parts.told([made]), made.tables["predictions"]
    else:
        parts = parts.told(_held_predictions(planned, parts, work))
    learned = work.do(Task(planned, "learn", learn, _both(rows, predicted)), parts)
    fitted = Fitted(step, learned.states["state"])
    said = {**parts.learned.postprocessed, planned.name: _in_words(parts, rows, step.cross_fit_folds, earlier)}
    parts = parts.told([learned]).with_fitted(planned.name, fitted, postprocessed=said)
    changed = {name: _changed(planned, name, each, fitted, parts, work) for name, each in parts.predictions.items()}
    return replace(parts, predictions=changed)


def begun(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Return parts that know what the model says of rows that it did not see.

    That is what costs: it refits the steps before once for each fold. It depends on those steps and on
    :func:`begins_by` alone, so that steps which differ in nothing else can go on from the same parts.
    """
    if parts.learned.model is None or CALIBRATION in parts.rows:
        return parts
    return _unseen(planned, planned.step, parts, work)[0]  # type: ignore[arg-type]


def begins_by(step: Postprocess) -> int:
    """Return the only part of its configuration that :func:`begun` depends on."""
    return step.cross_fit_folds


def _held_predictions(planned: Planned, parts: Parts, work: Work) -> list[Finding]:
    """Return findings about numbers inside the step that are predictions of evaluated rows."""
    held = [] if work.quiet else captured_values({planned.name: planned.step})
    judged = {name: each for name, each in parts.predictions.items() if name not in parts.learned.fitted_on}
    train, model = parts.rows.get("train"), parts.learned.model
    if not held or train is None or model is None or not all(each.in_memory for each in (train, *judged.values())):
        return []
    frames = {name: each.frame() for name, each in judged.items()}
    return held_prediction_findings(held, frames, lambda: predicted_by(model, train).frame())


def _both(rows: Table, predictions: Table) -> dict[str, Table]:
    return {"rows": rows, "predictions": predictions}


def _unseen(planned: Planned, step: Postprocess, parts: Parts, work: Work) -> tuple[Parts, Table]:
    """Return rows that the model did not see, and parts that know what the model, and it alone, says of them."""
    assert parts.divided is not None
    if CALIBRATION in parts.rows:
        who = ", ".join(filter(None, [parts.learned.fitted_on.get(CALIBRATION, ""), planned.name]))
        learned = replace(parts.learned, fitted_on={**parts.learned.fitted_on, CALIBRATION: who})
        crossed = parts.predictions[CALIBRATION] if parts.crossed is None else parts.crossed
        return replace(parts, learned=learned, crossed=crossed), parts.divided.parts[CALIBRATION]
    # As they left the split: what steps learned from a judged row would make its prediction too good, rows that were
    # repeated would be predicted by a model that saw their originals, and a changed share of the classes is not the
    # one to calibrate to.
    rows = parts.divided.parts["train"]
    if parts.crossed is None:
        steps = tuple(each for each in parts.steps if not isinstance(each.step, Postprocess))
        given = {"folds": step.cross_fit_folds, "steps": steps}
        made = work.do(Task(planned, "predict out of fold", cross, {"rows": rows}, given, sees_split=True), parts)
        parts = parts.told([made], crossed=made.tables["predictions"])
    assert parts.crossed is not None
    judged = parts.crossed.frame([]).index  # those whose label is known
    return parts, rows if len(judged) == rows.rows else rows.keep(rows.frame([]).index.isin(judged))


def _in_words(parts: Parts, rows: Table, folds: int, earlier: Sequence[Planned]) -> str:
    """Return which rows a step learned from, and how it came that nothing else had."""
    count = "?" if rows.rows is None else f"{rows.rows:,}"
    where = f"{count} {CALIBRATION} rows"
    if CALIBRATION not in parts.rows:
        where = f"{count} training rows, which models of other folds predicted ({folds} folds)"
    names = ", ".join(each.name for each in earlier)
    return where + (f"; after {names}, learned without the fold of each row" if earlier else "")


def cross(at: At, planned: Planned, rows: dict[str, Table], folds: int, steps: tuple[Planned, ...]) -> Made:
    """Predict rows by all steps since the split, learned without them."""
    frame = rows["rows"].frame()
    windows = even_windows(frame, at.roles, at.seed, folds)
    if at.roles.targets and aim_of(steps) not in WITHOUT_TARGET:
        known = frame[list(at.roles.targets)].notna().any(axis=1)
        windows = [replace(window, sides=of_known(window.sides, known)) for window in windows]
    return Made({"predictions": at.hold(out_of_window(steps, frame, windows, at))})


def changed_out_of_fold(
    at: At, planned: Planned, rows: dict[str, Table], steps: tuple[Planned, ...], folds: int
) -> Made:
    """Return predictions as earlier steps of postprocessing change them, each learned from the rows of other folds."""
    frame, said = _rows_of(rows)
    masks = {each.name: each.sides == "validation" for each in even_windows(frame, at.roles, at.seed, folds)}
    judged = {name: np.flatnonzero(mask.to_numpy()) for name, mask in masks.items() if mask.any()}
    order = np.argsort(np.concatenate(list(judged.values())))
    for each in steps:
        pieces: list[pd.DataFrame] = []
        for name, places in judged.items():
            others = np.delete(np.arange(len(frame)), places)
            try:
                state = _learned(at, each, frame.iloc[others], said.iloc[others])
            except Exception as error:
                error.add_note(f"mlsys: in {name} of the {len(frame):,} rows that {planned.name} learns from")
                raise
            fitted = Fitted(each.step, state)
            pieces.append(fitted.predict(fitted.beside(said.iloc[places], frame.iloc[places])))
        said = pd.concat(pieces).iloc[order]
    return Made({"predictions": at.hold(said)})


def learn(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Learn from predictions and role columns of the same rows."""
    return Made({}, {"state": Held(_learned(at, planned, *_rows_of(rows)))})


def _rows_of(rows: dict[str, Table]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows with what is said of them; those that a step dropped after the split are not predicted."""
    frame, said = rows["rows"].frame(), rows["predictions"].frame()
    return (frame if frame.index.equals(said.index) else frame.loc[said.index]), said


def _learned(at: At, planned: Planned, frame: pd.DataFrame, said: pd.DataFrame) -> Any:
    step = planned.step
    assert isinstance(step, Postprocess)
    shown_columns = {*at.roles.columns(), *step.columns_beside}
    shown = at.hold(beside(frame[[name for name in frame.columns if name in shown_columns]], said))
    return learned_by(step, shown, lambda each: at.view.wrap(each, predictions=said), at.rng(step)).state


def _changed(planned: Planned, name: str, said: Table, fitted: Fitted, parts: Parts, work: Work) -> Table:
    assert isinstance(planned.step, Postprocess) and parts.divided is not None
    rows = {"predictions": said}
    if planned.step.columns_beside:
        rows["rows"] = parts.divided.parts[name]
    task = Task(planned, f"change {name}", change, rows, {"state": fitted.held}, sees_view=False)
    return work.do(task, parts).tables["predictions"]


def change(at: At, planned: Planned, rows: dict[str, Table], state: Held) -> Made:
    """Return predictions as the step changes them."""
    said = rows["predictions"]
    return Made({"predictions": answered(Fitted(planned.step, state), said, rows.get("rows", said))})


def _refuse_columns(planned: Planned, step: Postprocess, parts: Parts) -> None:
    """Raise for columns beside predictions that are not there, or not known when a row is predicted."""
    assert parts.divided is not None
    there = parts.divided.parts["train"].head(0).columns
    for name in step.columns_beside:
        if name not in there:
            raise DataError(
                f"{planned.name} reads the column {name!r}, which the rows do not have after the split",
                f"{meant(name, there)}columns are {listed(there)}",
            )
        why = "it is the target" if name in parts.roles.targets else ""
        why = why or parts.catalog.late.get(name, "") or parts.catalog.withheld.get(name, "")
        if why:
            raise LeakageError(
                f"{planned.name} reads {name!r} to serve predictions, where it must not be read: {why}",
                "name a column that is known when rows are predicted",
            )
