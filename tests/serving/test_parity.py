"""Before a model is logged, a fresh process must answer as this one did; else the run stays, the model does not."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, RandomSplit, Run, Train, Transform, folder
from mlsys.serving import parity

pytestmark = pytest.mark.usefixtures("store")


class SaysWhere(Transform):
    """Doubles a column; where the process is another, it triples it."""

    def learn(self, train: Any) -> dict[str, int]:
        return {"process": os.getpid()}

    def apply(self, frame: pd.DataFrame, state: dict[str, int]) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * (2 if os.getpid() == state["process"] else 3))


class FailsElsewhere(Transform):
    """Reads a file that only this process has named."""

    def learn(self, train: Any) -> dict[str, int]:
        return {"process": os.getpid()}

    def apply(self, frame: pd.DataFrame, state: dict[str, int]) -> pd.DataFrame:
        if os.getpid() != state["process"]:
            raise FileNotFoundError("rates.csv is not here")
        return frame.assign(price=frame["price"] * 2)


class EndsElsewhere(Transform):
    """Takes the other process down."""

    def learn(self, train: Any) -> dict[str, int]:
        return {"process": os.getpid()}

    def apply(self, frame: pd.DataFrame, state: dict[str, int]) -> pd.DataFrame:
        if os.getpid() != state["process"]:
            print("on its way")
            os._exit(7)
        return frame.assign(price=frame["price"] * 2)


class LastBit(Transform):
    """Differs in one bit of some rows, one column."""

    def learn(self, train: Any) -> dict[str, int]:
        return {"process": os.getpid()}

    def apply(self, frame: pd.DataFrame, state: dict[str, int]) -> pd.DataFrame:
        price = frame["price"].to_numpy() * 2
        if os.getpid() != state["process"]:
            price[3:5] = np.nextafter(price[3:5], 1e9)
        return frame.assign(price=price)


class Echo(Train):
    """Predicts its only feature, so that a bit of it is a bit of the answer."""

    def predict(self, frame: pd.DataFrame, state: Any) -> pd.DataFrame:
        return pd.DataFrame({"prediction": frame["price"]}, index=frame.index)


def logged(run: Run) -> Any:
    return mlflow.MlflowClient().get_run(run.mlflow_run_id)


def run_of(shop: pd.DataFrame, *steps: Any, name: str = "parity") -> Run:
    return Pipeline([RandomSplit(), *steps], target="returned", features=["price"], name=name).run(shop)


@pytest.mark.quick("step0-*", "step1-*")
@pytest.mark.parametrize(
    ("step", "said"),
    [
        (SaysWhere(), "predicts differently: 'prediction' differs in 2 of 50 training rows ("),
        (FailsElsewhere(), "fails: FileNotFoundError: rates.csv is not here"),
        (EndsElsewhere(), "ended with code 7"),
    ],
)
def test_a_model_that_answers_otherwise_elsewhere_is_withheld_and_the_run_stays(
    shop: pd.DataFrame, step: Transform, said: str
) -> None:
    run = run_of(shop, step, LogisticRegression())
    found = logged(run)
    assert found.info.status == "FINISHED" and "roc_auc" in found.data.metrics
    assert not (found.outputs and found.outputs.model_outputs)
    assert said in found.data.tags["mlsys.model"], found.data.tags["mlsys.model"]
    assert "model withheld" in found.data.tags["mlflow.note.content"]
    after = run_of(shop, LogisticRegression())
    assert len(logged(after).outputs.model_outputs) == 1, "the next model is none the worse for it"


def test_one_bit_is_enough_and_column_and_rows_are_named(shop: pd.DataFrame) -> None:
    run = run_of(shop, LastBit(), Echo(LogisticRegression()))
    said = logged(run).data.tags["mlsys.model"]
    rows = run.frame("train", after="RandomSplit").index[[3, 4]]
    assert f"'prediction' differs in 2 of 50 training rows ({rows[0]}, {rows[1]}), first " in said


def test_rows_stay_in_a_closed_folder_and_are_removed(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Path, int, int]] = []
    asked = parity.Spare.asked

    def watched(self: parity.Spare, place: Path, meanwhile: Any) -> str:
        answer = asked(self, place, meanwhile)
        seen.append((place, stat.S_IMODE(place.stat().st_mode), stat.S_IMODE(place.parent.stat().st_mode)))
        assert (place / "rows").exists() and (place / "answers").exists()
        return answer

    monkeypatch.setattr(parity.Spare, "asked", watched)
    run = run_of(shop, LogisticRegression())
    assert len(logged(run).outputs.model_outputs) == 1
    ((place, mode, mode_above),) = seen
    assert (mode, mode_above) == (0o700, 0o700) and place.is_relative_to(folder.home())
    assert not place.exists()


def test_columns_that_a_step_before_the_split_reads_anew_are_no_obstacle(shop: pd.DataFrame) -> None:
    orders = shop.assign(ordered=shop["ordered"].dt.strftime("%Y-%m-%d %H:%M"))
    steps = [Derive({"ordered": as_time}), Derive({"hour": hour_of}), RandomSplit(), LogisticRegression()]
    run = Pipeline(steps, target="returned", features=["price", "hour"], name="anew").run(orders)
    assert len(logged(run).outputs.model_outputs) == 1, logged(run).data.tags.get("mlsys.model")
    assert run.model.inputs == {"price": "float64", "ordered": "str"}
    assert run.predict(orders.head(3)).equals(run.predict(orders).head(3))


def as_time(orders: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(orders["ordered"])


def hour_of(orders: pd.DataFrame) -> pd.Series:
    return orders["ordered"].dt.hour


def test_one_process_serves_all_runs_of_a_session(shop: pd.DataFrame) -> None:
    run_of(shop, LogisticRegression())
    first = parity.spare._process
    run_of(shop, LogisticRegression(C=0.5))
    assert first is not None and parity.spare._process is first and first.poll() is None
