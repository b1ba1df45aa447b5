"""Rivals: the registered model that an alias names, on the rows that evaluated a candidate."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from mlsys.dataset import PREDICTION, probability_columns, score_columns
from mlsys.errors import DataError, MlsysError
from mlsys.evaluation import Rival
from mlsys.execution.looking import rows_as_requested
from mlsys.outcome import Outcome
from mlsys.outcome.storing import judged_rows, load_outcome
from mlsys.run.live import Live
from mlsys.serving.loading import load
from mlsys.steps.questions import sees_history

Find = Callable[[str], Rival | None]


def rivals_of(name: str, outcome: Outcome, live: Live | None = None, version: int | None = None) -> Find:
    """Return what finds the registered model of a name by an alias.

    Parameters
    ----------
    name : str
        Of the registered model.
    outcome : Outcome
        Of the candidate.
    live : Live, optional
        The candidate's run, whose rows the rival can be asked about.
    version : int, optional
        The candidate's own version, if it is registered.
    """
    return partial(_rival, name, outcome, live, version)


def _rival(name: str, outcome: Outcome, live: Live | None, version: int | None, alias: str) -> Rival | None:
    """Return the model that an alias names; ``None`` if it names none."""
    from mlsys.tracking.registry import version_if_any

    found = version_if_any(name, alias)
    if found is None:
        return None
    who = f"version {found.number}"
    if found.number == version:
        return Rival(who, is_candidate=True)
    try:
        theirs = None if found.outcome is None else load_outcome(found.outcome)
        if theirs is not None and theirs.run == outcome.run:
            return Rival(who, is_candidate=True)
        mine = judged_rows(outcome)
        stored = None if theirs is None else _on_same_rows(outcome, mine, theirs)
    except MlsysError as error:
        return Rival(who, problem=f"cannot be compared: {error.problem}")
    if stored is not None:
        return Rival(who, mine, stored)
    if live is None:
        return Rival(who, problem="was evaluated on other rows; register the candidate with this gate instead")
    return _asked(f"models:/{name}/{found.number}", who, mine, outcome, live)


def _on_same_rows(outcome: Outcome, mine: pd.DataFrame, theirs: Outcome) -> pd.DataFrame | None:
    """Return what a rival predicted for the same rows; ``None`` if it was evaluated on others, or they are not here."""
    ours, other = outcome.evaluation, theirs.evaluation
    if ours is None or other is None or (ours.part, ours.folds) != (other.part, other.folds):
        return None
    part = "train" if ours.folds else ours.part
    if outcome.parts.get(part) != theirs.parts.get(part):
        return None
    try:
        found = judged_rows(theirs)
    except DataError:
        return None
    same = found.index.equals(mine.index) and found["y"].equals(mine["y"])
    return found if same else None


def _asked(reference: str, who: str, mine: pd.DataFrame, outcome: Outcome, live: Live) -> Rival:
    """Load a model and ask it about the rows that evaluated the candidate."""
    try:
        model = load(reference)
        _ = len(model.steps)  # which are read when they are needed
    except Exception as error:  # a model of another version, with code that is gone: whatever its loading raises
        said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
        return Rival(who, problem=f"does not load: {said}")
    if any(sees_history(fitted.step) for _, fitted in model.steps):
        return Rival(who, problem="remembers earlier rows only up to its training, so it cannot be asked about these")
    assert outcome.evaluation is not None
    part = "train" if outcome.evaluation.folds else outcome.evaluation.part
    try:
        rows = rows_as_requested(live.execution, live.data, part, model.inputs).loc[mine.index]
        said_of_rows = model.predict(rows)
    except Exception as error:  # as above: it is code and columns of another time
        said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
        return Rival(who, problem=f"cannot predict these rows: {said}")
    names = [PREDICTION, *(probability_columns(said_of_rows.columns) or score_columns(said_of_rows.columns))]
    ours = [PREDICTION, *probability_columns(mine.columns), *score_columns(mine.columns)]
    theirs = pd.concat([mine.drop(columns=ours, errors="ignore"), said_of_rows[names]], axis=1)
    return Rival(who, mine, theirs, f", asked about these {len(mine):,} rows")
