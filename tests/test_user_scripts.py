"""What users are promised they can write, line by line, on real flights: every twelfth day of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Gate, Impute, Monitor, Pipeline, Rows, Run, Train, Transform, beats, gap, metric


class Clip(Transform):
    """Clip columns at a quantile of the training rows."""

    columns: tuple[str, ...]
    quantile: float = 0.99

    def learn(self, train: Rows):  # training rows, nothing else, ever
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):  # any rows, one out for one in
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


@pytest.fixture(scope="module")
def flights(flight_example: ModuleType) -> pd.DataFrame:
    """Every twelfth day as the file has it."""
    frame = flight_example.pipeline["ReadCSV"].read()
    day = pd.to_datetime(frame["time_hour"], utc=True).dt.day_of_year
    return frame[(day % 12 == 0).to_numpy()]


@pytest.fixture(scope="module")
def run(flight_example: ModuleType, flights: pd.DataFrame, store: Path) -> Run:
    return flight_example.pipeline.run(flights)


def test_six_lines(cancer: pd.DataFrame) -> None:
    df = cancer
    run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df, track=False)
    assert all(said in repr(run) for said in ("roc_auc", "zero_rule", "random", "worst slice", "leakage", "supplied"))
    assert list(run.features.columns) == ["column", "used", "reason", "made by"] and len(run.features) == 31


def test_the_plan_and_a_preview(flight_example: ModuleType, flights: pd.DataFrame) -> None:
    pipeline = flight_example.pipeline
    assert "TimeSplit" in pipeline._repr_html_() and "decides at" in repr(pipeline.plan())
    shown = pipeline.preview(flights, n=5)
    assert list(shown)[:2] == ["ReadCSV", "Derive"] and all(len(frame) == 5 for frame in shown.values())


def test_looking_into_a_run(run: Run) -> None:
    frame = run.frame("train", after="Impute")
    assert not frame[["temp", "seats"]].isna().any().any()
    assert 0 < run.state("TargetEncode")["prior"][0] < 1
    ax = run.reports["evaluate"].plot()
    assert ax.get_xlabel()
    plt.close("all")


def test_final_test_gate_and_registry(run: Run, flights: pd.DataFrame) -> None:
    final = run.final_test()
    gate = Gate(metric("roc_auc").lower >= 0.55, gap("recall", by="origin").upper <= 0.95, beats("zero_rule"))
    registered = final.register("flights", alias="champion", gate=gate)
    assert registered, repr(registered)
    model = mlsys.load("models:/flights@champion")
    weather = {name: 1.0 for name in ("temp", "wind_speed", "precip", "visib", "pressure")}
    answer = model.predict(flights.head(20).assign(**weather))
    assert list(answer.columns) == ["id", "prediction", "probability_False", "probability_True"] and len(answer) == 20


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_variants_share_steps_and_are_compared(flight_example: ModuleType, flights: pd.DataFrame, store: Path) -> None:
    assert issubclass(ConvergenceWarning, UserWarning)  # unscaled columns: the linear model says so, and may
    pipeline = flight_example.pipeline.replace(Calibrate=None)
    runs = pipeline.variants(linear={"Train": Train(LogisticRegression())}, boosted={}).run(flights)
    comparison = mlsys.compare(runs)
    assert set(comparison.table["run"]) == {"linear", "boosted"} and comparison.best is runs[comparison.best_name]
    assert runs["linear"].steps["step"].tolist()[:2] == runs["boosted"].steps["step"].tolist()[:2]


def test_a_step_of_ones_own_in_the_pipeline(flight_example: ModuleType, flights: pd.DataFrame) -> None:
    pipeline = flight_example.pipeline.replace(Calibrate=None).insert(Clip(["wind_speed", "distance"]), after="Impute")
    run = pipeline.run(flights, track=False)
    assert run.state("Clip").index.tolist() == ["wind_speed", "distance"]
    assert not [finding for finding in run.findings if finding.severity != "information"]


def test_single_pieces_without_a_pipeline(flights: pd.DataFrame) -> None:
    train, today = flights[flights["month"] < 9], flights[flights["month"] == 9]
    fitted = Impute().fit(train)
    assert not fitted.transform(today)["distance"].isna().any()
    scored = pd.DataFrame({"p": today["distance"] / today["distance"].max(), "distance": today["distance"]})
    reference = pd.DataFrame({"p": train["distance"] / train["distance"].max(), "distance": train["distance"]})
    report = Monitor.fit(reference, prediction="p").check(scored)
    assert report.verdict and {"effect", "p"} <= set(report.table.columns)
