"""A run that MLflow did not take waits in its folder; sync writes it, once and whole."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Gate, Impute, Pipeline, RandomSplit, Run, Train, load, metric
from mlsys.cli import main
from mlsys.errors import TrackingError
from mlsys.tracking.journal import journal_of

Check = Callable[..., Any]


def pipeline_of(name: str = "away") -> Pipeline:
    steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
    return Pipeline(steps, target="returned", features=["price", "days_since_last"], name=name)


@pytest.fixture
def waiting(nowhere: str, shop: pd.DataFrame, forgotten: Any) -> Run:
    """A run that was made while nothing listened."""
    return pipeline_of().run(shop)


def folder_of(run: Run) -> Path:
    found = journal_of(run.id)
    assert found is not None
    return found.place


def test_a_waiting_run_is_in_its_folder_for_its_owner_alone(waiting: Run, nowhere: str) -> None:
    folder = folder_of(waiting)
    names = {each.name for each in folder.iterdir()}
    assert names >= {"record.json", "artifacts", "model", "rows", "address.json"} and "sent.json" not in names
    for each in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    assert json.loads((folder / "record.json").read_text())["mlsys_id"] == waiting.id
    assert json.loads((folder / "address.json").read_text())["address"] == nowhere
    assert not [each for each in folder.rglob("*") if each.suffix in {".pkl", ".pickle", ".joblib"}]
    assert "`mlsys sync` sends it" in repr(waiting)


def test_sync_writes_it_once_and_whole(waiting: Run, address: str, check_complete: Check, shop: pd.DataFrame) -> None:
    report = mlsys.sync(address)
    assert "1 run sent, 0 runs waiting" in repr(report) and report.sent[0].id == waiting.id
    found = check_complete(address, waiting.id, spans=len(waiting.steps) + 1)
    assert waiting.mlflow_run_id == found.info.run_id == report.sent[0].mlflow_run_id
    assert "nothing is waiting" in repr(mlsys.sync(address))
    check_complete(address, waiting.id)


@pytest.mark.long
def test_it_holds_what_a_run_holds_that_was_never_away(
    waiting: Run, address: str, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, check_complete: Check
) -> None:
    mlsys.sync(address)
    late = check_complete(address, waiting.id)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    prompt = MlflowClient().get_run(pipeline_of().run(shop).mlflow_run_id)
    assert late.data.params == prompt.data.params
    measured = ("seconds/", "latency/")
    assert {k: v for k, v in late.data.metrics.items() if not k.startswith(measured)} == {
        k: v for k, v in prompt.data.metrics.items() if not k.startswith(measured)
    }
    assert set(late.data.metrics) == set(prompt.data.metrics) and set(late.data.tags) == set(prompt.data.tags)
    assert [each.dataset.digest for each in late.inputs.dataset_inputs] == [
        each.dataset.digest for each in prompt.inputs.dataset_inputs
    ]
    names = [{each.path for each in MlflowClient().list_artifacts(run.info.run_id)} for run in (late, prompt)]
    assert names[0] == names[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    answer = load(late.info.run_id).predict(shop.head(9))
    pd.testing.assert_frame_equal(answer, waiting.predict(shop.head(9)), check_exact=True)


def test_what_was_sent_leaves_record_and_predictions_behind(waiting: Run, address: str) -> None:
    mlsys.sync(address)
    names = {each.name for each in folder_of(waiting).iterdir()}
    assert {"record.json", "sent.json", "rows"} <= names and not {"artifacts", "model"} & names


@pytest.mark.long
def test_predictions_stay_here_with_ids_scores_and_labels(
    waiting: Run, address: str, shop: pd.DataFrame, check_complete: Check
) -> None:
    mlsys.sync(address)
    path = folder_of(waiting) / "rows" / "predictions-validation.parquet"
    table = pd.read_parquet(path)
    assert (
        set(table.columns) >= {"prediction", "probability_1", "returned"} and len(table) == waiting.rows["validation"]
    )
    assert table["returned"].equals(shop["returned"].loc[table.index])
    found = check_complete(address, waiting.id)
    client = MlflowClient(tracking_uri=address)
    there = [each.path for each in client.list_artifacts(found.info.run_id)]
    assert not [path for path in there if "predictions" in path or "assignment" in path]
    parts = pd.read_parquet(folder_of(waiting) / "rows" / "assignment.parquet")["part"]
    assert (parts == "validation").sum() == waiting.rows["validation"]


def test_the_opening_of_the_test_rows_and_gates_are_replayed_in_order(
    waiting: Run, address: str, check_complete: Check
) -> None:
    first = waiting.final_test()
    assert first._tracking.before.before == 0
    again = waiting.final_test()
    assert "1 time before, by any model" in repr(again)
    assert not waiting.register("never", gate=Gate(metric("roc_auc").lower >= 0.999))
    mlsys.sync(address)
    tags = check_complete(address, waiting.id).data.tags
    assert tags["mlsys.test_opened"] == "2" and tags["mlsys.test_openings_before"] == "1"
    assert tags["mlsys.test_digest"] == first.digest("test") and tags["gate.never"] == "fail"
    client = MlflowClient(tracking_uri=address)
    history = client.get_metric_history(waiting.mlflow_run_id, "test/roc_auc")
    assert len(history) == 2 and history[0].value == history[1].value


@pytest.mark.long
def test_what_is_added_while_mlflow_is_away_again_is_sent_by_the_next_sync(
    shop: pd.DataFrame,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    run = pipeline_of().run(shop)
    assert run.mlflow_run_id is not None
    (tmp_path / "store").rename(tmp_path / "moved")
    (tmp_path / "store").write_text("in the way")
    run.final_test()
    (tmp_path / "store").unlink()
    (tmp_path / "moved").rename(tmp_path / "store")
    assert "mlsys.test_opened" not in check_complete(address, run.id).data.tags
    report = mlsys.sync()
    assert [each.id for each in report.sent] == [run.id]
    assert check_complete(address, run.id).data.tags["mlsys.test_opened"] == "1"


def test_variants_that_waited_are_nested_under_the_first(
    nowhere: str, shop: pd.DataFrame, address: str, check_complete: Check
) -> None:
    boosted = {"Train": Train(HistGradientBoostingClassifier(max_iter=5))}
    runs = pipeline_of("variants").variants(linear={}, boosted=boosted).run(shop)
    assert len(mlsys.sync(address).sent) == 2
    found = {label: check_complete(address, run.id) for label, run in runs.items()}
    assert found["boosted"].data.tags["mlflow.parentRunId"] == found["linear"].info.run_id
    assert "mlflow.parentRunId" not in found["linear"].data.tags


@pytest.mark.long
def test_a_variant_that_is_sent_first_waits_under_its_parent(
    nowhere: str, shop: pd.DataFrame, address: str, check_complete: Check
) -> None:
    from mlsys.tracking import ASKED_FOR, send

    boosted = {"Train": Train(HistGradientBoostingClassifier(max_iter=5))}
    runs = pipeline_of("variants").variants(linear={}, boosted=boosted).run(shop)
    child = journal_of(runs["boosted"].id)
    assert child is not None
    send(child, ASKED_FOR, address)
    mlsys.sync(address)
    found = {label: check_complete(address, run.id) for label, run in runs.items()}
    assert found["boosted"].data.tags["mlflow.parentRunId"] == found["linear"].info.run_id


def test_registering_sends_a_waiting_run_at_once(waiting: Run, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrackingError, match="the run is not in MLflow"):
        waiting.register("late")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    registered = waiting.register("late")
    assert registered and registered.version == 1
    assert MlflowClient().get_run(waiting.mlflow_run_id).data.tags["gate.late"] == "pass"


@pytest.mark.long
def test_two_syncs_at_once_make_one_run(waiting: Run, address: str, check_complete: Check) -> None:
    reports: list[Any] = []
    threads = [threading.Thread(target=lambda: reports.append(mlsys.sync(address))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.mlflow_run_id for report in reports for each in report.sent} == {waiting.mlflow_run_id}
    check_complete(address, waiting.id)


def test_a_run_goes_where_it_was_meant_to_go(shop: pd.DataFrame, nowhere: str, address: str, tmp_path: Path) -> None:
    run = pipeline_of().run(shop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/other.db")
        report = mlsys.sync()
    assert report.waiting[0].address == nowhere and "waits" in repr(report)
    assert run.mlflow_run_id is None


def test_where_mlflow_is_set_to_is_as_it_was(waiting: Run, nowhere: str, address: str) -> None:
    mlsys.sync(address)
    assert mlflow.get_tracking_uri() == nowhere


def test_a_run_that_was_cut_off_is_sent_and_says_so(waiting: Run, address: str) -> None:
    import shutil

    folder = folder_of(waiting)
    content = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps({**content, "complete": False}))
    shutil.rmtree(folder / "model")
    mlsys.sync(address)
    found = MlflowClient(tracking_uri=address).get_run(waiting.mlflow_run_id)
    assert found.info.status == "KILLED" and "ended before" in found.data.tags["mlsys.journal"]
    assert found.data.metrics["roc_auc"] > 0


@pytest.mark.long
def test_the_command_sends_and_says_what_waits(
    waiting: Run, address: str, check_complete: Check, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["sync"]) == 1
    assert "0 runs sent, 1 run waiting" in capsys.readouterr().out
    assert main(["sync", "--folder", str(tmp_path / "elsewhere")]) == 0
    assert "nothing is waiting" in capsys.readouterr().out
    assert main(["sync", "--uri", address]) == 0
    assert "1 run sent" in capsys.readouterr().out
    check_complete(address, waiting.id)


def test_the_card_names_the_folder_that_waits(
    nowhere: str, shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scripts").mkdir()
    with mlsys.settings.override(folder=str(tmp_path / "scripts" / ".mlsys")):
        run = pipeline_of().run(shop)
    assert f"mlsys sync --folder {tmp_path}/scripts/.mlsys" in repr(run).replace("\n", " ").replace("  ", "")
