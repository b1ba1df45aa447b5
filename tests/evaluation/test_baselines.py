"""Baselines: models, people and guesses beside the model, with paired differences and what it saves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Cost, Evaluate, Pipeline, RandomSplit
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import metric_named, paired_difference
from mlsys.evaluation.intervals import widened


@pytest.fixture
def loans(rng: np.random.Generator) -> pd.DataFrame:
    rows = 600
    income, debt = rng.normal(3, 1, rows), rng.gamma(2, 1, rows)
    late = rng.random(rows) < 1 / (1 + np.exp(1 + income - debt))
    clerk = np.where(rng.random(rows) < 0.85, late, ~late)
    return pd.DataFrame({"income": income, "debt": debt, "clerk": clerk, "client": np.arange(rows) // 4, "late": late})


def steps(*baselines: object, **more: object) -> list[object]:
    return [RandomSplit(test=0.0), LogisticRegression(), Evaluate(baselines=list(baselines), slices=(), **more)]


def test_every_metric_is_compared_with_people_and_uniform_guesses(loans: pd.DataFrame) -> None:
    run = Pipeline(steps("clerk", "uniform"), target="late", exclude=["clerk", "client"]).run(loans, track=False)
    table = run.evaluation.tables["differences"].set_index(["baseline", "metric"])
    assert set(table.index.get_level_values(0)) == {"zero_rule", "random", "uniform", "clerk"}
    people = table.loc["clerk"]
    assert people.loc["accuracy", "better by"] == pytest.approx(
        people.loc["accuracy", "model"] - people.loc["accuracy", "value"]
    )
    assert 0.75 < people.loc["accuracy", "value"] < 0.95
    sure = table[table["verdict"] != "not enough data"]
    assert len(sure) > 15 and sure["better by"].between(sure["lower"] - 1e-9, sure["upper"] + 1e-9).all()
    assert table.loc[("uniform", "recall"), "value"] == pytest.approx(0.5, abs=0.05)
    assert table.loc[("zero_rule", "log_loss"), "verdict"] == "better"


def test_a_saved_model_is_asked_about_rows_as_a_request_brings_them(loans: pd.DataFrame, tmp_path: Path) -> None:
    earlier = [
        mlsys.Derive({"ratio": lambda rows: rows["debt"] - rows["income"]}), RandomSplit(test=0.0), LogisticRegression()
    ]  # fmt: skip
    first = Pipeline(earlier, target="late", features=["ratio"]).run(loans, track=False)
    first.save(tmp_path / "model")
    champion = mlsys.load(tmp_path / "model")
    run = Pipeline(steps(champion), target="late", features=["income", "debt"]).run(loans, track=False)
    row = run.evaluation.tables["differences"].query("baseline == 'earlier model' and metric == 'roc_auc'").iloc[0]
    judged = run.evaluation.scored
    said = champion.predict(loans.loc[judged.index])["probability_True"]
    from sklearn.metrics import roc_auc_score

    assert row["value"] == pytest.approx(roc_auc_score(judged["y"], said), rel=1e-12)
    assert "earlier model" in run.evaluation.beats
    with pytest.raises(DataError, match=r"the baseline earlier model needs 'debt', 'income'|'income', 'debt'"):
        Pipeline(steps(champion), target="late").run(loans[["client", "late"]], track=False)


def test_the_name_of_a_registered_model_says_how_to_load_it() -> None:
    with pytest.raises(ConfigurationError, match=r"mlsys\.load\('models:/loans@champion'\)"):
        Evaluate(baselines=["models:/loans@champion"])


def test_a_model_that_does_not_beat_the_zero_rule_says_so_first(loans: pd.DataFrame) -> None:
    hard = [RandomSplit(test=0.0), DummyClassifier(), Evaluate(baselines=["clerk"], slices=())]
    run = Pipeline(hard, target="late", features=["income"]).run(loans, track=False)
    lines = run.card.text().splitlines()
    assert "✕ does not beat zero_rule" in lines[1]


def test_the_value_stands_above_the_scores_with_what_it_saves(loans: pd.DataFrame) -> None:
    pipeline = Pipeline(steps(value=Cost(missed=5, false_alarm=1)), target="late", features=["income", "debt"])
    run = pipeline.run(loans, track=False)
    lines = [line.strip().split(" ")[0] for line in run.card.text().splitlines()]
    assert lines.index("verdict") < lines.index("value") < lines.index("roc_auc")
    judged = run.evaluation.scored
    act = judged["probability_True"] >= 1 / 6
    per_row = np.where(judged["y"], np.where(act, 0, 5), np.where(act, 1, 0))
    assert run.evaluation.scalars["cost_per_thousand"] == pytest.approx(1_000 * per_row.mean())
    assert "saves" in run.evaluation.value and "beside zero_rule" in run.evaluation.value


def test_the_cost_of_rows_in_groups_is_less_sure(loans: pd.DataFrame) -> None:
    scored = loans.assign(prediction=loans["late"], probability_True=0.2, probability_False=0.8)
    scored.loc[scored["client"] % 3 == 0, ["probability_True", "probability_False"]] = 0.1, 0.9
    scored = scored.assign(late=(scored["client"] % 2).astype(bool))
    parts = {"train": scored, "validation": scored}
    asked = Evaluate(["accuracy"], slices=(), value=Cost(5, 1))

    def width(**roles: str) -> float:
        said = asked.of(**parts, target="late", **roles).value
        low, high = said.split("[")[1].split("]")[0].replace(",", "").split()
        return float(high) - float(low)

    assert width(group="client") == pytest.approx(2 * width(), rel=0.1)  # four equal rows are worth one


def test_differences_of_counts_are_those_of_a_bootstrap_of_rows(rng: np.random.Generator) -> None:
    y = rng.integers(0, 2, 2_000)
    one, other = (np.where(rng.random(2_000) < share, y, 1 - y) for share in (0.85, 0.8))
    frames = [pd.DataFrame({"y": y, "prediction": said}) for said in (one, other)]
    found = paired_difference(metric_named("f1"), *frames)
    drawn = []
    for _ in range(300):
        rows = rng.integers(0, 2_000, 2_000)
        drawn.append(_f1(y[rows], one[rows]) - _f1(y[rows], other[rows]))
    assert found.method == "bootstrap of counts, paired"
    assert found.value == pytest.approx(_f1(y, one) - _f1(y, other), rel=1e-9)
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.004)


def _f1(y: np.ndarray, said: np.ndarray) -> float:
    return float(2 * (y & said).sum() / (y.sum() + said.sum()))


def test_intervals_over_few_groups_are_those_of_student() -> None:
    from scipy.stats import norm, t

    assert widened(10, 0.95) == pytest.approx(t.ppf(0.975, 9) / norm.ppf(0.975) * np.sqrt(10 / 9))


def test_what_needs_either_class_says_so_where_one_is_rare(rng: np.random.Generator) -> None:
    y = np.r_[np.ones(4, int), np.zeros(96, int)]
    p = np.clip(0.3 * y + rng.random(100) * 0.6, 0, 1)
    asked = ["accuracy", "f1", "mcc", "balanced_accuracy", "log_loss", "brier"]
    found = mlsys.score_slices(y, p > 0.5, metrics=asked, probability=p, event=1).table
    frame = pd.DataFrame({"y": y, "prediction": p > 0.5, "probability_0": 1 - p, "probability_1": p})
    frame["prediction"] = frame["prediction"].astype(int)
    table = Evaluate(asked, slices=()).of(train=frame, validation=frame, target="y", event=1).table
    for scores in (found, table.query("model == 'model' and part == 'validation'")):
        assert scores.set_index("metric")["verdict"].to_dict() == {
            "accuracy": "", **dict.fromkeys(asked[1:], "not enough data")
        }  # fmt: skip
