"""What is equal is not worse, and a random guess is the mean of guesses that hang on rows, not on their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Evaluate, Gate, KFolds, Pipeline, RandomSplit, beats, gap
from mlsys.evaluation import Candidate
from mlsys.evaluation.differing import difference
from mlsys.evaluation.judging import Judge
from mlsys.evaluation.metrics import METRICS


def mirrored(rows: int = 3_000, **columns: Any) -> pd.DataFrame:
    """Rows of three sites, the same at each."""
    rng = np.random.default_rng(0)
    third = pd.DataFrame({"x": rng.normal(size=rows // 3)})
    third["y"] = third["x"] + rng.normal(size=rows // 3) > 0
    frame = pd.concat([third.assign(site=site) for site in ("a", "b", "c")], ignore_index=True)
    return frame.assign(**columns)


def judged(frame: pd.DataFrame, metric: str) -> Any:
    numbers = "regression" in METRICS[metric].tasks
    y = frame["x"] * 0.1 if numbers else frame["y"].astype(int)
    p = 1 / (1 + np.exp(-frame["x"]))
    said = {"prediction": y + 0.3} if numbers else {"prediction": (p > 0.5).astype(int), "probability_0": 1 - p}
    said |= {} if numbers else {"probability_1": p}
    rows = frame.assign(y=y, **said)
    return Evaluate([metric], slices=["site"]).of(train=rows, validation=rows, target="y")


@pytest.mark.quick("accuracy", "f1", "brier", "r2", "rmse", "log_loss")
@pytest.mark.parametrize(
    "metric",
    sorted(
        {
            name
            for name, each in METRICS.items()
            if each.tasks != ("multiclass",) and not (each.of_target or each.by_query)
        }
    ),
)
def test_slices_that_equal_all_rows_are_not_worse(metric: str) -> None:
    result = judged(mirrored(), metric)
    verdicts = result.table.query("slice != 'all' and model == 'model'")["verdict"]
    assert set(verdicts) == {"not worse"}
    assert result.worst_slice.startswith(f"none: {metric} is ")
    found = gap(metric, by="site").read(Candidate({"evaluate": result}))
    assert found is not None and found["value"] == 0
    assert Gate(gap(metric, by="site").value <= 0).check({"evaluate": result})[0][2] == "pass"


@given(st.floats(0.01, 100), st.integers(-4, 4))
def test_rounding_is_no_difference_and_a_thousandth_is_one(value: float, steps: int) -> None:
    beside = value
    for _ in range(abs(steps)):
        beside = float(np.nextafter(beside, np.inf if steps > 0 else -np.inf))
    assert difference(value, beside) == 0
    assert difference(value, value * 1.001) == pytest.approx(-value * 0.001)


@pytest.mark.parametrize(("name", "worse_by"), [("accuracy", -0.2), ("log_loss", 0.2)])
def test_a_slice_is_worse_where_value_and_interval_say_so(name: str, worse_by: float) -> None:
    judge = Judge("binary", [METRICS[name]], ["0", "1"], 0.95)
    row = {"metric": name, "value": 0.5 + worse_by, "lower": 0.45 + worse_by, "upper": 0.55 + worse_by}
    assert judge.verdict(row, 0.5) == "worse"
    assert judge.verdict({**row, "value": 0.5}, 0.5) == "not worse"
    assert judge.verdict({**row, "lower": 0.2, "upper": 0.8}, 0.5) == "not worse"
    tiny = np.sign(worse_by) * 1e-15
    assert judge.verdict({"metric": name, **dict.fromkeys(("value", "lower", "upper"), 0.5 + tiny)}, 0.5) == "not worse"


def test_a_model_that_says_what_the_zero_rule_says_does_not_beat_it() -> None:
    frame = mirrored()
    steps = [RandomSplit(), DummyClassifier(strategy="prior"), Evaluate(["log_loss"], slices=())]
    run = Pipeline(steps, target="y", exclude=["site"]).run(frame, track=False, cache=False)
    assert run.evaluation.beats["zero_rule"] == {"value": 0, "lower": 0, "upper": 0}
    assert Gate(beats("zero_rule")).check(run.reports)[0][2] == "fail"
    pipeline = Pipeline([RandomSplit(), DummyClassifier(strategy="prior")], target="y", exclude=["site"])
    one, other = (pipeline.cross_validate(3, data=frame, track=False, cache=False) for _ in range(2))
    assert set(one.against(other)["verdict"]) <= {"not told apart"}


@pytest.fixture(scope="module")
def by_target() -> pd.DataFrame:
    """Rows in order of their target, as many files are."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=4_000), "y": np.repeat([0, 1], 2_000)})
    return frame.assign(amount=np.sort(rng.normal(size=4_000)))


def test_each_fold_is_guessed_anew_and_the_interval_holds_the_half(by_target: pd.DataFrame) -> None:
    pipeline = Pipeline([LogisticRegression()], target="y", exclude=["amount"])
    estimate = pipeline.cross_validate(KFolds(5), data=by_target, track=False, cache=False)
    values = estimate.folds.query("model == 'random' and metric == 'roc_auc'")["value"]
    assert values.nunique() == 5
    row = estimate.table.query("model == 'random' and metric == 'roc_auc'").iloc[0]
    assert row["lower"] < 0.5 < row["upper"] and abs(row["value"] - 0.5) < 0.015


def random_scores(frame: pd.DataFrame, target: str) -> pd.Series:
    model = LogisticRegression() if target == "y" else LinearRegression()
    pipeline = Pipeline([RandomSplit(), model, Evaluate(slices=())], target=target, features=["x"], id="id")
    table = pipeline.run(frame, track=False, cache=False).metrics
    return table.query("model == 'random'").set_index("metric")["value"]


@pytest.mark.quick("y")
@pytest.mark.parametrize("target", ["y", "amount"])
def test_the_guess_is_the_same_each_time_and_for_rows_in_any_order(by_target: pd.DataFrame, target: str) -> None:
    frame = by_target.assign(id=np.arange(len(by_target)) * 3 + 7)
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    first, again, other = (random_scores(each, target) for each in (frame, frame, shuffled))
    assert first.to_dict() == again.to_dict()
    assert other.to_dict() == pytest.approx(first.to_dict())


@pytest.mark.quick("0")
@pytest.mark.parametrize("seed", range(3))
def test_the_mean_over_draws_is_near_what_guessing_is_worth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"y": (rng.random(3_000) < 0.2).astype(int), "w": rng.integers(0, 3, 3_000)})
    rows = rows.assign(prediction=0, probability_0=0.8, probability_1=0.2)
    table = Evaluate(["roc_auc", "accuracy", "recall"]).of(train=rows, validation=rows, target="y", weight="w").table
    values = table.query("model == 'random'").set_index("metric")["value"]
    share = rows.loc[rows["w"] > 0, "y"].mul(rows["w"]).sum() / rows["w"].sum()
    assert values["roc_auc"] == pytest.approx(0.5, abs=0.03)
    assert values["accuracy"] == pytest.approx(share**2 + (1 - share) ** 2, abs=0.03)
    assert values["recall"] == pytest.approx(share, abs=0.05)


def test_numbers_are_drawn_as_often_as_training_rows_have_them() -> None:
    rng = np.random.default_rng(4)
    train = pd.DataFrame({"y": [1.0, 2.0, 10.0], "w": [1.0, 3.0, 0.0], "prediction": 0.0})
    later = pd.DataFrame({"y": rng.normal(size=2_000), "w": 1.0, "prediction": 0.0})
    table = Evaluate(["rmse"]).of(train=train, validation=later, target="y", weight="w").table
    found = table.query("model == 'random'")["value"].item()
    drawn = np.array([1.0, 2.0, 2.0, 2.0])
    expected = np.sqrt(((drawn[:, None] - later["y"].to_numpy()[None, :]) ** 2).mean())
    assert found == pytest.approx(expected, rel=0.02)
