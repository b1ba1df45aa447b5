"""A server or a process killed in the middle of a run: the run is in MLflow once, whole, after one sync."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Train
from mlsys.settings import override
from mlsys.tracking.journal import journal_of, journals

pytestmark = pytest.mark.long  # starting a server takes more than ten seconds
Check = Callable[..., Any]


def pipeline_of(name: str) -> Pipeline:
    steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
    return Pipeline(steps, target="returned", features=["price", "days_since_last"], name=name)


def test_a_server_killed_in_mid_run_costs_nothing_but_a_sync(
    own_server: Any,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    forgotten: Any,
) -> None:
    gate = gate_before(own_server.address)

    def kill_in_the_middle(number: int) -> str:
        if number == 12:
            own_server.kill()
        return "refuse" if number >= 12 else "pass"

    gate.rule = kill_in_the_middle
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    run = pipeline_of("killed").run(shop)
    final = run.final_test()
    assert len(gate.requests) == 12, "the run was not being written when the server was killed"
    assert not final.metrics.empty and "the run waits" in repr(run)
    assert [each.id for each in mlsys.sync().waiting] == [run.id]
    own_server.start()
    gate.rule = lambda number: "pass"
    assert len(mlsys.sync().sent) == 1
    tags = check_complete(own_server.address, run.id, spans=len(run.steps) + 1).data.tags
    assert tags["mlsys.test_opened"] == "1"
    assert "nothing is waiting" in repr(mlsys.sync())


@pytest.mark.parametrize(("rule", "every"), [("lose", 1), ("refuse", 4)])
def test_whichever_request_is_the_last_one_sync_makes_one_whole_run(
    rule: str,
    every: int,
    server: str,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    forgotten: Callable[[], None],
) -> None:
    """``"lose"``: the server did what the last request asked, and its answer never arrived."""
    gate = gate_before(server)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    for last in range(1, 120, every):
        forgotten()
        gate.requests.clear()
        gate.rule = lambda number, last=last: rule if number == last else "refuse" if number > last else "pass"
        run = pipeline_of(f"last-{rule}").run(shop)
        gate.rule = lambda number: "pass"
        if run.mlflow_run_id is not None:
            break
        assert [each.id for each in mlsys.sync().sent] == [run.id], f"request {last}"
        check_complete(server, run.id)
    assert last > 15, "requests of a whole run"


def test_slow_answers_leave_a_run_waiting_that_sync_completes(
    server: str,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    forgotten: Any,
) -> None:
    """The slow request is the one that makes the run: the server makes it after it was given up."""
    gate = gate_before(server)
    gate.rule = lambda number: 20.0 if gate.requests[-1].endswith("/runs/create") else "pass"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    before = time.perf_counter()
    run = pipeline_of("slow").run(shop)
    assert time.perf_counter() - before < 15 and run.mlflow_run_id is None
    assert gate.requests[-1].endswith("/runs/create")
    gate.rule = lambda number: "pass"
    assert [each.id for each in mlsys.sync().sent] == [run.id]
    check_complete(server, run.id)
    time.sleep(5)
    check_complete(server, run.id)


def test_sync_is_patient_with_a_server_that_is_slow_still(
    server: str,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    forgotten: Any,
) -> None:
    gate = gate_before(server)
    gate.rule = lambda number: 20.0 if number in {1, 2} else "pass"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    run = pipeline_of("slow-still").run(shop)
    assert run.mlflow_run_id is None and len(gate.requests) == 1
    assert [each.id for each in mlsys.sync().sent] == [run.id]
    check_complete(server, run.id)


def test_a_server_that_answers_each_request_late_is_given_up_in_time(
    server: str,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    forgotten: Any,
) -> None:
    """Each answer comes within its time; all together would take minutes."""
    gate = gate_before(server)
    gate.rule = lambda number: 4.0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    before = time.perf_counter()
    run = pipeline_of("drips").run(shop)
    assert time.perf_counter() - before < 60 and run.mlflow_run_id is None
    gate.rule = lambda number: "pass"
    assert [each.id for each in mlsys.sync().sent] == [run.id]
    check_complete(server, run.id)


def test_a_sync_during_the_run_leaves_one_run(
    server: str,
    gate_before: Callable[[str], Any],
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    tmp_path: Path,
) -> None:
    """Another process syncs the folder over and over while the run is written, slowly."""
    gate = gate_before(server)
    gate.rule = lambda number: 0.2
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    stop = tmp_path / "stop"
    script = f"""
        import pathlib, mlsys
        while not pathlib.Path({str(stop)!r}).exists():
            print(mlsys.sync({server!r}))
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, stdout=subprocess.PIPE)
    time.sleep(4)
    runs = [pipeline_of("beside").run(shop) for _ in range(2)]
    stop.touch()
    assert other.communicate(timeout=120)[0] and other.returncode == 0
    mlsys.sync()
    for run in runs:
        check_complete(server, run.id)
        assert run.mlflow_run_id is not None


SCRIPT = """
    import sys
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from mlsys import Evaluate, Pipeline, RandomSplit, Train
    generator = np.random.default_rng(0)
    x = generator.normal(size=900)
    frame = pd.DataFrame({"x": x, "y": (x + generator.normal(size=900) > 0).astype(int)})
    steps = [RandomSplit(), Train(LogisticRegression()), Evaluate()]
    run = Pipeline(steps, target="y", name="killed-process").run(frame)
"""


def test_a_process_killed_while_it_writes_loses_nothing_that_was_kept(
    tmp_path: Path, empty_database: Path, check_complete: Check
) -> None:
    chosen, stages = random.Random(20261124), set()
    for number in range(8):
        place = tmp_path / f"killed-{number}"
        place.mkdir()
        (place / "back.db").write_bytes(empty_database.read_bytes())
        address = f"sqlite:///{place}/back.db"
        environment = {**os.environ, "MLFLOW_TRACKING_URI": address}
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SCRIPT)], cwd=place, env=environment, stderr=subprocess.PIPE
        )
        while child.poll() is None and not list(place.glob(".mlsys/runs/*/record.json")):
            time.sleep(0.005)
        time.sleep(chosen.uniform(0, 1.5) if number else 0)
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=60)
        with override(folder=str(place / ".mlsys")):
            (journal,) = journals()
            stages.add((journal.complete(), bool(journal.begun), journal.waits()))
            if journal.waits():
                assert [each.id for each in mlsys.sync(address).sent] == [journal.id]
            if journal.complete():
                check_complete(address, journal.id)
            else:
                found = MlflowClient(tracking_uri=address).get_run(journal.sent().run_id)
                assert found.info.status == "KILLED" and found.data.metrics["roc_auc"] > 0.5
    assert len(stages) > 1, stages


def test_a_run_in_a_notebook_is_written_beside_the_next_cell(
    server: str, shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, check_complete: Check
) -> None:
    """As in a notebook: variants are written by threads of their own, the first before those nested under it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    runs = pipeline_of("notebook").variants(first={}, second={"Impute": Impute(numeric="mean")}).run(shop)
    assert any(thread.name == "mlsys-tracking" for thread in threading.enumerate())
    found = {label: check_complete(server, run.id) for label, run in runs.items() if run.mlflow_run_id}
    assert found["second"].data.tags["mlflow.parentRunId"] == found["first"].info.run_id
    assert journal_of(runs["first"].id) is not None
