"""Promises of histories: no row sees what was known later, and what is absorbed serves as it trained."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Moment
from mlsys.leakage.row_check import row_local_finding
from mlsys.states import check_storable, digest, load_state, save_state, settled
from mlsys.steps import History
from mlsys.steps.absorbing import absorbed
from mlsys.steps.forms import absorbs
from mlsys.steps.keys import NO_KEY, numbered
from mlsys.steps.memory import Memory
from mlsys.testing.comparing import difference
from mlsys.testing.trial import NotAssessed, Trial

MOST_KEYS = 12
"""Keys whose rows are absorbed in blocks."""


def history_before(trial: Trial) -> None:
    """A row's history ends before its decision: later rows do not change its result."""
    frame = trial.frame
    moments = _decision(trial).of(frame)
    whole = trial.apply_history(frame, frame)
    for place in np.linspace(0, len(frame) - 1, min(len(frame), 12), dtype=np.int64):
        now = moments.iloc[place]
        earlier = frame[(moments <= now).to_numpy()]
        what = difference(whole.loc[earlier.index], trial.apply_history(earlier, earlier))
        assert not what, f"rows after {now} change the result of rows up to then: {what}"


def history_alone(trial: Trial) -> None:
    """A request of one row with its history gets the same result as the row among all others."""
    frame = trial.frame
    whole = trial.apply_history(frame, frame)
    finding = row_local_finding(
        lambda row: trial.apply_history(row, frame), frame, whole, list(whole.columns), trial.step.title
    )
    assert finding is None, finding.message if finding else ""
    if absorbs(trial.step_of(History)):
        _features_alone(trial)


def _features_alone(trial: Trial) -> None:
    """Try rows that are decided with the same state; among many, few keys have such rows."""
    step = trial.step_of(History)
    for rows in _of_each_key(trial):
        state = absorbed(step, None, rows.copy(deep=True))
        whole = step.features(trial.shown("features", rows), copy.deepcopy(state))
        for place in np.linspace(0, len(rows) - 1, min(len(rows), 5), dtype=np.int64):
            alone = step.features(trial.shown("features", rows.iloc[[place]]), copy.deepcopy(state))
            what = difference(whole.iloc[[place]], alone)
            assert not what, f"with the same state, a row alone gets a different result from among others: {what}"


def absorbs_in_blocks(trial: Trial) -> None:
    """Absorbing the rows of a key in blocks of any size gives the same state, byte for byte."""
    step = _absorbing(trial)
    for rows in _of_each_key(trial):
        whole = absorbed(step, None, trial.shown("absorb", rows))
        check_storable(whole)
        for size in {1, (len(rows) + 1) // 2}:
            state: Any = None
            for first in range(0, len(rows), size):
                state = absorbed(step, state, trial.shown("absorb", rows.iloc[first : first + size]))
            assert digest(settled(state)) == digest(settled(whole)), (
                f"{len(rows)} rows of a key absorbed {size} at a time give a different state from all at once: "
                f"{_shortened(state)}, not {_shortened(whole)}"
            )
        before = digest(whole)
        step.features(trial.shown("features", rows), whole)
        assert digest(whole) == before, "features() changed the state it received"


def history_served(trial: Trial) -> None:
    """A request after a row's past was absorbed and stored gets the same result as the row among all others."""
    step = _absorbing(trial).with_(tail=0)
    decision = _decision(trial)
    frame, moments = trial.frame, decision.of(trial.frame)
    whole = trial.apply_history(frame, frame)
    for place in np.linspace(0, len(frame) - 1, min(len(frame), 6), dtype=np.int64):
        row, now = frame.iloc[[place]], moments.iloc[[place]]
        known = (moments < now.iloc[0]).to_numpy(dtype=bool, na_value=False)
        types = {str(name): str(whole[name].dtype) for name in whole if name not in frame}
        memory = Memory.empty(step, frame, moments, types).with_rows(frame[known], moments[known], now)
        with tempfile.TemporaryDirectory() as folder:
            save_state(memory.state, Path(folder))
            made = Memory(step, load_state(Path(folder))).applied(trial.shown("features", row), now)
        what = difference(whole.iloc[[place]], made)
        assert not what, f"served from what was absorbed, row {row.index[0]!r} gets a different result: {what}"


def _absorbing(trial: Trial) -> History:
    step = trial.step_of(History)
    if not absorbs(step):
        raise NotAssessed("it writes apply(), which reads rows of the past")
    return step


def _decision(trial: Trial) -> Moment:
    decision = trial.roles.decision
    assert decision is not None, f"{trial.step.title} needs the time of rows: check_step(..., time='...')"
    return decision


def _of_each_key(trial: Trial) -> Iterator[pd.DataFrame]:
    """Yield the rows of some keys, those with most rows first, in order of time."""
    frame = trial.frame
    moments = _decision(trial).of(frame)
    (keys,) = numbered(trial.step_of(History).by, frame)
    usable = pd.Series(keys)[((keys != NO_KEY) & moments.notna().to_numpy())]
    for key in usable.value_counts().index[:MOST_KEYS]:
        places = usable.index[(usable == key).to_numpy()]
        yield frame.iloc[places[np.argsort(moments.array[places], kind="stable")]]


def _shortened(state: Any) -> str:
    text = repr(state)
    return text if len(text) <= 80 else text[:77] + "..."
