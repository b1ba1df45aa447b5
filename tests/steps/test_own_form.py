"""Steps that write their state themselves: both hooks or none, and what learning checks then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys import Model, Postprocess, Train, Transform
from mlsys.dataset import Rows
from mlsys.errors import ConfigurationError, ContractError, StateError
from mlsys.steps.own_form import form_of_state, load_learned, save_learned
from mlsys.testing import check_step


class Levels:
    """No plain data: a learned vocabulary in an object of its own."""

    def __init__(self, known: set[str]) -> None:
        self.known = known


class Known(Transform):
    """Replace levels that training did not see."""

    column: str

    def learn(self, train: Rows) -> Levels:
        return Levels(set(train[self.column]))

    def apply(self, frame: pd.DataFrame, state: Levels) -> pd.DataFrame:
        return frame.assign(**{self.column: frame[self.column].where(frame[self.column].isin(state.known), "other")})

    def save(self, state: Levels, folder: Path) -> None:
        (folder / "levels.json").write_text(json.dumps(sorted(state.known)))

    def load(self, folder: Path) -> Levels:
        return Levels(set(json.loads((folder / "levels.json").read_text())))


FRAME = pd.DataFrame({"c": ["a", "b", "a", "c"], "y": [0, 1, 0, 1]})


def test_a_state_with_hooks_of_its_own_is_not_held_to_plain_data(tmp_path: Path) -> None:
    fitted = Known("c").fit(FRAME, target="y")
    assert save_learned(fitted.step, fitted.state, tmp_path / "state") == "own"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["levels.json"]
    assert load_learned(fitted.step, tmp_path / "state").known == {"a", "b", "c"}


def test_the_same_state_without_hooks_is_refused_when_it_is_learned() -> None:
    class WithoutHooks(Transform):
        column: str

        def learn(self, train: Rows) -> Levels:
            return Levels(set(train[self.column]))

        def apply(self, frame: pd.DataFrame, state: Levels) -> pd.DataFrame:
            return frame

    with pytest.raises(StateError, match=r"(?s)state is a Levels, which cannot be stored.*save\(state, folder\)"):
        WithoutHooks("c").fit(FRAME, target="y")


def test_a_step_with_hooks_of_its_own_keeps_the_contract_of_all_steps() -> None:
    check_step(Known("c"), FRAME, target="y")


@pytest.mark.parametrize(
    ("kind", "hooks"),
    [
        (Transform, ("learn", "apply")),
        (Model, ("learn", "predict")),
        (Postprocess, ("learn", "apply")),
    ],
)
def test_one_hook_without_the_other_is_refused_when_the_class_is_made(kind: type, hooks: tuple[str, ...]) -> None:
    def hook(self: Any, *given: Any) -> Any:
        return given

    written = dict.fromkeys(hooks, hook)
    with pytest.raises(ConfigurationError, match=r"(?s)writes save\(\) without load\(\).*write load\(folder\)"):
        type("Half", (kind,), {**written, "save": hook})
    with pytest.raises(ConfigurationError, match=r"(?s)writes load\(\) without save\(\).*save\(state, folder\)"):
        type("Half", (kind,), {**written, "load": hook})
    assert issubclass(type("Whole", (kind,), {**written, "save": hook, "load": hook}), kind)


def test_a_subclass_takes_both_hooks_over() -> None:
    class More(Known):
        limit: int = 3

    assert form_of_state(More("c")) == "own"


def test_a_field_may_be_named_load() -> None:
    class Electricity(Transform):
        load: str = "load_mw"

        def learn(self, train: Rows) -> float:
            return float(train[self.load].mean())

        def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
            return frame.assign(over=frame[self.load] > state)

    fitted = Electricity().fit(pd.DataFrame({"load_mw": [1.0, 3.0]}))
    assert form_of_state(fitted.step) == "plain"
    assert fitted.state == 2.0


def test_a_save_that_writes_nothing_is_said(tmp_path: Path) -> None:
    class Forgetful(Known):
        def save(self, state: Levels, folder: Path) -> None:
            (folder / "empty").mkdir()

    fitted = Forgetful("c").fit(FRAME, target="y")
    with pytest.raises(ContractError, match=r"save\(\) of Forgetful wrote no file"):
        save_learned(fitted.step, fitted.state, tmp_path / "state")


def test_the_form_of_a_state_follows_from_the_step() -> None:
    from sklearn.linear_model import LogisticRegression

    assert form_of_state(Train(LogisticRegression())) == "plain"
    assert form_of_state(Train(LogisticRegression(), allow_pickle="an estimator of ours")) == "pickled"
    assert form_of_state(Known("c")) == "own"
