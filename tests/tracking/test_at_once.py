"""Many at once: processes on one fresh database, threads, workers of joblib, and a run that the user has open."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Train

SCRIPT = """
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from mlsys import Evaluate, Pipeline, RandomSplit, Train
    generator = np.random.default_rng(0)
    x = generator.normal(size=900)
    frame = pd.DataFrame({"x": x, "y": (x + generator.normal(size=900) > 0).astype(int)})
    run = Pipeline([RandomSplit(), Train(LogisticRegression()), Evaluate()], target="y", name="at-once").run(frame)
    assert run.mlflow_run_id, repr(run)
    print(run.id)
"""


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*noload.*loader strategy is deprecated")  # MLflow's own use of SQLAlchemy
def test_four_processes_on_one_fresh_database_make_four_complete_runs(
    tmp_path: Path, check_complete: Callable[..., Any]
) -> None:
    address = f"sqlite:///{tmp_path}/fresh.db"
    processes = []
    for number in range(4):
        place = tmp_path / f"process-{number}"
        place.mkdir()
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(SCRIPT)],
                cwd=place,
                env={**os.environ, "MLFLOW_TRACKING_URI": address},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in processes:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        check_complete(address, out.strip())
    client = MlflowClient(tracking_uri=address)
    assert len(client.search_runs([client.get_experiment_by_name("at-once").experiment_id])) == 4


def runs_in(address: str) -> list[Any]:
    client = MlflowClient(tracking_uri=address)
    return list(client.search_runs([each.experiment_id for each in client.search_experiments()]))


@pytest.mark.long
def test_workers_of_joblib_and_threads_open_no_run_and_leave_the_users_own_alone(
    address: str, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, n_jobs=2, cv=2)
    steps = [RandomSplit(), Impute(), Train(search), Evaluate()]
    pipeline = Pipeline(steps, target="returned", features=["price"], name="searched")
    plain = Pipeline([RandomSplit(), Impute(), Train(LogisticRegression())], target="returned", features=["price"])
    others: list[Any] = []
    with mlflow.start_run(run_name="mine") as mine:
        thread = threading.Thread(target=lambda: others.append(plain.run(shop, track=False)))
        thread.start()
        run = pipeline.run(shop)
        thread.join()
        assert mlflow.active_run().info.run_id == mine.info.run_id
    assert len(others) == 1 and others[0].mlflow_run_id is None
    assert {each.info.run_id for each in runs_in(address)} == {run.mlflow_run_id, mine.info.run_id}
    own = MlflowClient(tracking_uri=address).get_run(mine.info.run_id)
    assert own.data.params == own.data.metrics == {} and not own.outputs.model_outputs


def test_runs_in_threads_are_one_each(
    address: str, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, check_complete: Callable[..., Any]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    runs: list[Any] = []

    def work(number: int) -> None:
        steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
        runs.append(Pipeline(steps, target="returned", features=["price"], name=f"thread-{number}").run(shop))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        check_complete(address, run.id)
    assert len(runs_in(address)) == len(runs) == 3
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ


def test_a_span_that_the_user_has_open_does_not_stop_the_run(
    address: str, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, check_complete: Callable[..., Any]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
    with mlflow.start_span("mine"):
        run = Pipeline(steps, target="returned", features=["price"], name="inside").run(shop)
    check_complete(address, run.id, spans=len(run.steps) + 1)
