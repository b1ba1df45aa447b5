"""Mistakes in gates and names on the way to MLflow: a no that says why, and runs that are written all the same."""

from __future__ import annotations

import logging
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import Dataset, Evaluate, Gate, Impute, Pipeline, RandomSplit, Report, Result, Run, beats, gap, metric
from mlsys import no_alarm as no_alarm_of
from mlsys.errors import GateRefused, TrackingError

ODD = "fill @home (1%)"


class Ratios(Report):
    """Numbers with names and values that MLflow does not take."""

    def report(self, dataset: Dataset, /) -> Result:
        scalars = {"share@5%": 0.25, "share@5$": 0.75, "odds": float("inf"), "nothing": float("nan")}
        return Result("ratios", pd.DataFrame({"name": list(scalars)}), scalars=scalars)


def orders() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    price = generator.normal(size=400)
    return pd.DataFrame(
        {
            "price": price,
            "country": generator.choice(["DE @home", "FR#1", "PL"], 400),
            "returned": (price + generator.normal(size=400) > 0).astype(int),
        }
    )


def pipeline() -> Pipeline:
    steps = [
        RandomSplit(validation=0.3, test=0.3),
        Impute(name=ODD),
        DecisionTreeClassifier(max_depth=2),
        Evaluate(slices=["country"]),
        Ratios(),
    ]
    return Pipeline(steps, target="returned", exclude=["country"], name="odd names")


class Heard(logging.Handler):
    """Keeps what is said while a run is written."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture(scope="module")
def written(store: Path) -> tuple[Run, list[str]]:
    """The run, and what was said while it was written."""
    heard = Heard()
    logging.getLogger("mlsys").addHandler(heard)
    try:
        return pipeline().run(orders(), track=True), heard.said
    finally:
        logging.getLogger("mlsys").removeHandler(heard)


@pytest.fixture(scope="module")
def run(written: tuple[Run, list[str]]) -> Run:
    return written[0]


# mistake: the gate, what its table must say, and the gate with the remedy
GATES = {
    "a metric that was not evaluated": (
        Gate(metric("rmse").upper <= 0.5),
        ("rmse upper end <= 0.5", "not in the evaluation", "roc_auc"),
        Gate(metric("roc_auc").lower >= 0.5),
    ),
    "a gap by a column that is no slice": (
        Gate(gap("recall", by="land").upper <= 1.0),
        ("gap of recall by land", "not in the evaluation", "country"),
        Gate(gap("recall", by="country").upper <= 1.0),
    ),
    "a baseline that was not evaluated": (
        Gate(beats("carrier_rate")),
        ("beats carrier_rate", "no such baseline (there are: zero_rule, random)"),
        Gate(beats("zero_rule")),
    ),
    "a report that is not there": (
        Gate(no_alarm_of("drift")),
        ("no alarm of drift", "there is no report 'drift'"),
        Gate(),
    ),
    "a bound that is not reached": (
        Gate(metric("roc_auc").lower >= 0.999),
        ("roc_auc lower end >= 0.999", "0."),
        Gate(metric("roc_auc").lower >= 0.5),
    ),
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_that_cannot_pass_says_why_and_registers_nothing(name: str, run: Run) -> None:
    gate, says, remedied = GATES[name]
    before = len(mlflow.MlflowClient().search_model_versions("name = 'returns'"))
    refused = run.register("returns", gate=gate)
    assert not refused
    assert len(mlflow.MlflowClient().search_model_versions("name = 'returns'")) == before
    with pytest.raises(GateRefused) as caught:
        refused.raise_if_refused()
    missing = [part for part in says if part not in str(caught.value)]
    assert not missing, str(caught.value)
    assert caught.value.remedy
    accepted = run.register("returns", gate=remedied)
    accepted.raise_if_refused()
    assert len(mlflow.MlflowClient().search_model_versions("name = 'returns'")) == before + 1


def test_a_run_that_was_not_written_cannot_be_registered(store: Path) -> None:
    untracked = pipeline().run(orders(), track=False)
    with pytest.raises(TrackingError, match=r"(?s)the run is not in MLflow.*track=True"):
        untracked.register("returns")


def test_names_with_signs_that_mlflow_forbids_are_written_in_others_and_said(written: tuple[Run, list[str]]) -> None:
    run, said = written
    metrics = mlflow.get_run(run.mlflow_run_id).data.metrics
    listed = Path(mlflow.artifacts.download_artifacts(f"runs:/{run.mlflow_run_id}/written_differently.txt"))
    assert "the key 'ratios/share@5%' is written as 'ratios/share-5-'" in listed.read_text("utf-8").splitlines()
    assert any(each.endswith("more remarks are in written_differently.txt of the run") for each in said)
    shares = {key: value for key, value in metrics.items() if "share-5" in key}
    assert sorted(shares.values()) == [0.25, 0.75]  # two names that differ only in a forbidden sign stay two
    assert any("DE -home" in key for key in metrics)
    assert run.state(ODD)  # the run itself keeps the user's names


def test_a_metric_that_is_no_number_becomes_a_tag_and_is_said(written: tuple[Run, list[str]]) -> None:
    run, said = written
    data = mlflow.get_run(run.mlflow_run_id).data
    odds = [key for key in data.tags if key.startswith("metric.") and key.endswith("odds")]
    assert [data.tags[key] for key in odds] == ["inf"]
    assert not any(key.endswith("odds") for key in data.metrics)
    assert "MLflow: the metric 'ratios/odds' is inf, written as a tag" in said
    assert run.reports["ratios"].scalars["odds"] == float("inf")
