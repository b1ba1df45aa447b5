"""Latency is measured once for a model, and again when the model is another one."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys.run.latency
from mlsys import Pipeline, RandomSplit, Train
from mlsys.run.latency import noted_latency


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs whose latency was measured."""
    found: list[str] = []

    def noting(run: object) -> dict[str, float]:
        found.append(str(run))
        return {"p50": 1.0 + len(found), "p95": 2.0, "p99": 3.0, "rows_per_second": 4.0}

    monkeypatch.setattr(mlsys.run.latency, "latency_of", noting)
    return found


def test_a_run_whose_steps_were_all_found_measures_nothing(shop: pd.DataFrame, measured: list[str]) -> None:
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"])
    first = noted_latency(pipeline.run(shop, track=False)._live)
    assert noted_latency(pipeline.run(shop, track=False)._live) == first and len(measured) == 1
    other = pipeline.replace(Train=Train(LogisticRegression(C=0.1)))
    assert noted_latency(other.run(shop, track=False)._live) != first and len(measured) == 2
    noted_latency(pipeline.run(shop.head(1_500), track=False)._live)
    assert len(measured) == 3, "other rows make another model"


def test_a_run_without_a_cache_is_measured(shop: pd.DataFrame, measured: list[str]) -> None:
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"])
    for _ in range(2):
        noted_latency(pipeline.run(shop, track=False, cache=False)._live)
    assert len(measured) == 2


def test_the_card_says_what_the_model_takes_once_it_was_measured(
    shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlsys.run.latency, "REQUESTS", 30)  # as many as a user's run times
    monkeypatch.setattr(mlsys.run.latency, "BATCHES", 4)
    run = Pipeline([RandomSplit(), Train(LogisticRegression())], target="returned", features=["price"]).run(
        shop, track=False
    )
    assert "latency" not in run.card.text()
    found = run.latency
    assert 0 < found["p50"] <= found["p95"] <= found["p99"]
    assert found["rows_per_second"] > 1_000 / found["p50"]  # a batch costs less than its rows one by one
    assert "ms for one row" in run.card.text() and "rows a second in batches" in run.card.html()
