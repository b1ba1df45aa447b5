"""Gates read intervals on the rows that judge; slices, baselines and cost are what a brute force gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

from mlsys import Cost, Evaluate, Gate, Result, Rows, beats, gap, metric, no_alarm
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Candidate
from mlsys.evaluation.intervals import at_once
from mlsys.summaries.wilson import wilson


def judged(rows: int, seed: int, skill: float = 1.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    known, site = rng.normal(size=rows), rng.choice(["north", "south", "west"], rows, p=[0.6, 0.3, 0.1])
    strength = np.where(site == "west", 0.0, skill)  # the model knows nothing of the west
    y = (rng.random(rows) < 1 / (1 + np.exp(0.5 - skill * known))).astype(int)
    p = 1 / (1 + np.exp(0.5 - strength * known + (site == "west") * 2 * rng.normal(size=rows)))
    return pd.DataFrame(
        {"x": known, "site": pd.Series(site, dtype="str"), "y": y, "prediction": (p >= 0.5).astype(int),
         "probability_0": 1 - p, "probability_1": p}
    )  # fmt: skip


TRAIN, HELD_OUT = judged(1_000, 1), judged(2_000, 2)


def evaluated(step: Evaluate, **parts: pd.DataFrame) -> Result:
    return step.of(**{"train": TRAIN, "validation": HELD_OUT, **parts}, target="y")


def test_slices_are_the_metric_on_their_rows_with_simultaneous_intervals() -> None:
    table = evaluated(Evaluate(["accuracy", "roc_auc"], slices=["site"])).table
    for site, rows in HELD_OUT.groupby("site"):
        found = table[table["slice"] == f"site={site}"].set_index("metric")
        assert found.loc["roc_auc", "value"] == pytest.approx(roc_auc_score(rows["y"], rows["probability_1"]))
        right = accuracy_score(rows["y"], rows["prediction"])
        lower, upper = wilson(right * len(rows), len(rows), at_once(0.95, 3))
        assert (found.loc["accuracy", "lower"], found.loc["accuracy", "upper"]) == pytest.approx((lower, upper))
        assert found.loc["accuracy", "n"] == len(rows)


def test_the_slice_the_model_knows_nothing_of_is_worse_and_named() -> None:
    result = evaluated(Evaluate(["roc_auc"], slices=["site"]))
    verdicts = result.table.set_index("slice")["verdict"]
    assert verdicts["site=west"] == "worse" and verdicts["site=north"] == "not worse"
    assert result.worst_slice.startswith("site=west: roc_auc")


def test_slices_by_function_and_slices_that_say_too_little() -> None:
    step = Evaluate(["accuracy"], slices={"high": lambda rows: rows["x"] > 0, "few": lambda rows: rows.index < 5})
    table = evaluated(step).table.set_index("slice")
    high = HELD_OUT[HELD_OUT["x"] > 0]
    assert table.loc["slice=high", "value"] == pytest.approx(accuracy_score(high["y"], high["prediction"]))
    assert table.loc["slice=few", "verdict"] == "not enough data" and np.isnan(table.loc["slice=few", "lower"])


def test_slices_are_not_compared_by_what_depends_on_how_the_target_is_spread() -> None:
    rows = pd.DataFrame({"y": np.arange(200.0), "prediction": np.arange(200.0) + 3, "half": np.arange(200) // 100})
    for asked, expected in [(None, {"rmse", "mae"}), (["mae", "r2"], {"mae", "r2"})]:
        table = Evaluate(asked, slices=["half"]).of(train=rows, validation=rows, target="y").table
        of_slices = table[(table["slice"] != "all") & (table["part"] == "validation")]
        assert set(of_slices["metric"]) == expected
        assert "r2" in set(table.loc[table["slice"] == "all", "metric"])


def test_nulls_are_a_slice_of_their_own() -> None:
    rows = HELD_OUT.assign(site=HELD_OUT["site"].mask(HELD_OUT["site"] == "west"))
    table = evaluated(Evaluate(["accuracy"], slices=["site"]), validation=rows).table
    assert table.loc[table["slice"] == "site=nan", "n"].tolist() == [(HELD_OUT["site"] == "west").sum()]


class RateOfSite:
    __name__ = "rate_of_site"

    def learn(self, train: Rows) -> Any:
        rates = train.y.groupby(train["site"]).mean()
        return lambda frame: frame["site"].map(rates)


def positive_x(frame: pd.DataFrame) -> pd.Series:
    return (frame["x"] > 0).astype(float)


def test_baselines_of_ones_own_are_scored_beside_the_usual_ones() -> None:
    table = evaluated(Evaluate(["roc_auc", "accuracy"], baselines=[RateOfSite(), positive_x])).table
    values = table[table["slice"] == "all"].set_index(["model", "metric"])["value"]
    rates = TRAIN.groupby("site")["y"].mean()
    assert values["rate_of_site", "roc_auc"] == pytest.approx(roc_auc_score(HELD_OUT["y"], HELD_OUT["site"].map(rates)))
    assert values["positive_x", "accuracy"] == pytest.approx(accuracy_score(HELD_OUT["y"], HELD_OUT["x"] > 0))
    assert {"model", "zero_rule", "random"} <= set(table["model"])
    assert values["zero_rule", "roc_auc"] == 0.5 and abs(values["random", "roc_auc"] - 0.5) < 0.05


def test_cost_is_counted_at_the_threshold_where_it_is_least() -> None:
    cost = Cost(missed=5, false_alarm=1)
    result = evaluated(Evaluate(value=cost))
    act, event = HELD_OUT["probability_1"] >= 1 / 6, HELD_OUT["y"] == 1
    paid = 1_000 * (5 * (event & ~act) + (~event & act)).mean()
    assert result.scalars["cost_per_thousand"] == pytest.approx(paid)
    assert f"{paid:,.0f}" in result.value and "threshold 0.167" in result.value
    all_missed = 1_000 * 5 * event.mean()
    shares = TRAIN["y"].mean()
    assert result.scalars["cost_per_thousand/zero_rule"] == pytest.approx(
        all_missed if shares < 1 / 6 else 1_000 * (~event).mean()
    )


def test_a_calibrated_model_pays_least_at_elkans_threshold() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 3, 200_000)
    event = rng.random(200_000) < p
    cost = Cost(missed=4, false_alarm=1, caught=0.5)
    paid = {cut: cost.per_row(event, p >= cut).mean() for cut in np.linspace(0.05, 0.6, 56)}
    assert min(paid, key=paid.__getitem__) == pytest.approx(cost.threshold, abs=0.03)


def test_a_gate_reads_the_end_of_the_interval_it_names() -> None:
    result = evaluated(Evaluate(["roc_auc", "recall"], slices=["site"]))
    row = result.table.query(
        "slice == 'all' and model == 'model' and part == 'validation' and metric == 'roc_auc'"
    ).iloc[0]
    between = (row["lower"] + row["value"]) / 2
    terms = [
        metric("roc_auc").lower >= between,
        metric("roc_auc").value >= between,
        metric("roc_auc").upper > row["upper"],
    ]
    checked = Gate(*terms).check({"evaluate": result})
    assert [verdict for _, _, verdict in checked] == ["fail", "pass", "fail"]
    assert checked[0][0] == f"roc_auc lower end >= {between:g}"


def test_a_gap_is_the_distance_of_the_farthest_slices_and_its_upper_end_is_on_the_safe_side() -> None:
    result = evaluated(Evaluate(["recall"], slices=["site"]))
    recalls = {
        site: recall_score(rows["y"], rows["prediction"]) for site, rows in HELD_OUT.groupby("site", observed=True)
    }
    widest = max(recalls.values()) - min(recalls.values())
    found = gap("recall", by="site").read(Candidate({"evaluate": result}))
    assert found is not None and found["value"] == pytest.approx(widest)
    assert 0 <= found["lower"] < widest < found["upper"]
    held = Gate(gap("recall", by="site").upper <= found["upper"]).check({"evaluate": result})
    missed = Gate(gap("recall", by="site").upper <= widest).check({"evaluate": result})
    assert (held[0][2], missed[0][2]) == ("pass", "fail")


def test_a_model_beats_a_baseline_only_where_the_paired_interval_says_so() -> None:
    coin = HELD_OUT.assign(probability_1=0.5, probability_0=0.5, prediction=0)
    informed, uninformed = evaluated(Evaluate(["roc_auc"])), evaluated(Evaluate(["roc_auc"]), validation=coin)
    gate = Gate(beats("zero_rule"))
    assert gate.check({"evaluate": informed})[0][2] == "pass"
    assert gate.check({"evaluate": uninformed})[0][2] == "fail"


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (metric("f1").value >= 0, "not in the evaluation"),
        (gap("roc_auc", by="country").upper <= 1, "not in the evaluation"),
        (no_alarm("drift"), "there is no report 'drift'"),
    ],
)
def test_what_was_not_judged_fails(term: Any, said: str) -> None:
    _, value, verdict = Gate(term).check({"evaluate": evaluated(Evaluate(["roc_auc"]))})[0]
    assert verdict == "fail" and value.startswith(said)


def test_an_interval_that_is_not_there_is_not_enough_data() -> None:
    few = evaluated(Evaluate(["accuracy"]), validation=HELD_OUT.head(8))
    assert Gate(metric("accuracy").lower >= 0).check({"evaluate": few})[0][1:] == ("not enough data", "not enough data")


def test_training_rows_never_pass_a_gate() -> None:
    with pytest.raises(ConfigurationError, match="evaluate the model on the rows it learned from"):
        evaluated(Evaluate(on="train"))


def test_gates_refuse_what_is_no_term() -> None:
    with pytest.raises(ConfigurationError, match="is not a comparison"):
        Gate(metric("roc_auc"))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="used as a truth value"):
        Gate(0.5 <= metric("roc_auc").value <= 0.9)  # type: ignore[arg-type]


@pytest.mark.parametrize("prices", [{"missed": 0, "false_alarm": 1}, {"missed": 1, "false_alarm": 0.0}])
def test_cost_refuses_mistakes_that_pay(prices: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="no more expensive than the right decision"):
        Cost(**prices)


def test_metrics_of_another_task_are_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="'rmse' is for regression, but this is binary"):
        evaluated(Evaluate(["rmse"]))
    plain = HELD_OUT.drop(columns=["probability_0", "probability_1"])
    with pytest.raises(ConfigurationError, match="'roc_auc' needs probabilities"):
        evaluated(Evaluate(["roc_auc"]), validation=plain, train=TRAIN.drop(columns=["probability_0", "probability_1"]))


def test_an_unknown_slice_column_and_unlabelled_rows_are_refused() -> None:
    with pytest.raises(DataError, match="slices by 'city'"):
        evaluated(Evaluate(slices=["city"]))
    with pytest.raises(DataError, match="no rows with a known target"):
        evaluated(Evaluate(), validation=HELD_OUT.assign(y=None))


def test_the_picture_shows_model_baselines_and_slices() -> None:
    axes = evaluated(Evaluate(["roc_auc"], slices=["site"])).plot()
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert {"model", "zero_rule", "random", "site=north", "site=south", "site=west"} <= set(labels)
