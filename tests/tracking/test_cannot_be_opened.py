"""A store that cannot be opened costs seconds at most, is named, and is told of with MLflow's whole message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys.tracking.reach
from mlsys import Pipeline, RandomSplit, Train, load, sync
from mlsys.errors import TrackingError
from mlsys.tracking import IN_A_RUN
from mlsys.tracking.said import LONGEST, message
from mlsys.tracking.store import store

SECONDS = 10
UNOPENABLE: dict[str, Callable[[Path], str]] = {
    "a folder": lambda place: f"sqlite:///{place}",
    "a file in a folder that cannot be created": lambda place: f"sqlite:////proc/{place.name}/x.db",
    "a file that is no database": lambda place: f"sqlite:///{noise(place)}",
    "a folder for files": lambda place: str(place / "runs"),
    "an address of no kind": lambda place: "gopher://nowhere",
    "a port that is none": lambda place: "http://127.0.0.1:port",
    "a database whose driver is not installed": lambda place: "mssql+pyodbc://127.0.0.1:9/x",
}


def noise(place: Path) -> Path:
    path = place / "noise.db"
    path.write_bytes(bytes(range(256)) * 64)
    return path


@pytest.mark.parametrize("case", UNOPENABLE)
@pytest.mark.usefixtures("forgotten")
def test_it_fails_soon_and_is_named(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = UNOPENABLE[case](tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    began = time.monotonic()
    with pytest.raises(TrackingError) as caught, store():
        pass
    assert time.monotonic() - began < SECONDS
    assert "cannot be opened" in caught.value.problem and address in caught.value.problem
    assert caught.value.remedy


@pytest.mark.long
@pytest.mark.usefixtures("forgotten")
def test_a_run_is_whole_and_waits_and_nothing_takes_long(
    shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/store")
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"])
    began = time.monotonic()
    with caplog.at_level(logging.WARNING, "mlsys"):
        runs = [pipeline.run(shop), pipeline.replace(Train=Train(LogisticRegression(C=2))).run(shop)]
    assert time.monotonic() - began < SECONDS
    assert all(f"{tmp_path}/store cannot be opened (OperationalError: unable to open database file)" in each.card.footer
               for each in runs)  # fmt: skip
    assert len(sync().waiting) == 2
    (tmp_path / "store").rmdir()
    assert len(sync().sent) == 2
    assert pipeline.run(shop).mlflow_run_id


@pytest.mark.long
@pytest.mark.usefixtures("forgotten")
def test_one_that_took_long_to_fail_is_not_asked_again_by_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlsys.tracking.reach, "WORTH_REMEMBERING", 0.0)
    address = f"sqlite:///{tmp_path}"
    for said in ("cannot be opened", "did not answer a moment ago .*unable to open database file"):
        with pytest.raises(TrackingError, match=said), store(IN_A_RUN, address):
            pass
    with pytest.raises(TrackingError, match="cannot be opened"), store(uri=address):
        pass


def test_what_mlflow_says_is_told_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "runs"))
    for reference in ("models:/m@champion", "0" * 32):
        with pytest.raises(TrackingError) as caught:
            load(reference)
        assert "MLFLOW_ALLOW_FILE_STORE=true" in caught.value.problem
        assert "follow MLflow's message" in caught.value.remedy and "reachable" not in caught.value.remedy


def test_a_message_beyond_all_measure_keeps_its_beginning_and_its_end() -> None:
    text = "begins " + "x" * 10 * LONGEST + " ends"
    shown = message(OSError(text), "sqlite:///mlflow.db")
    assert shown.startswith("begins ") and shown.endswith(" ends") and len(shown) < LONGEST + 20
