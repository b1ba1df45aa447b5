"""What is set in MLflow around a run is honoured and said: experiments, enclosing runs, autologging."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun
from mlflow.utils import autologging_utils
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, RandomSplit, Run, Train, sync

PARENT = "mlflow.parentRunId"


@pytest.fixture
def pipeline() -> Pipeline:
    steps = [RandomSplit(), Train(LogisticRegression())]
    return Pipeline(steps, target="returned", features=["price"], name="returns")


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """A client of a store of the test's own, that MLflow is set to; what is set beside it is forgotten afterwards."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    for name in ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"):
        monkeypatch.setenv(name, "")  # so that what a test or MLflow sets is gone afterwards
        monkeypatch.delenv(name)
    monkeypatch.setattr(mlflow.tracking.fluent, "_active_experiment_id", None)
    yield MlflowClient()
    while mlflow.active_run() is not None:
        mlflow.end_run()


def written(client: MlflowClient, run: Run) -> tuple[MlflowRun, str]:
    """Return a run as it is in MLflow, and the name of its experiment."""
    assert run.mlflow_run_id is not None
    found = client.get_run(run.mlflow_run_id)
    return found, client.get_experiment(found.info.experiment_id).name


def test_without_anything_set_the_pipeline_names_the_experiment(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame
) -> None:
    run = pipeline.run(shop)
    found, experiment = written(client, run)
    assert experiment == "returns" and PARENT not in found.data.tags
    assert "nested" not in run.card.footer and "experiment that" not in run.card.footer


def test_an_experiment_set_by_name(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "team-x")
    run = pipeline.run(shop)
    assert written(client, run)[1] == "team-x"
    assert "in the experiment of MLFLOW_EXPERIMENT_NAME ('team-x')" in run.card.footer


@pytest.mark.long
def test_an_experiment_set_in_code_comes_before_one_set_by_name(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "team-x")
    mlflow.set_experiment("team-y")
    run = pipeline.run(shop)
    assert written(client, run)[1] == "team-y"
    assert "in the experiment that MLflow is set to" in run.card.footer


def test_an_open_run_becomes_the_parent_and_stays_open(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame
) -> None:
    mlflow.set_experiment("team-x")
    with mlflow.start_run(run_name="outer") as outer:
        run = pipeline.run(shop)
        assert mlflow.active_run().info.run_id == outer.info.run_id
    found, experiment = written(client, run)
    assert found.data.tags[PARENT] == outer.info.run_id and experiment == "team-x"
    assert "nested under the open run 'outer'" in run.card.footer
    above = client.get_run(outer.info.run_id)
    assert not above.data.params and not above.data.metrics
    assert len(client.search_runs([found.info.experiment_id])) == 2


def test_a_run_named_by_the_environment_becomes_the_parent(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = client.create_run(client.create_experiment("jobs"))
    monkeypatch.setenv("MLFLOW_RUN_ID", outer.info.run_id)
    run = pipeline.run(shop)
    found, experiment = written(client, run)
    assert (found.data.tags[PARENT], experiment) == (outer.info.run_id, "jobs")
    assert "nested under the run of MLFLOW_RUN_ID" in run.card.footer


def test_variants_and_folds_stand_under_the_open_run(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame
) -> None:
    with mlflow.start_run() as outer:
        runs = pipeline.variants(plain={}, strong={"Train": Train(LogisticRegression(C=9))}).run(shop)
        pipeline.cross_validate(3, shop)
    parents = {name: written(client, run)[0].data.tags[PARENT] for name, run in runs.items()}
    assert parents == {"plain": outer.info.run_id, "strong": runs["plain"].mlflow_run_id}
    every = client.search_runs([outer.info.experiment_id])
    (above,) = [each for each in every if "-folds-" in (each.info.run_name or "")]
    assert above.data.tags[PARENT] == outer.info.run_id
    folds = [each for each in every if "mlsys.fold" in each.data.tags]
    assert len(folds) == 3 and {each.data.tags[PARENT] for each in folds} == {above.info.run_id}


@pytest.mark.quick("MLFLOW_RUN_ID-*")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MLFLOW_RUN_ID", "0" * 32, "the run above, 00000000000000000000000000000000, is not in this store"),
        ("MLFLOW_EXPERIMENT_ID", "987654", "the experiment 987654 is not in this store; the run is in 'returns'"),
    ],
)
def test_what_is_set_and_is_not_there_is_said_and_costs_nothing(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch,
    variable: str, value: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, value)
    run = pipeline.run(shop)
    found, experiment = written(client, run)
    assert experiment == "returns" and PARENT not in found.data.tags
    logged = run._tracking.logged
    assert logged is not None and any(said in problem for problem in logged.problems)


def test_a_run_that_waits_keeps_its_parent_and_experiment(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mlflow.start_run(experiment_id=client.create_experiment("team-x")) as outer, monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_run", _fails)
        run = pipeline.run(shop)
    assert run.mlflow_run_id is None
    assert len(sync().sent) == 1
    found, experiment = written(client, run)
    assert (found.data.tags[PARENT], experiment) == (outer.info.run_id, "team-x")


def _fails(*given: object, **named: object) -> None:
    raise OSError("gone")


@pytest.mark.long
def test_an_open_run_of_another_thread_is_not_the_parent(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame
) -> None:
    runs: list[Run] = []
    with mlflow.start_run():
        thread = threading.Thread(target=lambda: runs.append(pipeline.run(shop)))
        thread.start()
        thread.join()
    assert PARENT not in written(client, runs[0])[0].data.tags


@pytest.fixture
def autologging() -> Iterator[None]:
    mlflow.sklearn.autolog(silent=True)
    yield
    mlflow.sklearn.autolog(disable=True, silent=True)


@pytest.mark.usefixtures("autologging")
def test_autologging_writes_nothing_while_a_pipeline_trains_and_goes_on_afterwards(
    pipeline: Pipeline, client: MlflowClient, shop: pd.DataFrame
) -> None:
    def runs() -> int:
        return sum(len(client.search_runs([each.experiment_id])) for each in client.search_experiments())

    pipeline.run(shop)
    assert runs() == 1
    pipeline.run(shop, track=False)
    pipeline.cross_validate(2, shop.head(300), track=False)
    pipeline.audit_leakage(shop.head(300))
    Train(LogisticRegression()).fit(shop[["price", "returned"]], target="returned")
    assert (
        runs() == 1
        and len(client.search_logged_models([each.experiment_id for each in client.search_experiments()])) == 1
    )
    LogisticRegression().fit(shop[["price"]], shop["returned"])
    assert runs() == 2, "outside of a pipeline it logs as before"


@pytest.mark.parametrize("before", [False, True])
def test_the_switch_of_autologging_is_as_it_was_also_after_an_error(
    pipeline: Pipeline, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    monkeypatch.setattr(autologging_utils, "_AUTOLOGGING_GLOBALLY_DISABLED", before)
    with pytest.raises(Exception, match="price"):
        pipeline.run(shop.drop(columns="price"), track=False)
    assert autologging_utils._AUTOLOGGING_GLOBALLY_DISABLED is before
