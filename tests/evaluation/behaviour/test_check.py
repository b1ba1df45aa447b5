"""Behavioural tests on estimators: failing shares, moves and verdicts are those of a brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from mlsys import DirectionalTest, InvarianceTest, PerturbationTest
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Behaviour
from mlsys.evaluation.behaviour.behaviour import draw_failing
from mlsys.evaluation.behaviour.failing import Sampling, failing
from mlsys.summaries.wilson import wilson


def applicants(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "debt": rng.gamma(2, 1, rows), "income": rng.normal(3, 1, rows), "age": rng.integers(18, 80, rows),
        "sex": rng.choice(["f", "m"], rows), "branch": rng.choice(["city", "coast"], rows),
    })  # fmt: skip


FRAME = applicants()
NUMBERS = FRAME[["debt", "income", "age"]]
LATE = FRAME["debt"] - FRAME["income"] + np.random.default_rng(1).normal(size=len(FRAME)) > 0
LOGISTIC = LogisticRegression(max_iter=500).fit(NUMBERS, LATE)


def one(found: Behaviour) -> Any:
    return found.table[found.table["slice"] == "all"].iloc[0]


def test_a_raised_column_moves_predictions_as_a_brute_force_does() -> None:
    found = DirectionalTest("income", "down", by=0.5).check(LOGISTIC, NUMBERS)
    moves = LOGISTIC.predict_proba(NUMBERS.assign(income=NUMBERS["income"] + 0.5))[:, 1]
    moves -= LOGISTIC.predict_proba(NUMBERS)[:, 1]
    row = one(found)
    assert (found.verdict, found.unit, row["n"]) == ("pass", "probability of 'True'", len(FRAME))
    assert row["typical"] == pytest.approx(np.median(moves)) and row["largest"] == pytest.approx(moves.min())


def test_a_failing_share_has_wilsons_interval() -> None:
    tolerance = 0.03
    found = InvarianceTest("debt", values=[2.0], tolerance=tolerance, most=0.5).check(LOGISTIC, NUMBERS)
    before, after = (LOGISTIC.predict_proba(each)[:, 1] for each in (NUMBERS, NUMBERS.assign(debt=2.0)))
    fails = np.abs(after - before) > tolerance
    row, interval = one(found), binomtest(int(fails.sum()), len(fails)).proportion_ci(method="wilson")
    assert row["failing"] == pytest.approx(fails.mean())
    assert (row["lower"], row["upper"]) == pytest.approx((interval.low, interval.high))
    assert row["flipped"] == pytest.approx(((after > 0.5) != (before > 0.5)).mean())


@pytest.mark.parametrize(
    ("direction", "by", "verdict"),
    [("down", 0.5, "pass"), ("up", 0.5, "fail"), ("not up", 0.5, "pass"), ("not down", -0.5, "pass"),
     ("up", -1, "pass"), ("down", "10%", "pass"), ("not down", lambda income: income * 2, "fail")],
)  # fmt: skip
def test_directions_say_where_a_prediction_must_go(direction: Any, by: Any, verdict: str) -> None:
    positive = NUMBERS[NUMBERS["income"] > 0]
    assert DirectionalTest("income", direction, by=by).check(LOGISTIC, positive).verdict == verdict


def test_a_move_of_nothing_is_no_move_up_but_not_down() -> None:
    constant = LinearRegression().fit(NUMBERS[["age"]], np.ones(len(FRAME)))
    frame = NUMBERS[["age"]]
    assert DirectionalTest("age", "up").check(constant, frame).verdict == "fail"
    assert DirectionalTest("age", "not down").check(constant, frame).verdict == "pass"


def test_few_rows_are_not_enough_data_and_rows_of_one_group_count_less() -> None:
    few = InvarianceTest("debt", values=[2.0], tolerance=1.0).check(LOGISTIC, NUMBERS.head(60))
    assert few.verdict == "not enough data" and one(few)["failing"] == 0
    grouped = NUMBERS.assign(customer=np.arange(len(FRAME)) // 40)
    step = InvarianceTest("debt", values=[2.0], tolerance=1.0)
    assert step.check(LOGISTIC, NUMBERS).verdict == "pass"
    assert step.check(LOGISTIC, grouped, group="customer").verdict == "not enough data"


def test_rows_of_groups_are_worth_what_their_variance_says() -> None:
    rng = np.random.default_rng(3)
    alone = rng.random(4_000) < 0.2
    whole = np.repeat(rng.random(400) < 0.2, 10)
    groups = np.repeat(np.arange(400), 10)
    plain, of_groups, clustered = (
        failing(alone, 0.5, 0.95),
        failing(alone, 0.5, 0.95, Sampling(groups)),
        failing(whole, 0.5, 0.95, Sampling(groups)),
    )
    assert of_groups.upper - of_groups.lower == pytest.approx(plain.upper - plain.lower, rel=0.15)
    assert clustered.upper - clustered.lower == pytest.approx((plain.upper - plain.lower) * np.sqrt(10), rel=0.2)


def test_a_row_of_weight_two_counts_twice_and_tells_no_more() -> None:
    rng = np.random.default_rng(3)
    fails, weight = rng.random(500) < 0.2, rng.integers(1, 4, 500).astype(float)
    twice = np.repeat(fails, weight.astype(int))
    weighed, copied = failing(fails, 0.5, 0.95, Sampling(None, weight)), failing(twice, 0.5, 0.95)
    assert weighed.share == pytest.approx(copied.share) and weighed.n == 500
    assert weighed.upper - weighed.lower > 1.1 * (copied.upper - copied.lower)
    even = failing(fails, 0.5, 0.95, Sampling(None, np.full(500, 7.0)))
    plain = failing(fails, 0.5, 0.95)
    assert (even.lower, even.upper) == pytest.approx((plain.lower, plain.upper), rel=5e-3)
    none = failing(np.zeros(500, dtype=bool), 0.5, 0.95, Sampling(None, np.r_[np.full(100, 1e6), np.ones(400)]))
    assert none.upper == pytest.approx(wilson(0, 100)[1], rel=0.01)  # the light rows tell next to nothing


def test_failing_shares_are_of_the_weighed_rows_and_rows_of_weight_0_are_not_asked() -> None:
    step = DirectionalTest("income", "up", by=0.5)
    richer = NUMBERS.assign(income=NUMBERS["income"] + 0.5)
    moves = LOGISTIC.predict_proba(richer)[:, 1] - LOGISTIC.predict_proba(NUMBERS)[:, 1]
    weighed = NUMBERS.assign(count=np.where(np.arange(len(NUMBERS)) < 30, 0.0, 1.0 + np.arange(len(NUMBERS)) % 3))
    found = one(step.check(LOGISTIC, weighed, weight="count"))
    assert found["n"] == len(NUMBERS) - 30
    assert found["failing"] == pytest.approx(np.average(moves <= 0, weights=weighed["count"]))


def test_levels_are_swapped_and_only_rows_that_change_count() -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(FRAME[["sex", "branch"]], FRAME["sex"] == "m")
    found = InvarianceTest("sex", slices=["branch"]).check(model, FRAME[["sex", "branch"]])
    counts = FRAME["sex"].value_counts()
    overall = found.table[found.table["slice"] == "all"].set_index("change")["n"]
    assert overall.to_dict() == {"sex to 'm'": counts["f"], "sex to 'f'": counts["m"]}
    within = found.table.query("change == \"sex to 'm'\" and slice == 'branch=city'")["n"].iloc[0]
    assert within == ((FRAME["sex"] == "f") & (FRAME["branch"] == "city")).sum()
    assert found.verdict == "fail" and InvarianceTest("branch").check(model, FRAME[["sex", "branch"]]).verdict == "pass"
    both = InvarianceTest("sex", {"f": "m", "m": "f"}).check(model, FRAME[["sex", "branch"]])
    assert one(both)["n"] == len(FRAME) and len(found.worst) == 20
    assert {"before", "after", "was", "became", "move"} <= set(both.worst.columns)


def test_words_inside_texts_are_swapped_in_both_directions() -> None:
    texts = pd.DataFrame({"note": ["Mary pays", "Tom is late, Mary too", "Tomas pays"] * 40})

    class Counts:
        def predict(self, rows: pd.DataFrame) -> Any:
            assert not set(rows["note"]) & {"Maryas pays"}
            return rows["note"].str.count("Mary").astype(float)

    found = InvarianceTest("note", {"Mary": "Tom", "Tom": "Mary"}, words=True).check(Counts(), texts)
    assert one(found)["n"] == 80 and one(found)["failing"] == 0.5  # one name for the other in the second text: equal


@pytest.mark.parametrize("change", ["noise", "nulls"])
def test_perturbations_are_drawn_alike_for_one_seed(change: Any) -> None:
    model = HistGradientBoostingClassifier(max_iter=5).fit(NUMBERS, LATE)
    step = PerturbationTest(change)
    pd.testing.assert_frame_equal(step.check(model, NUMBERS).table, step.check(model, NUMBERS).table)
    changes = step.check(model, NUMBERS).table["change"].str.split().str[0]
    assert changes.tolist() == ["debt", "income", "age"]


def test_a_model_that_refuses_changed_rows_fails_and_says_so() -> None:
    found = PerturbationTest("nulls").check(LOGISTIC, NUMBERS)
    assert found.verdict == "fail" and "the model refuses the rows: ValueError: Input" in found.summary


def test_classes_without_probabilities_are_compared_as_they_are() -> None:
    model = LinearSVC().fit(NUMBERS, np.where(LATE, "late", "paid"))
    found = InvarianceTest("debt", values=[10.0]).check(model, NUMBERS)
    said = model.predict(NUMBERS) != model.predict(NUMBERS.assign(debt=10.0))
    assert one(found)["failing"] == pytest.approx(said.mean()) and found.unit == "predicted class"
    with pytest.raises(ConfigurationError, match=r"(?s)has no order.*event="):
        DirectionalTest("debt", "up").check(model, NUMBERS)


def test_names_of_clusters_have_no_distance() -> None:
    model = KMeans(3, n_init=2, random_state=0).fit(NUMBERS[["debt", "income"]])
    found = InvarianceTest("debt", values=[9.0]).check(model, NUMBERS[["debt", "income"]])
    moved = model.predict(NUMBERS[["debt", "income"]]) != model.predict(NUMBERS[["debt", "income"]].assign(debt=9.0))
    assert found.unit == "predicted class" and one(found)["failing"] == pytest.approx(moved.mean())


def test_a_column_in_which_nothing_can_change_is_passed_over() -> None:
    frame = NUMBERS.assign(constant=1.0)
    model = LogisticRegression(max_iter=500).fit(frame, LATE)
    assert PerturbationTest("noise").check(model, frame).table["change"].str.contains("constant").sum() == 0
    only = InvarianceTest("constant").check(model, frame)
    assert only.verdict == "not enough data" and only.summary == "no row is different with constant to 1"


def test_an_answer_without_a_prediction_is_refused() -> None:
    model = type("Two", (), {"predict": lambda self, rows: rows[["debt", "income"]]})()
    with pytest.raises(DataError, match="shape"):
        InvarianceTest("debt").check(model, NUMBERS)


def test_of_three_classes_one_is_named() -> None:
    model = LogisticRegression(max_iter=500).fit(
        NUMBERS, pd.cut(NUMBERS["debt"], [0, 1, 3, 99], labels=["a", "b", "c"])
    )
    assert DirectionalTest("debt", "up", event="c").check(model, NUMBERS).unit == "probability of 'c'"
    assert InvarianceTest("age").check(model, NUMBERS).unit == "probability of any class"
    with pytest.raises(ConfigurationError, match="name a class"):
        DirectionalTest("debt", "up").check(model, NUMBERS)
    with pytest.raises(DataError, match=r"(?s)event='d' is no class.*classes are a, b, c"):
        DirectionalTest("debt", "up", event="d").check(model, NUMBERS)


def test_numbers_move_in_standard_deviations_of_the_predictions() -> None:
    model = Ridge().fit(NUMBERS, 3 * NUMBERS["debt"])
    found = InvarianceTest("debt", values=[0.0]).check(model, NUMBERS)
    assert found.tolerance == pytest.approx(0.05 * model.predict(NUMBERS).std())
    assert found.unit == "prediction" and np.isnan(one(found)["flipped"])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: DirectionalTest("debt", "up", by=0), "by=0"),
        (lambda: DirectionalTest("debt", "sideways"), "direction"),  # type: ignore[arg-type]
        (lambda: PerturbationTest("nulls", size=2), "size=2"),
        (lambda: PerturbationTest("typos", size=1.5), "whole number of typing errors"),
        (lambda: PerturbationTest(tolerance=-1), "tolerance=-1"),
        (lambda: InvarianceTest("sex", words=True), "words=True without a mapping"),
        (lambda: InvarianceTest("sex", []), "values= is empty"),
        (lambda: InvarianceTest("sex", most=1.0), "most"),
    ],
)
def test_tests_that_test_nothing_are_refused_when_made(make: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        make()


@pytest.mark.parametrize(
    ("step", "says", "remedied"),
    [
        (DirectionalTest("incme", "up"), "did you mean 'income'", DirectionalTest("income", "down")),
        (DirectionalTest("sex", "up"), "have no order", InvarianceTest("debt")),
        (DirectionalTest("age", "up", by=0.5), "whole numbers", DirectionalTest("age", "not up", by=1)),
        (DirectionalTest("debt", "up", by="7D"), "by='10%'", DirectionalTest("debt", "up", by="10%")),
        (InvarianceTest("debt", {"none": 1}), "which no row holds", InvarianceTest("debt", values=[1.0])),
        (PerturbationTest("noise", ["det"]), "did you mean 'debt'", PerturbationTest("noise", ["debt"])),
    ],
)
def test_what_rows_do_not_hold_is_said_with_the_remedy(step: Any, says: str, remedied: Any) -> None:
    frame = FRAME[["debt", "income", "age", "sex"]]
    asked = type("Model", (), {"predict": lambda self, rows: LOGISTIC.predict(rows[NUMBERS.columns])})()
    with pytest.raises(DataError) as caught:
        step.check(asked, frame)
    assert says in str(caught.value) and caught.value.remedy
    assert remedied.check(LOGISTIC, NUMBERS).verdict


def test_models_and_frames_that_cannot_be_asked_are_refused() -> None:
    step = DirectionalTest("debt", "up")
    with pytest.raises(ConfigurationError, match="cannot predict"):
        step.check(object(), NUMBERS)
    with pytest.raises(DataError, match="0 rows"):
        step.check(LOGISTIC, NUMBERS.head(0))
    with pytest.raises(DataError, match="has no column 'customer'"):
        step.check(LOGISTIC, NUMBERS, group="customer")


def test_a_result_shows_its_verdict_first_and_one_picture() -> None:
    import matplotlib.pyplot as plt

    found = InvarianceTest("debt", most=0.1).check(LOGISTIC, NUMBERS)
    text = repr(found)
    assert text.splitlines()[1].strip().startswith("verdict") and "✕ fail" in text and "fail" in found._repr_html_()
    axes = found.plot()
    assert "% (shaded: up to 10 % are admitted)" in axes.get_xlabel() and found.draw is draw_failing
    labels = [each.get_text() for each in axes.get_yticklabels()]
    assert len(labels) == 5 and labels[0].startswith("debt to")
    plt.close("all")
