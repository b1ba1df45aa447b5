"""The same over a real ``mlflow server``: a run, its model, the registry, two writers at once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Pipeline, RandomSplit, Train, load

pytestmark = pytest.mark.long  # starting a server takes more than ten seconds


@pytest.fixture
def client(server: str, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    return MlflowClient()


def test_a_run_goes_through_the_server_and_back(
    client: MlflowClient, server: str, shop: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = Pipeline(
        [RandomSplit(), Train(LogisticRegression()), Evaluate()], target="returned", features=["price"], name="served"
    )
    run = pipeline.run(shop)
    assert run.mlflow_run_id is not None, repr(run)
    assert capsys.readouterr().out == ""
    logged = client.get_run(run.mlflow_run_id)
    assert logged.data.tags["mlsys.run_id"] == run.id and logged.info.status == "FINISHED"
    assert {"manifest.json", "report.html"} <= {each.path for each in client.list_artifacts(run.mlflow_run_id)}
    assert len(client.search_traces(locations=[logged.info.experiment_id])) == 1
    assert f"{server}/#/experiments/{logged.info.experiment_id}/runs/{run.mlflow_run_id}" in repr(run)
    final = run.final_test()
    assert final.register("served", alias="champion")
    answer = load("models:/served@champion").predict(shop.head(5))
    pd.testing.assert_frame_equal(answer, run.predict(shop.head(5)), check_exact=True)
    assert "1 time before" in repr(run.final_test())


def test_two_processes_write_at_once_into_one_experiment(client: MlflowClient, server: str, tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import numpy as np, pandas as pd
        from sklearn.linear_model import LogisticRegression
        from mlsys import Pipeline
        x = np.arange(400.0) % 7
        frame = pd.DataFrame({"x": x, "y": (np.arange(400) * 7 % 11 > x).astype(int)})
        run = Pipeline([LogisticRegression()], target="y", name="at-once").run(frame)
        assert run.mlflow_run_id, repr(run)
        """
    )
    environment = {**os.environ, "MLFLOW_TRACKING_URI": server}
    processes = [
        subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    experiment = client.get_experiment_by_name("at-once")
    assert experiment is not None and len(client.search_runs([experiment.experiment_id])) == 2
