"""Sensitive columns: rates of each group are counted right, and gaps have intervals that hold what is true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Evaluate, Gate, Pipeline, gap
from mlsys.steps import Result


def treated(rng: np.random.Generator, rows: int, flagged: dict[Any, float], events: float = 0.4) -> pd.DataFrame:
    """Rows of groups that are flagged at different rates, whatever the truth."""
    group = rng.choice(list(flagged), rows)
    said = rng.random(rows) < pd.Series(group).map(flagged)
    return pd.DataFrame({"y": rng.random(rows) < events, "prediction": said.to_numpy(), "race": group})


def report(rows: pd.DataFrame, **roles: Any) -> Result:
    return Evaluate(["accuracy"], slices=()).of(train=rows, validation=rows, target="y", sensitive=("race",), **roles)


def test_rates_are_those_of_a_count(rng: np.random.Generator) -> None:
    rows = treated(rng, 900, {"a": 0.3, "b": 0.6}).assign(w=rng.integers(0, 4, 900))
    for weight, weights in ((None, np.ones(900)), ("w", rows["w"].to_numpy())):
        table = report(rows, weight=weight).tables["groups"].set_index(["slice", "metric"])["value"]
        for name in "ab":
            held = (rows["race"] == name).to_numpy() * weights
            event, said = rows["y"].to_numpy(), rows["prediction"].to_numpy()
            counted = {
                "selection_rate": (held * said).sum() / held.sum(),
                "recall": (held * said * event).sum() / (held * event).sum(),
                "false_positive_rate": (held * said * ~event).sum() / (held * ~event).sum(),
                "precision": (held * said * event).sum() / (held * said).sum(),
            }
            assert table[f"race={name}"].to_dict() == pytest.approx(counted)


def test_gaps_of_the_event_that_is_named(rng: np.random.Generator) -> None:
    rows = treated(rng, 900, {"a": 0.3, "b": 0.6})
    gaps = {event: report(rows, event=event).tables["gaps"].set_index("metric") for event in (True, False)}
    assert gaps[True].loc["selection_rate", "highest"] == "race=b"
    assert gaps[False].loc["selection_rate", "highest"] == "race=a"
    assert gaps[True].loc["selection_rate", "gap"] == pytest.approx(gaps[False].loc["selection_rate", "gap"])


def test_criteria_of_fairness_are_those_of_their_definition(rng: np.random.Generator) -> None:
    """Differences and ratios as of fairlearn: the widest over groups; equalized odds the worse of both rates."""
    rows = treated(rng, 2_000, {"a": 0.3, "b": 0.6, "c": 0.5})
    table = report(rows).tables["fairness"].set_index("criterion")
    by = rows.groupby("race")
    chosen = by["prediction"].mean()
    recall, false = (rows[rows["y"] == event].groupby("race")["prediction"].mean() for event in (True, False))
    right = rows[rows["prediction"]].groupby("race")["y"].mean()
    wanted = {
        "demographic_parity": [chosen],
        "equal_opportunity": [recall],
        "equalized_odds": [recall, false],
        "predictive_parity": [right],
    }
    for criterion, rates in wanted.items():
        row = table.loc[criterion]
        assert row["gap"] == pytest.approx(max(rate.max() - rate.min() for rate in rates))
        assert row["ratio"] == pytest.approx(min(rate.min() / rate.max() for rate in rates))
        assert row["lower"] <= row["gap"] <= row["upper"] and row["groups"] == 3
        assert row["ratio_lower"] <= row["ratio"] <= row["ratio_upper"] <= 1
    assert report(rows).scalars["equalized_odds_gap/race"] == pytest.approx(table.loc["equalized_odds", "gap"])
    assert "; equalized odds 0." in report(rows).sensitive["race"]


@pytest.mark.long
def test_intervals_of_ratios_and_of_equalized_odds_hold_the_true_ones() -> None:
    """At 95 %, of 200 samples fewer than 180 hold it once in a thousand."""
    ratio = odds = 0
    for seed in range(200):
        table = report(treated(np.random.default_rng(seed), 600, {"a": 0.2, "b": 0.4})).tables["fairness"]
        row = table.set_index("criterion")
        ratio += row["ratio_lower"]["demographic_parity"] <= 0.5 <= row["ratio_upper"]["demographic_parity"]
        odds += row["lower"]["equalized_odds"] <= 0.2 <= row["upper"]["equalized_odds"]
    assert ratio >= 180 and odds >= 180


def test_a_criterion_needs_two_groups_with_enough_rows_for_each_rate(rng: np.random.Generator) -> None:
    rows = treated(rng, 400, {"a": 0.5, "b": 0.5})
    rows.loc[(rows["race"] == "b"), "y"] = False  # no events among b
    table = report(rows).tables["fairness"].set_index("criterion")
    assert table["groups"].to_dict() == {
        "demographic_parity": 2, "equal_opportunity": 1, "equalized_odds": 1, "predictive_parity": 2,
    }  # fmt: skip
    assert np.isnan(table.loc["equalized_odds", "gap"]) and table.loc["equalized_odds", "too_small"]


@pytest.mark.quick("flagged0")
@pytest.mark.parametrize(
    "flagged", [{"a": 0.5, "b": 0.5, "c": 0.5}, {"a": 0.2, "b": 0.5, "c": 0.55}, {"a": 0.1, "b": 0.9}]
)
def test_the_interval_of_the_widest_gap_holds_the_true_one(flagged: dict[Any, float]) -> None:
    true = max(flagged.values()) - min(flagged.values())
    held = 0
    for seed in range(30):
        gaps = report(treated(np.random.default_rng(seed), 400, flagged)).tables["gaps"].set_index("metric")
        row = gaps.loc["selection_rate"]
        held += row["lower"] <= true <= row["upper"] and row["lower"] <= row["gap"] <= row["upper"]
    assert held >= 26  # of 30 at 95 %: fewer come once in a hundred


@pytest.mark.quick("roles0")
@pytest.mark.parametrize("roles", [{"weight": "w"}, {"group": "family"}])
def test_gaps_of_weighted_and_grouped_rows_hold_the_true_one(roles: dict[str, str]) -> None:
    held = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        rows = treated(rng, 300, {"a": 0.3, "b": 0.5}).assign(w=rng.integers(1, 4, 300), family=np.arange(300) // 2)
        row = report(rows, **roles).tables["gaps"].set_index("metric").loc["selection_rate"]
        held += row["lower"] <= 0.2 <= row["upper"]
    assert held >= 8


def test_small_groups_are_named_and_nulls_are_a_group(rng: np.random.Generator) -> None:
    rows = treated(rng, 600, {"a": 0.3, "b": 0.7})
    rows.loc[:4, "race"] = "few"
    rows.loc[100:300, "race"] = None
    result = report(rows)
    row = result.tables["gaps"].set_index("metric").loc["selection_rate"]
    assert row["too_small"] == "race=few (5)" and row["groups"] == 3
    assert "race=nan" in set(result.tables["groups"]["slice"])
    assert "too few rows to say: race=few (5)" in result.sensitive["race"]
    alone = report(rows[rows["race"].isin(["a", "few"])])
    assert alone.sensitive["race"].startswith("too few groups with enough rows to compare")


def test_no_gap_is_said_where_there_is_none(rng: np.random.Generator) -> None:
    rows = treated(rng, 600, {"a": 0.5, "b": 0.5})
    assert "no gap differs significantly from zero" in report(rows).sensitive["race"]
    same = pd.concat([rows.assign(race="a"), rows.assign(race="b")], ignore_index=True)
    assert (report(same).tables["gaps"]["gap"] == 0).all()


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=6_000), "race": rng.choice(["a", "b", "c"], 6_000)})
    frame["age"] = rng.normal(40, 10, 6_000)
    shifted = frame["x"] + (frame["race"] == "b")
    return frame.assign(paid=shifted + rng.normal(size=6_000), y=(shifted + rng.normal(size=6_000) > 0).astype(int))


def of(cases: pd.DataFrame, model: Any, target: str, *steps: Any) -> Any:
    pipeline = Pipeline([model, *steps], target=target, features=["x"], sensitive=["race", "age"])
    return pipeline.run(cases, track=False, cache=False, verbose=False)


def test_a_named_column_is_on_the_card_and_in_gates_at_once(cases: pd.DataFrame) -> None:
    run = of(cases, LogisticRegression(), "y")
    lines = [said for label, said in run.card.lines if label == "sensitive"]
    assert [line.split(":")[0] for line in lines] == ["race", "age"]
    row = run.reports["evaluate"].tables["gaps"].query("column == 'race'").sort_values("lower").iloc[-1]
    assert f"gap {row['gap']:.3f} [{row['lower']:.3f}, {row['upper']:.3f}]" in lines[0] and "race=b" in lines[0]
    assert "no gap differs significantly from zero" in lines[1]
    checked = Gate(gap("selection_rate", by="race").upper <= 0.5, gap("false_positive_rate", by="race").upper <= 0.01)
    assert [verdict for _, _, verdict in checked.check(run.reports)] == ["pass", "fail"]
    assert "selection_rate_gap/race" in run.reports["evaluate"].scalars
    assert run.final_test().reports["evaluate"].tables["gaps"]["groups"].min() > 1


def test_numbers_are_compared_by_their_mean_error(cases: pd.DataFrame) -> None:
    run = of(cases, LinearRegression(), "paid", Evaluate(slices=()))
    table = run.reports["evaluate"].tables["groups"].set_index("slice")
    rows = run.frame("validation")
    errors = (rows["prediction"] - rows["paid"]).groupby(rows["race"]).mean()
    assert {name: table.loc[f"race={name}", "value"] for name in "abc"} == pytest.approx(errors.to_dict())
    gaps = run.reports["evaluate"].tables["gaps"].set_index("column")
    assert gaps.loc["race", "lowest"] == "race=b" and gaps.loc["race", "lower"] > 0.8
    assert gaps.loc["race", "gap"] == pytest.approx(errors.max() - errors.min())


def test_more_classes_are_compared_by_their_accuracy(cases: pd.DataFrame) -> None:
    three = cases.assign(y=pd.cut(cases["paid"], [-99, -1, 1, 99], labels=["low", "mid", "high"]).astype("str"))
    assert set(of(three, LogisticRegression(), "y").reports["evaluate"].tables["gaps"]["metric"]) == {"accuracy"}
