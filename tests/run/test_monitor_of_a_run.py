"""A monitor made from a run, and the command that checks a file with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Monitor, Pipeline, RandomSplit, Run, Standardize
from mlsys.cli import main
from mlsys.errors import ConfigurationError, DataError, TrackingError
from mlsys.settings import override
from mlsys.states import digest


def orders(rng: np.random.Generator, rows: int, flipped: float = 0.0, moved: float = 0.0) -> pd.DataFrame:
    price, days = rng.gamma(2.0, 30.0, rows), rng.integers(0, 30, rows).astype(float)
    y = (0.02 * price + 0.1 * days + rng.logistic(size=rows) > 3) ^ (rng.random(rows) < flipped)
    return pd.DataFrame(
        {"order": rng.permutation(10**6)[:rows], "price": price + moved, "days": days, "late": np.where(y, "yes", "no")}
    )


@pytest.fixture(scope="module")
def run() -> Run:
    steps = [RandomSplit(validation=0.4, test=0.1), Standardize(), LogisticRegression()]
    rows = orders(np.random.default_rng(0), 4_000)
    return Pipeline(steps, target="late", id="order").run(rows, track=False, verbose=False)


def test_it_profiles_what_requests_bring_beside_held_out_predictions(run: Run) -> None:
    monitor = Monitor.from_run(run, budget="1 false page per 90 days")
    assert monitor.columns == ("price", "days", "probability_yes") and monitor.prediction == "probability_yes"
    assert (monitor.target, monitor.id, monitor.run) == ("late", "order", run.id)
    assert monitor.outcomes is not None and monitor.outcomes.event == "yes"
    assert monitor.outcomes.rows == run.rows["validation"]
    error = monitor.outcomes.losses.sum() / monitor.outcomes.rows
    asked = "model == 'model' and slice == 'all' and metric == 'accuracy' and part == 'validation'"
    assert error == pytest.approx(1 - run.metrics.query(asked)["value"].iloc[0])


def test_a_run_whose_test_rows_are_open_is_watched_by_them(run: Run) -> None:
    final = run.final_test()
    monitor = Monitor.from_run(final)
    assert monitor.outcomes is not None and monitor.outcomes.rows == final.rows["test"]


def test_earlier_rows_with_their_label_are_predicted_by_the_model(run: Run) -> None:
    rng = np.random.default_rng(7)
    today, earlier = orders(rng, 300), orders(rng, 900, flipped=0.3)
    earlier["order"] += 10**6
    monitor = Monitor.from_run(run)
    predicted = earlier.assign(probability_yes=run.predict(earlier)["probability_yes"].to_numpy())
    check = monitor.check(today.drop(columns="late"), earlier)
    given = Monitor.from_run(run).check(today.drop(columns="late"), predicted[["probability_yes", "late"]])
    assert check.level == "page"
    assert check.table.equals(given.table)
    said, same = check.layers.loc[0, "said"], given.layers.loc[0, "said"]
    assert said == same.removesuffix(")") + ", which the model of the run predicted now)"
    assert check.layers.drop(index=0).equals(given.layers.drop(index=0))
    assert str(check.layers.loc[0].drop("said")) == str(given.layers.loc[0].drop("said"))
    with pytest.raises(DataError, match="none of the 900 labels"):
        monitor.check(today.drop(columns="late"), earlier[["order", "late"]])


def test_labels_of_checked_rows_are_compared_with_the_predictions_that_these_rows_bring(run: Run) -> None:
    """What was answered counts, not what the model of the run would answer now."""
    today = orders(np.random.default_rng(8), 600)
    wrong = today.drop(columns="late").assign(probability_yes=(today["late"] == "no").astype(float))
    check = Monitor.from_run(run).check(wrong, today)
    assert check.layers.loc[0, "said"].startswith("error rate") and "to 1 [" in check.layers.loc[0, "said"]


def test_a_run_without_a_model_cannot_be_watched() -> None:
    rows = orders(np.random.default_rng(1), 400)
    half = Pipeline([RandomSplit(), Standardize(), LogisticRegression()], target="late", id="order").run(
        rows, until="Standardize", track=False, verbose=False
    )
    with pytest.raises(ConfigurationError, match="needs a run that evaluated a model"):
        Monitor.from_run(half)


def said(*words: str | Path) -> int:
    return main([str(word) for word in words])


def test_the_command_says_with_its_exit_status_who_has_to_know(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = run.save(tmp_path / "model")
    Monitor.from_run(run).save()
    rng = np.random.default_rng(2)
    for name, rows in {
        "same": orders(rng, 800),
        "worse": orders(rng, 800, flipped=0.3),
        "moved": orders(rng, 800, moved=90),
    }.items():
        rows.drop(columns="late").to_parquet(tmp_path / f"{name}.parquet")
        rows[["order", "late"]].to_csv(tmp_path / f"{name}.csv", index=False)
    assert said("check", model, tmp_path / "same.parquet", "--labels", tmp_path / "same.csv") == 0
    assert said("check", model, tmp_path / "worse.parquet", "--labels", tmp_path / "worse.csv") == 1
    assert "page; error rate" in capsys.readouterr().out
    report = tmp_path / "page.html"
    assert said("check", model, tmp_path / "moved.parquet", "--report", report) == 3
    assert report.exists() and "3 checks" in report.read_text()
    assert said("check", model, tmp_path / "moved.parquet", "--monitor", tmp_path / "none") == 2
    pd.DataFrame({"price": [1.0]}).to_csv(tmp_path / "short.csv", index=False)
    assert said("check", model, tmp_path / "short.csv") == 2
    assert "days" in capsys.readouterr().err


def test_the_command_takes_the_folder_of_a_monitor_of_any_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"age": rng.normal(40, 10, 1_000), "p": rng.random(1_000)})
    place = Monitor.fit(rows, prediction="p").save(tmp_path / "monitor")
    rows.head(300).to_csv(tmp_path / "same.csv", index=False)
    (rows.head(300) + 3).to_csv(tmp_path / "moved.csv", index=False)
    assert said("check", place, tmp_path / "same.csv") == 0 and said("check", place, tmp_path / "moved.csv") == 3


@pytest.fixture
def another_machine(tmp_path: Path) -> Iterator[Callable[[str], object]]:
    """Give what makes the folder of mlsys another one; MLflow stays where it is."""
    with ExitStack() as entered:
        yield lambda name: entered.enter_context(override(folder=str(tmp_path / name)))


def test_the_monitor_of_a_run_is_found_by_its_id(run: Run, another_machine: Callable[[str], object]) -> None:
    another_machine("first")
    made = Monitor.from_run(run, budget="1 false page per 90 days")
    made.save()
    monitor = Monitor.from_run(run.id, budget="1 false page per year")
    assert digest(monitor.profile) == digest(made.profile) and monitor.level == pytest.approx(1 / 365.2425)
    with pytest.raises(ConfigurationError, match="slices= is given for a run whose profile is made"):
        Monitor.from_run(run.id, slices=["days"])
    with pytest.raises(ConfigurationError, match="is no budget"):
        Monitor.from_run(run.id, budget="few")
    monitor.check(orders(np.random.default_rng(5), 300).assign(probability_yes=0.5))
    assert len(Monitor.from_run(run.id).history) == 1


@pytest.mark.long
def test_a_machine_that_has_only_mlflow_goes_on_watching(
    another_machine: Callable[[str], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    steps = [RandomSplit(validation=0.4, test=0.1), Standardize(), LogisticRegression()]
    rng = np.random.default_rng(4)
    run = Pipeline(steps, target="late", id="order", name="orders").run(orders(rng, 1_500), track=True, verbose=False)
    assert run.mlflow_run_id is not None
    with pytest.raises(TrackingError, match="no monitor is kept with the run"):
        Monitor.from_run(run.id)
    made = Monitor.from_run(run, budget="1 false page per 90 days", rows=200)
    made.save()
    assert len(Monitor.from_run(run.id).rows) == 200

    another_machine("second")
    monitor = Monitor.from_run(run.mlflow_run_id)
    assert monitor.rows is None
    assert digest(monitor.profile) == digest(made.profile) and monitor.budget == made.budget
    assert Monitor.from_run(run.mlflow_run_id, budget="1 false page per year").level < monitor.level
    today = orders(rng, 600)
    assert monitor.check(today.drop(columns="late")).level == ""
    assert monitor.history.to_mlflow() == run.mlflow_run_id
    (tmp_path / "worse.csv").write_text(orders(rng, 600, flipped=0.4).to_csv(index=False))
    assert said("check", run.mlflow_run_id, tmp_path / "worse.csv", "--mlflow", "--labels", tmp_path / "worse.csv") == 1
    assert f"run {run.mlflow_run_id}" in capsys.readouterr().out

    another_machine("third")
    third = Monitor.from_run(run.mlflow_run_id)
    assert third.history.table["level"].tolist() == ["", "page"]
    client = mlflow.MlflowClient()
    assert [each.value for each in client.get_metric_history(run.mlflow_run_id, "monitor/page")] == [0.0, 1.0]
    named = {each.path for each in client.list_artifacts(run.mlflow_run_id, "monitor")}
    assert {"monitor/monitor.json", "monitor/history.jsonl", "monitor/checks.html"} <= named
    made.check(today)
    with pytest.raises(TrackingError, match="has 2 checks and this history 1"):
        made.history.to_mlflow()
