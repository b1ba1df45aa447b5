"""Learning: summaries in plan order, further passes, fold states, and what may not be a state."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mlsys import Model, Transform, settings
from mlsys.dataset import Roles, Rows
from mlsys.engines import LocalEngine
from mlsys.errors import ContractError, StateError
from mlsys.states import digest
from mlsys.steps.learning import Learned, learn
from mlsys.summaries import Again, Moments, fold_of
from mlsys.tables import Partition, Table


class Spread(Transform):
    """Mean in one pass, mean distance from it in another."""

    def summarize(self, part, partial=None):
        values = part["x"] if partial is None else (part["x"] - partial["mean"]).abs()
        return Moments.of(values.to_numpy()) if partial is None else Second(Moments.of(values.to_numpy()), partial)

    def finish(self, summary):
        if isinstance(summary, Second):
            return {"mean": summary.partial["mean"], "spread": summary.total.mean}
        return Again({"mean": summary.mean})

    def apply(self, frame, state):
        return frame.assign(x=(frame["x"] - state["mean"]) / (state["spread"] or 1.0))


class Second:
    def __init__(self, total, partial):
        self.total, self.partial = total, partial

    def __add__(self, other):
        return Second(self.total + other.total, self.partial)


class CrossScaled(Spread):
    def apply_cross_fitted(self, part, fold_states):
        pieces = [self.apply(pd.DataFrame(part)[part.folds == fold], each) for fold, each in enumerate(fold_states)]
        return pd.concat(pieces).loc[part.index]


class CrossGathered(Transform):
    def learn(self, train, rng):
        return {"mean": float(train["x"].mean()), "rows": train.index.to_numpy()}

    def apply(self, frame, state):
        return frame.assign(x=frame["x"] - state["mean"])

    def apply_cross_fitted(self, part, fold_states):
        return self.apply(pd.DataFrame(part), fold_states[0])


def wrap(frame: pd.DataFrame) -> Rows:
    return Rows.of(frame, Roles(), ("x",), fold_of(frame.index, 5))


def learned_from(step: Transform | Model, frame: pd.DataFrame | Table) -> Learned:
    table = frame if isinstance(frame, Table) else LocalEngine().hold(None, frame)
    return learn(step, table, wrap, np.random.default_rng(0))


numbers = st.lists(st.floats(-1e12, 1e12), min_size=20, max_size=60)


def test_again_asks_for_another_pass() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 6.0]})
    assert learned_from(Spread(), frame).state == {"mean": 3.0, "spread": 2.0}


@examples(max_examples=25, deadline=None)
@given(numbers, st.integers(1, 70), st.integers(0, 99))
def test_states_are_byte_equal_for_any_partitions_and_order(values: list[float], size: int, seed: int) -> None:
    frame = pd.DataFrame({"x": values})
    order = np.random.default_rng(seed).permutation(len(frame))
    expected = learned_from(CrossScaled(), frame)
    with settings.override(rows_per_partition=size):
        for rows in (frame, frame.iloc[order]):
            learned = learned_from(CrossScaled(), rows)
            assert digest(learned.state) == digest(expected.state)
            assert digest(list(learned.fold_states)) == digest(list(expected.fold_states))


def test_rows_read_when_needed_give_the_state_of_rows_in_memory() -> None:
    frame = pd.DataFrame({"x": np.linspace(0.1, 7.3, 40)})
    pieces = [
        Partition(10, lambda columns, start=start: frame.iloc[start : start + 10]) for start in range(0, len(frame), 10)
    ]
    for step in (CrossScaled(), CrossGathered()):
        lazily, at_once = learned_from(step, LocalEngine().hold(pieces, None)), learned_from(step, frame)
        assert digest(lazily.state) == digest(at_once.state)
        assert digest(list(lazily.fold_states)) == digest(list(at_once.fold_states))


@pytest.mark.parametrize("step", [CrossScaled(), CrossGathered()], ids=["summarized", "gathered"])
def test_fold_states_are_learned_from_the_other_folds(step: Transform) -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(1).normal(size=97)})
    learned = learned_from(step, frame)
    folds = fold_of(frame.index, 5)
    assert len(learned.fold_states) == 5
    for fold, state in enumerate(learned.fold_states):
        assert digest(state) == digest(learned_from(step, frame[folds != fold]).state)


def test_steps_that_do_not_cross_fit_have_no_fold_states() -> None:
    assert learned_from(Spread(), pd.DataFrame({"x": [1.0, 2.0]})).fold_states == ()


def test_hooks_that_name_rng_get_one() -> None:
    class Noise(Transform):
        def learn(self, train, rng):
            return float(rng.normal())

        def apply(self, frame, state):
            return frame

    frame = pd.DataFrame({"x": [1.0]})
    assert learned_from(Noise(), frame).state == float(np.random.default_rng(0).normal())


def test_a_model_learns_parts_in_plan_order_epochs_times() -> None:
    class Order(Model):
        @property
        def epochs_wanted(self):
            return 2

        def start(self, rng):
            return []

        def learn_part(self, part, state, rng):
            return [*state, part["x"].tolist()]

        def predict(self, frame, state):
            return pd.DataFrame({"prediction": 0.0}, index=frame.index)

    with settings.override(rows_per_partition=2):
        state = learned_from(Order(), pd.DataFrame({"x": [1, 2, 3]})).state
    assert state == [[1, 2], [3], [1, 2], [3]]


def test_a_step_that_never_ends_is_stopped() -> None:
    class Endless(Spread):
        def finish(self, summary):
            return Again({"mean": 0.0})

    with pytest.raises(ContractError, match="more than 20 passes"):
        learned_from(Endless(), pd.DataFrame({"x": [1.0]}))


def test_a_forgotten_return_and_what_cannot_be_stored_are_refused() -> None:
    class Forgets(Spread):
        def finish(self, summary):
            pass

    class Sets(Spread):
        def finish(self, summary):
            return {"levels": {1, 2}}

    with pytest.raises(ContractError, match="returned None"):
        learned_from(Forgets(), pd.DataFrame({"x": [1.0]}))
    with pytest.raises(StateError, match=r'state\["levels"\] is a set'):
        learned_from(Sets(), pd.DataFrame({"x": [1.0]}))
