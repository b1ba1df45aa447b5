"""Promises of steps that learn: what a state may depend on, and that it can be stored."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mlsys import settings
from mlsys.errors import ContractError
from mlsys.states import digest
from mlsys.steps import TrainOnly
from mlsys.steps.answers import changed_rows, learned_first
from mlsys.steps.own_form import load_learned, save_learned
from mlsys.steps.questions import cross_fits, scales
from mlsys.testing.comparing import difference
from mlsys.testing.trial import NotAssessed, Trial
from mlsys.values import with_columns

PARTITIONS = (1, 7, 64)
"""Numbers of partitions that must give one state."""


def state_reloads(trial: Trial) -> None:
    """A state read back from a folder has the same digest and gives the same result."""
    learned = trial.learned
    with tempfile.TemporaryDirectory() as folder:
        save_learned(trial.step, learned.state, Path(folder) / "state")
        loaded = load_learned(trial.step, Path(folder) / "state")
    assert digest(loaded) == digest(learned.state), "the state read back has a different digest"
    what = difference(trial.apply(trial.inputs), trial.apply(trial.inputs, loaded), relative=0.0)
    assert not what, f"with the state read back, {what}"


def state_unchanged(trial: Trial) -> None:
    """Applying a step does not change its state."""
    before = digest(trial.learned.state)
    trial.apply(trial.inputs)
    assert digest(trial.learned.state) == before, "applying the step changed its state"


def partition_invariant(trial: Trial) -> None:
    """A step that scales learns the same state from any partition and order of the rows, byte for byte."""
    frame = trial.frame
    if not scales(trial.step):
        raise NotAssessed("it uses learn(train), which receives all rows at once")
    expected = trial.learned
    shuffled = frame.iloc[np.random.default_rng(trial.seed).permutation(len(frame))]
    for count, rows, order in zip(
        PARTITIONS, (shuffled, frame, shuffled), ("shuffled", "in order", "shuffled"), strict=True
    ):
        with settings.override(rows_per_partition=max(1, -(-len(frame) // count))):
            learned = trial.learn(rows)
        assert digest(learned.state) == digest(expected.state), (
            f"rows {order} in {count} partition(s) give a different state; use exact sums and integer counts"
        )
        assert digest(list(learned.fold_states)) == digest(list(expected.fold_states)), (
            f"rows {order} in {count} partition(s) give different fold states"
        )


def cross_fitted(trial: Trial) -> None:
    """The result for a training row does not depend on its own target."""
    step = trial.step
    if not cross_fits(step):
        raise NotAssessed("apply_cross_fitted() is not implemented")
    target, frame = trial.roles.target, trial.frame
    if target is None:
        raise NotAssessed("no target was named")
    rows = trial.rows("apply_cross_fitted", frame)
    before = pd.DataFrame(step.apply_cross_fitted(rows, trial.learned.fold_states)).drop(columns=target)
    assert rows.folds is not None
    for fold in np.unique(rows.folds):
        inside = rows.folds == fold
        values = frame[target].array.copy()
        values[inside] = values[inside][::-1]
        flipped = with_columns(frame, {target: values})
        learned = trial.learn(flipped)
        shown = trial.rows("apply_cross_fitted", flipped)
        after = pd.DataFrame(step.apply_cross_fitted(shown, learned.fold_states)).drop(columns=target)
        what = difference(before[inside], after[inside])
        assert not what, f"with different targets in fold {fold}, rows of that fold get a different result: {what}"


def changed_rows_have_ids(trial: Trial) -> None:
    """Kept rows keep their id, repeated or new rows get one, and no column is lost."""
    step, frame = trial.step_of(TrainOnly), trial.frame
    renamed = frame.set_axis([f"row {number}" for number in range(len(frame))], axis=0)
    rows, rng = trial.rows("change", renamed), trial.rng()
    changed = changed_rows(step, rows, rng, learned_first(step, rows, rng))
    if changed.empty:
        raise ContractError(f"change() of {step.title} left no rows")
    lost = [name for name in frame if name not in changed.columns]
    assert not lost, f"the column {lost[0]!r} is gone"
    assert changed.index.is_unique, "two rows have the same id"
    stranger = _kept_under_another_id(renamed, changed)
    assert stranger is None, (
        f"{stranger} is returned with another id; do not reset the index, the runner numbers new rows"
    )


def _kept_under_another_id(before: pd.DataFrame, after: pd.DataFrame) -> str | None:
    """Return a row that is still there, but not under its own id."""
    strangers = after[~after.index.isin(before.index)]
    absent = before[~before.index.isin(after.index)]
    if strangers.empty or absent.empty:
        return None
    known = set(_keys(strangers, before.columns))
    return next(
        (str(name) for name, key in zip(absent.index, _keys(absent, before.columns), strict=True) if key in known), None
    )


def _keys(frame: pd.DataFrame, columns: pd.Index) -> list[str]:
    return [repr(tuple(row)) for row in frame[columns].astype(object).itertuples(index=False, name=None)]
