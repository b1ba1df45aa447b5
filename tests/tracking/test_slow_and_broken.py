"""Servers that are absent, silent, slow or failing: what they cost a run, and that the run waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Run, Train
from mlsys.tracking.journal import journal_of

PIPELINE = Pipeline(
    [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()],
    target="returned",
    features=["price", "days_since_last"],
    name="patient",
)
AT_MOST = 10.0


def seconds_lost(shop: pd.DataFrame) -> tuple[float, Run]:
    """Run, open the test rows and ask a gate; return what this took longer than without tracking."""
    import mlflow  # noqa: F401  its import is not the server's fault

    def work(track: bool) -> tuple[float, Run]:
        before = time.perf_counter()
        run = PIPELINE.run(shop, track=track)
        final = run.final_test()
        assert not final.metrics.empty
        return time.perf_counter() - before, run

    plain, _ = work(False)
    tracked, run = work(True)
    return tracked - plain, run


def check_waits(run: Run) -> None:
    journal = journal_of(run.id)
    assert journal is not None and journal.waits() and run.mlflow_run_id is None
    assert "the run waits" in repr(run) and len(journal.outstanding()) == 1


def test_nobody_there_costs_less_than_ten_seconds(nowhere: str, shop: pd.DataFrame, forgotten: Any) -> None:
    lost, run = seconds_lost(shop)
    assert lost < AT_MOST
    check_waits(run)


@pytest.mark.quick("error")
@pytest.mark.parametrize("rule", ["silence", pytest.param(20.0, marks=pytest.mark.long), "error", "refuse"])
def test_no_answer_slow_answers_errors_and_hanging_up_cost_less_than_ten_seconds(
    rule: str | float, gate_before: Callable[[str], Any], shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch,
    forgotten: Any,
) -> None:  # fmt: skip
    gate = gate_before("http://127.0.0.1:9")
    gate.rule = lambda number: rule
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    lost, run = seconds_lost(shop)
    assert lost < AT_MOST
    check_waits(run)
    assert len(gate.requests) == 1
    PIPELINE.run(shop)
    assert len(gate.requests) == 1, "an address that was silent a moment ago is not asked again"


@pytest.mark.long
def test_an_explicit_sync_asks_at_once_and_once_for_all_runs(
    gate_before: Callable[[str], Any], shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, forgotten: Any
) -> None:
    gate = gate_before("http://127.0.0.1:9")
    gate.rule = lambda number: "error"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    for _ in range(3):
        PIPELINE.run(shop)
    assert len(gate.requests) == 1
    report = mlsys.sync()
    assert len(report.waiting) == 3 and len(gate.requests) == 2
    assert all("500" in each.problem for each in report.waiting)


@pytest.mark.long
def test_after_a_minute_runs_ask_again(
    gate_before: Callable[[str], Any], shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, forgotten: Any
) -> None:
    gate = gate_before("http://127.0.0.1:9")
    gate.rule = lambda number: "error"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gate.address)
    PIPELINE.run(shop)
    forgotten()
    PIPELINE.run(shop)
    assert len(gate.requests) == 2
