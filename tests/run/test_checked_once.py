"""A model that a fresh process answered is not asked again while everything is the same; anything else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, Train, Transform
from mlsys.serving import checked, parity


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the fresh process is asked; it answers what the model here answers."""
    times: list[int] = []

    def answers(given: Any, expected: Any, model: Any, write: Any, place: Any) -> str:
        times.append(1)
        return ""

    monkeypatch.setattr(parity, "_problem_in", answers)
    monkeypatch.setattr(parity.Spare, "start", lambda self: None)
    return times


class Times(Transform):
    """Multiplies a column by what the environment says."""

    def learn(self, train: Any) -> dict[str, int]:
        return {}

    def apply(self, frame: pd.DataFrame, state: dict[str, int]) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * float(os.environ.get("SHOP_RATE", "1")))


class Kept(Transform):
    """Keeps what it learned in a file of its own form."""

    def learn(self, train: Any) -> dict[str, float]:
        return {"mean": float(train["price"].mean())}

    def apply(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        return frame.assign(price=frame["price"] - state["mean"])

    def save(self, state: dict[str, float], folder: Path) -> None:
        (folder / "own.json").write_text(json.dumps(state))

    def load(self, folder: Path) -> dict[str, float]:
        found: dict[str, float] = json.loads((folder / "own.json").read_text())
        return found


def check(shop: pd.DataFrame, *steps: Any, cache: bool = True, estimator: Any = None) -> None:
    """Do what a tracked run does before its model is logged."""
    from mlsys.run.recording import model_record

    model = Train(LogisticRegression() if estimator is None else estimator)
    pipeline = Pipeline([RandomSplit(), *steps, model], target="returned", features=["price"], name="checked")
    _, withheld = model_record("a run", pipeline.run(shop, track=False, cache=cache)._live)
    assert not withheld


def test_the_same_model_is_asked_once_and_another_one_is_asked(shop: pd.DataFrame, asked: list[int]) -> None:
    for times, given in enumerate([{}, {"estimator": LogisticRegression(C=0.5)}], 1):
        for _ in range(2):
            check(shop, **given)
            assert len(asked) == times
    check(shop.head(1_500))
    assert len(asked) == 3, "other rows make another model"


def test_forests_are_found_again_although_they_lie_elsewhere_in_memory(shop: pd.DataFrame, asked: list[int]) -> None:
    for _ in range(2):
        check(shop, estimator=RandomForestClassifier(5, random_state=0))
    assert len(asked) == 1


def test_answers_that_differ_here_are_asked_for_again(
    shop: pd.DataFrame, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the files differs, but what the process is started with."""
    for times, rate in enumerate(["1", "2"], 1):
        for _ in range(2):
            monkeypatch.setenv("SHOP_RATE", rate)
            check(shop, Times())
        assert len(asked) >= times
    assert len(asked) > 1


def test_nothing_is_taken_for_checked_without_a_cache_or_in_a_form_of_the_users_own(
    shop: pd.DataFrame, asked: list[int]
) -> None:
    for _ in range(2):
        check(shop, cache=False)
    assert len(asked) == 2
    for _ in range(2):
        check(shop, Kept())
    assert len(asked) == 4


def test_an_interpreter_or_packages_that_changed_are_another_process(
    shop: pd.DataFrame, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    check(shop)
    monkeypatch.setattr(checked, "own_code", lambda: "another")
    check(shop)
    assert len(asked) == 2
    monkeypatch.setattr(checked, "_packages", lambda: [("site-packages", 1)])
    check(shop)
    assert len(asked) == 3


def test_a_check_that_failed_is_not_remembered(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsys.run.recording import model_record

    monkeypatch.setattr(parity, "_problem_in", lambda *given: "fails: no")
    run = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"]).run(shop, track=False)
    for _ in range(2):
        assert "fails: no" in model_record(run.id, run._live)[1]


REPORTS = """
import mlsys.tracking.importing
mlsys.tracking.importing.import_mlflow()
import gc
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client(), gc.isenabled())
"""


def test_mlflow_is_imported_without_reporting_it_to_anybody() -> None:
    environment = {key: value for key, value in os.environ.items() if key not in {"MLFLOW_DISABLE_TELEMETRY", "CI"}}
    words = [sys.executable, "-c", REPORTS]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["None", "True"]
