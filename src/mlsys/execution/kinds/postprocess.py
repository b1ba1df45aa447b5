"""Postprocessing: learned from predictions of rows that the model did not see, acting on predictions."""

from __future__ import annotations

from dataclasses import replace

from mlsys.cache import Made
from mlsys.dataset import beside
from mlsys.errors import ConfigurationError
from mlsys.execution.parts import Parts
from mlsys.execution.windows import even_windows, out_of_window
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Postprocess
from mlsys.steps.aims import WITHOUT_TARGET
from mlsys.steps.learning import learn as learned_by
from mlsys.steps.questions import aim_of
from mlsys.steps.splitting import of_known
from mlsys.tables import Table


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Learn from predictions of the calibration part, otherwise from out-of-fold ones; change all predictions."""
    step = planned.step
    assert isinstance(step, Postprocess)
    if parts.learned.model is None:
        raise ConfigurationError(f"{planned.name} comes before any model", "place it after Train")
    parts, rows, predicted = _judged(planned, step, parts, work)
    learned = work.do(Task(planned, "learn", learn, {"rows": rows, "predictions": predicted}), parts)
    fitted = Fitted(step, learned.states["state"])
    parts = parts.told([learned]).with_fitted(planned.name, fitted)
    changed = {name: _changed(planned, name, each, fitted, parts, work) for name, each in parts.predictions.items()}
    crossed = parts.crossed and _changed(planned, "out of fold", parts.crossed, fitted, parts, work)
    return replace(parts, predictions=changed, crossed=crossed)


def _judged(planned: Planned, step: Postprocess, parts: Parts, work: Work) -> tuple[Parts, Table, Table]:
    """Return rows that the model did not see, with what it says of them."""
    if "calibration" in parts.rows:
        fitted_on = {**parts.learned.fitted_on, "calibration": planned.name}
        parts = replace(parts, learned=replace(parts.learned, fitted_on=fitted_on))
        return parts, parts.rows["calibration"], parts.predictions["calibration"]
    # As they left the split: what steps learned from a judged row would make its prediction too good, rows that were
    # repeated would be predicted by a model that saw their originals, and a changed share of the classes is not the
    # one to calibrate to.
    assert parts.divided is not None
    rows = parts.divided.parts["train"]
    if parts.crossed is None:
        steps = tuple(each for each in parts.steps if not isinstance(each.step, Postprocess))
        given = {"folds": step.cross_fit_folds, "steps": steps}
        made = work.do(Task(planned, "predict out of fold", cross, {"rows": rows}, given), parts)
        parts = parts.told([made], crossed=made.tables["predictions"])
    assert parts.crossed is not None
    judged = parts.crossed.frame([]).index
    return parts, rows if len(judged) == rows.rows else rows.keep(rows.frame([]).index.isin(judged)), parts.crossed


def cross(at: At, planned: Planned, rows: dict[str, Table], folds: int, steps: tuple[Planned, ...]) -> Made:
    """Predict rows by all steps since the split, learned without them."""
    frame = rows["rows"].frame()
    windows = even_windows(frame, at.roles, at.seed, folds)
    if at.roles.targets and aim_of(steps) not in WITHOUT_TARGET:
        known = frame[list(at.roles.targets)].notna().any(axis=1)
        windows = [replace(window, sides=of_known(window.sides, known)) for window in windows]
    return Made({"predictions": at.hold(out_of_window(steps, frame, windows, at))})


def learn(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Learn from predictions and role columns of the same rows."""
    step, frame, said = planned.step, rows["rows"].frame(), rows["predictions"].frame()
    roles = at.roles.columns()
    shown = at.hold(beside(frame[[name for name in frame.columns if name in roles]], said))
    learned = learned_by(step, shown, lambda each: at.view.wrap(each, predictions=said), at.rng(step))
    return Made({}, {"state": Held(learned.state)})


def _changed(planned: Planned, name: str, said: Table, fitted: Fitted, parts: Parts, work: Work) -> Table:
    task = Task(planned, f"change {name}", change, {"predictions": said}, {"state": fitted.held}, sees_view=False)
    return work.do(task, parts).tables["predictions"]


def change(at: At, planned: Planned, rows: dict[str, Table], state: Held) -> Made:
    """Return predictions as the step changes them."""
    return Made({"predictions": rows["predictions"].map(Fitted(planned.step, state).predict)})
