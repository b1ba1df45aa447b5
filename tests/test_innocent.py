"""Innocent pipelines that were accused once, and guilty ones beside them that must still be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from mlsys import Derive, Impute, Join, OneHot, Pipeline, RandomSplit, Run, Standardize, StratifiedSplit, Train
from mlsys.errors import Finding


def findings(run: Run, code: str) -> list[Finding]:
    return [finding for finding in run.findings if finding.code == code]


def accusations(run: Run) -> list[Finding]:
    return [finding for finding in run.findings if finding.severity != "information"]


def linear(rows: int, rng: np.random.Generator, noise: float) -> pd.DataFrame:
    """A price that mostly follows from the area, and two columns that say little."""
    area = rng.gamma(9, 15, rows)
    frame = pd.DataFrame({"area": area, "rooms": rng.integers(1, 9, rows), "floor": rng.integers(0, 5, rows)})
    return frame.assign(price=1_500 * area + rng.normal(0, noise, rows))


def regression(frame: pd.DataFrame) -> Run:
    return Pipeline([RandomSplit(), LinearRegression()], target="price").run(frame, track=False)


def test_a_strong_honest_column_of_a_quantity_is_information(rng: np.random.Generator) -> None:
    run = regression(linear(3_000, rng, noise=25_000))
    assert [finding.columns for finding in findings(run, "LK204")] == [("area",)]
    assert accusations(run) == []
    assert "not observed" in repr(run)


def test_a_copy_of_a_quantity_is_accused(rng: np.random.Generator) -> None:
    frame = linear(3_000, rng, noise=200_000)
    run = regression(frame.assign(with_tax=(1.19 * frame["price"]).round(-2)))
    assert [(finding.columns, finding.severity) for finding in findings(run, "LK204")] == [(("with_tax",), "error")]


def test_a_strong_honest_column_of_two_classes_is_a_question(rng: np.random.Generator) -> None:
    frame = linear(3_000, rng, noise=25_000)
    frame["dear"] = frame.pop("price") > 200_000
    run = Pipeline([RandomSplit(), LogisticRegression(max_iter=1_000)], target="dear").run(frame, track=False)
    assert [finding.severity for finding in findings(run, "LK204")] == ["information"]


def counted(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Four columns of few values, so that rows are equal by chance."""
    spam = rng.random(rows) < 0.35
    return pd.DataFrame(
        {
            "length": rng.poisson(40 + 60 * spam),
            "links": rng.poisson(0.2 + 0.9 * spam),
            "hour": rng.integers(0, 24, rows),
            "known": rng.random(rows) < 0.7 - 0.5 * spam,
            "spam": spam,
        }
    )


def test_rows_of_few_values_that_are_equal_by_chance_are_information(rng: np.random.Generator) -> None:
    run = Pipeline([StratifiedSplit(), LogisticRegression(max_iter=2_000)], target="spam").run(
        counted(6_000, rng), track=False
    )
    assert {finding.severity for finding in findings(run, "LK213")} == {"information"}


def test_rows_that_follow_a_schedule_are_information_where_their_targets_differ(rng: np.random.Generator) -> None:
    timetable = pd.DataFrame(
        {"line": np.arange(200), "hour": rng.integers(0, 24, 200), "km": rng.gamma(5, 100, 200), "stops": range(200)}
    )
    trips = timetable.loc[rng.integers(0, 200, 4_000)].reset_index(drop=True)
    trips["late"] = rng.random(len(trips)) < 0.3
    run = Pipeline([RandomSplit(), LogisticRegression(max_iter=5_000)], target="late").run(trips, track=False)
    assert {finding.severity for finding in findings(run, "LK213")} == {"information"}


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_same_cases_under_new_numbers_are_a_warning(rng: np.random.Generator, noise: float) -> None:
    frame = counted(3_000, rng).assign(weight_kg=rng.normal(70, 12, 3_000).round(2))
    again = frame.sample(frac=0.3, random_state=0)
    again["spam"] = again["spam"] ^ (rng.random(len(again)) < noise)
    exported = pd.concat([frame, again], ignore_index=True).sample(frac=1, random_state=1, ignore_index=True)
    exported["part"] = np.where(exported.index < 2_500, "train", "validation")
    parts = {str(name): part.drop(columns="part") for name, part in exported.groupby("part")}
    run = Pipeline([LogisticRegression(max_iter=2_000)], target="spam").run(parts, track=False)
    assert [finding.severity for finding in findings(run, "LK213")] == ["warning"]


def test_imputed_texts_can_be_one_hot_encoded(shop: pd.DataFrame) -> None:
    holes = shop.assign(country=shop["country"].mask(shop.index % 10 == 0))[["price", "country", "returned"]]
    pipeline = Pipeline([Impute(), OneHot(["country"]), LogisticRegression(max_iter=1_000)], target="returned")
    run = pipeline.run(holes, track=False)
    assert "country_missing" in run.frame("train", after="OneHot").columns
    assert run.predict(holes.drop(columns="returned").head(3)).shape == (3, 4)


def test_a_run_with_a_table_in_a_step_is_recorded(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    visits = shop.groupby("customer", as_index=False).size().rename(columns={"size": "visits"})
    pipeline = Pipeline([Join(visits, on="customer"), LogisticRegression()], target="returned", features=["visits"])
    run = pipeline.run(shop, track=True)
    assert run.mlflow_run_id is not None
    assert mlflow.get_run(run.mlflow_run_id).data.params["Join.on"] == "customer"


def test_a_run_with_an_expression_in_a_step_is_recorded(shop: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    derive = Derive({"day": pd.col("ordered").dt.day, "cents": lambda frame: frame["price"] * 100})
    model = LogisticRegression(max_iter=10_000)
    run = Pipeline([derive, model], target="returned", features=["day", "cents"]).run(shop, track=True)
    assert run.mlflow_run_id is not None


@pytest.mark.parametrize("in_train", [pytest.param(True, marks=pytest.mark.long), False])
def test_a_stack_is_a_model_before_it_is_fitted(cancer: pd.DataFrame, in_train: bool) -> None:
    stack = StackingClassifier([("forest", RandomForestClassifier(n_estimators=3)), ("bayes", GaussianNB())], cv=2)
    run = Pipeline([Train(stack) if in_train else stack], target="target").run(cancer, track=False)
    headline = run.metrics.query("model == 'model' and metric == 'roc_auc'")["value"].iloc[0]
    assert headline > 0.95


def test_a_stack_of_regressors_is_a_model() -> None:
    stack = StackingRegressor([("line", LinearRegression())])
    assert [planned.name for planned in Pipeline([stack], target="y").plan().steps][1] == "Train"


def test_a_perfect_ranking_is_judged_nearly_sure() -> None:
    rows = 400
    frame = pd.DataFrame({"x": np.r_[np.linspace(0, 1, rows), np.linspace(2, 3, rows)], "y": np.repeat([0, 1], rows)})
    run = Pipeline([StratifiedSplit(), LogisticRegression()], target="y").run(frame, track=False)
    judged = run.metrics.query("model == 'model' and metric == 'roc_auc' and part == 'validation'").iloc[0]
    assert judged["value"] == 1
    assert judged["lower"] > 0.95
    assert judged["upper"] == pytest.approx(1)


def test_baselines_are_fair_beside_a_classifier_without_probabilities(cancer: pd.DataFrame) -> None:
    run = Pipeline([Standardize(), LinearSVC()], target="target").run(cancer, track=False)
    scores = run.metrics.query("metric == 'accuracy' and part == 'validation'").set_index("model")["value"]
    assert scores["zero_rule"] == pytest.approx(cancer["target"].mean(), abs=0.02)
    assert 0.4 < scores["random"] < 0.7
