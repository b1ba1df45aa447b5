"""Values that MLflow does not take as they are: written in another form, whole somewhere, and said."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from mlsys.tracking import DatasetRecord, LoggedRun, RunRecord, Span, keep, send

MANY = 2_500


def odd_record() -> RunRecord:
    params = {"long": "x" * 10_000, "e@quals=[1]": 3, **{f"p{number}": number for number in range(130)}}
    metrics = {f"slice/{number}/recall": number / 7 for number in range(MANY)}
    metrics |= {"endless": math.inf, "down": -math.inf, "lost": math.nan, "recall@5": 0.5, "recall-5": 0.25}
    return RunRecord(
        mlsys_id="0123456789abcdef" * 2,
        experiment="odd values",
        run_name="odd",
        description="d" * 20_000,
        params=params,
        metrics=metrics,
        tags={"reason": "ü" * 9_000, "nul": "a\x00b", "half": "a\ud800b", "emoji 🛫": "fine"},
        datasets=[DatasetRecord("wide", "training", "f" * 32, 5, {f"c{n}": "float64" for n in range(30_000)}, "here")],
        spans=[Span("Train", "Model", 1.0, 2.0, {"rows train": 5})],
        write_artifacts=lambda folder: None,
        started=1_700_000_000.0,
        ended=1_700_000_009.0,
        curves={"loss": [1.0, math.nan, 0.5, math.inf]},
    )


def check_odd(address: str, logged: LoggedRun, folder: Path) -> None:
    """Everything of the odd record is in the store, in one form or another."""
    client = MlflowClient(tracking_uri=address)
    run = client.get_run(logged.run_id)
    record = odd_record()
    numbers = {key: value for key, value in record.metrics.items() if math.isfinite(value)}
    assert len(run.data.metrics) == len(numbers) + 1, "each number, and the curve"
    assert all(run.data.metrics[key] == value for key, value in numbers.items() if key.startswith("slice/"))
    assert [run.data.tags[f"metric.{key}"] for key in ("endless", "down", "lost")] == ["inf", "-inf", "nan"]
    assert sorted(value for key, value in run.data.metrics.items() if key.startswith("recall-5")) == [0.25, 0.5]
    read = {}
    for name in ("whole_values.json", "written_differently.txt"):
        read[name] = Path(
            mlflow.artifacts.download_artifacts(
                run_id=logged.run_id, artifact_path=name, tracking_uri=address, dst_path=str(folder)
            )
        ).read_text()
    whole = json.loads(read["whole_values.json"])
    assert whole["long"] == "x" * 10_000 and whole["reason"] == "ü" * 9_000
    assert whole["mlflow.note.content"] == "d" * 20_000
    assert json.loads(whole["loss"]) == {"1": "nan", "3": "inf"}
    assert len(json.loads(whole["columns of wide"])) == 30_000
    shown = run.data.params
    assert len(shown) == 100 and shown["e-quals--1-"] == "3" and "whole_values.json" in shown["long"]
    left_out = [key for key in record.params if key not in shown and key != "e@quals=[1]"]
    assert left_out and all(whole[key] == str(record.params[key]) for key in left_out)
    assert run.data.tags["nul"] == "a?b" and run.data.tags["half"] == "a?b"
    for piece in (
        "'recall@5'",
        "'endless' is inf",
        "parameters beyond",
        "'loss' is not finite",
        "'nul' has characters",
    ):
        assert piece in read["written_differently.txt"], piece
    points = client.get_metric_history(logged.run_id, "loss")
    assert [(point.step, point.value) for point in points] == [(0, 1.0), (2, 0.5)]


def test_nothing_is_lost_silently(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    journal = keep(odd_record())
    logged = send(journal)
    check_odd(address, logged, tmp_path)
    assert send(journal) == logged


@pytest.mark.long
def test_a_record_comes_back_from_its_folder_as_it_was() -> None:
    record, read = odd_record(), keep(odd_record()).record()
    for name in ("params", "tags", "curves", "datasets", "spans", "description", "started", "ended", "run_name"):
        assert repr(getattr(read, name)) == repr(getattr(record, name)), name
    assert repr(dict(read.metrics)) == repr(dict(record.metrics))


@pytest.mark.long
def test_odd_additions_are_said_too(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    journal = keep(odd_record())
    journal.add({"test/endless": math.inf}, {"gate.reason": "r" * 9_000})
    logged: Any = send(journal)
    client = MlflowClient()
    assert client.get_run(logged.run_id).data.tags["metric.test/endless"] == "inf"
    names = {each.path for each in client.list_artifacts(logged.run_id)}
    assert {"whole_values-0.json", "written_differently-0.txt"} <= names
