"""A cross-validation in MLflow: one run with the summary, and one nested under it for each fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, KFolds, Pipeline
from mlsys.run import CrossValidation
from mlsys.tracking import sync


def pipeline_of(name: str = "returns") -> Pipeline:
    return Pipeline([KFolds(3), Impute(), LogisticRegression(max_iter=500)], target="returned",
                    features=["price", "days_since_last"], name=name)  # fmt: skip


@pytest.fixture(scope="module")
def found(store: Path, shop: pd.DataFrame) -> CrossValidation:
    return pipeline_of().cross_validate(data=shop)


def runs_of(name: str) -> list[Any]:
    client = MlflowClient()
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


@pytest.fixture(scope="module")
def runs(found: CrossValidation) -> list[Any]:
    return runs_of("returns")


@pytest.fixture(scope="module")
def parent(runs: list[Any]) -> Any:
    (above,) = [each for each in runs if "mlflow.parentRunId" not in each.data.tags]
    return above


def test_folds_are_nested_under_one_run_and_nothing_else_is(runs: list[Any], parent: Any) -> None:
    folds = [each for each in runs if each is not parent]
    assert sorted(each.info.run_name for each in folds) == [f"fold {number} of 3" for number in (1, 2, 3)]
    assert {each.data.tags["mlflow.parentRunId"] for each in folds} == {parent.info.run_id}
    assert all(each.info.status == "FINISHED" for each in runs)


def test_the_run_above_carries_the_means_with_their_interval(found: CrossValidation, parent: Any) -> None:
    row = found.table.query("metric == 'roc_auc' and model == 'model'").iloc[0]
    metrics = parent.data.metrics
    assert metrics["roc_auc"] == metrics["validation/roc_auc"] == pytest.approx(row["value"])
    assert metrics["roc_auc_lower"] == pytest.approx(row["lower"])
    assert metrics["roc_auc_upper"] == pytest.approx(row["upper"])
    assert metrics["validation/zero_rule/roc_auc"] == 0.5
    assert parent.data.tags["mlsys.stage"] == "cross-validation"
    assert parent.data.params["folds"].startswith("KFolds(n=3)")
    assert "mean over folds" in parent.data.tags["mlflow.note.content"]


def test_each_fold_carries_its_scores_rows_and_seconds(found: CrossValidation, runs: list[Any], parent: Any) -> None:
    mine = found.folds.query("model == 'model' and metric == 'roc_auc'").set_index("fold")
    for each in runs:
        if each is not parent:
            row, metrics = mine.loc[each.info.run_name], each.data.metrics
            assert metrics["validation/roc_auc"] == pytest.approx(row["value"])
            assert metrics["rows/train"] == row["learned"] and metrics["rows/validation"] == row["judged"]
            assert metrics["seconds"] > 0


def test_tables_figure_and_card_are_artifacts_and_no_model_is_logged(found: CrossValidation, parent: Any) -> None:
    client = MlflowClient()
    names = {each.path for each in client.list_artifacts(parent.info.run_id)}
    wanted = {"cross_validation.parquet", "folds.parquet", "cross_validation.png", "report.html", "environment.txt"}
    assert wanted <= names
    table = mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, artifact_path="folds.parquet")
    pd.testing.assert_series_equal(pd.read_parquet(table)["value"], found.folds["value"])
    assert not client.search_logged_models([parent.info.experiment_id])


def test_the_card_says_where_it_is(found: CrossValidation, parent: Any) -> None:
    assert parent.info.run_id in repr(found)


@pytest.mark.long
def test_without_a_server_it_waits_and_is_sent_whole(
    shop: pd.DataFrame, nowhere: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = pipeline_of("later").cross_validate(data=shop, cache=False)
    assert "not written" in repr(late) and "mlsys sync" in repr(late)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    sync(uri=address)
    sent = runs_of("later")
    assert len(sent) == 4 and sum("mlflow.parentRunId" in each.data.tags for each in sent) == 3


def test_untracked_and_without_a_cache_no_file_is_written(shop: pd.DataFrame, own_folder: Path) -> None:
    pipeline_of().cross_validate(data=shop, track=False, cache=False)
    assert not list(own_folder.iterdir())
