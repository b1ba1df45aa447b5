"""No tracking leaves no file; a dead store costs seconds and never the run; the card comes first."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys.outcome.outcome
from mlsys import Pipeline, RandomSplit, Train
from mlsys.errors import TrackingError
from mlsys.outcome.facts import RunFacts

SECONDS = 15


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline([RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"])


def test_without_tracking_no_file_is_left_and_mlflow_is_not_imported(tmp_path: Path) -> None:
    script = """
        import sys
        import numpy as np
        import pandas as pd
        from sklearn.linear_model import LogisticRegression
        from mlsys import Pipeline

        x = np.arange(400.0) % 7
        frame = pd.DataFrame({"x": x, "y": (np.arange(400) * 7 % 11 > x).astype(int)})
        run = Pipeline([LogisticRegression()], target="y").run(frame, track=False, cache=False)
        final = run.final_test()
        run.predict(frame)
        assert "evaluated on the test rows" in repr(final)
        assert "mlflow" not in sys.modules, "MLflow was imported"
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_default_store_is_mlflows_own(pipeline: Pipeline, shop: pd.DataFrame, tmp_path: Path) -> None:
    run = pipeline.run(shop)
    assert (tmp_path / "mlflow.db").is_file() and run.mlflow_run_id is not None
    assert "type `mlflow ui` here" in repr(run)


def test_a_dead_server_costs_seconds_and_not_the_run(
    pipeline: Pipeline, shop: pd.DataFrame, nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = time.perf_counter()
    run = pipeline.run(shop)
    final = run.final_test()
    assert time.perf_counter() - before < SECONDS
    assert run.mlflow_run_id is None and not run.metrics.empty and not final.metrics.empty
    assert run.predict(shop.head(3))["prediction"].notna().all()
    assert "MLflow: not written" in repr(run) and nowhere in repr(run)
    assert "the run was not written to MLflow" in caplog.text


def test_a_dead_server_refuses_to_register_and_says_why(pipeline: Pipeline, shop: pd.DataFrame, nowhere: str) -> None:
    run = pipeline.run(shop)
    with pytest.raises(TrackingError, match="the run is not in MLflow"):
        run.register("never")


def test_passwords_in_an_address_are_never_shown(
    pipeline: Pipeline,
    shop: pd.DataFrame,
    nowhere: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere.replace("http://", "http://me:hush@"))
    run = pipeline.run(shop)
    assert "MLflow: not written" in repr(run)
    assert "hush" not in repr(run) + caplog.text


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server that fails every request, and the events it saw."""
    events: list[str] = []

    class Fails(BaseHTTPRequestHandler):
        def answer(self) -> None:
            events.append("request")
            self.send_error(500)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fails)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_address[1]}")
    yield events
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_card_is_there_before_mlflow_is_asked(
    pipeline: Pipeline, shop: pd.DataFrame, failing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = mlsys.outcome.outcome.make_card

    def watched(run: RunFacts) -> Any:
        card = made(run)
        failing.append("card")
        return card

    monkeypatch.setattr(mlsys.outcome.outcome, "make_card", watched)
    run = pipeline.run(shop)
    assert failing[0] == "card" and "request" in failing
    assert "MLflow: not written" in repr(run) and not run.metrics.empty


def test_a_run_that_trains_nothing_is_not_written(pipeline: Pipeline, shop: pd.DataFrame, tmp_path: Path) -> None:
    assert pipeline.run(shop, until="RandomSplit").mlflow_run_id is None
    assert not (tmp_path / "mlflow.db").exists() and not (tmp_path / ".mlsys" / "runs").exists()
