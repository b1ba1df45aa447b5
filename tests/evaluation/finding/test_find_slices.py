"""FindSlices: slices are proposed by some rows and judged by others, by any rate, and told in few lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from mlsys import Evaluate, FindSlices, Metric, OneHot, Pipeline, RandomSplit, find_slices
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import SliceReport
from mlsys.evaluation.intervals import at_once
from mlsys.outcome.plain import without_rows
from mlsys.summaries.wilson import wilson


@pytest.fixture
def visits(rng: np.random.Generator) -> pd.DataFrame:
    """Visits whose predictions are wrong for 10 %, and for 40 % of the old ones in Lyon."""
    rows = 4_000
    frame = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon", "Turin"], rows), "age": rng.uniform(20, 80, rows)})
    frame["plan"] = rng.choice(["a", "b", "c", "d"], rows)
    frame["y"] = rng.random(rows) < 0.5
    frame["bad"] = (frame["city"] == "Lyon") & (frame["age"] > 68)
    frame["wrong"] = rng.random(rows) < np.where(frame["bad"], 0.4, 0.1)
    return frame.assign(prediction=frame["y"] ^ frame["wrong"])


def test_a_slice_is_judged_by_rows_that_did_not_propose_it(visits: pd.DataFrame) -> None:
    report = find_slices(visits[["city", "age", "plan", "wrong"]], error="wrong", bins=5)
    first = report.table.iloc[0]
    assert report.verdict == f"worse in 1 of {len(report.table)} slices"
    assert report.worse == [first["slice"]] and first["slice"].startswith("city=Lyon & age=above 6")
    rows = report.rows()
    assert first["n"] == len(rows) and (rows["city"] == "Lyon").all() and rows["age"].min() > 60
    assert first["value"] == pytest.approx(rows["wrong"].mean())
    level = at_once(0.95, len(report.table))
    assert (first["lower"], first["upper"]) == pytest.approx(wilson(rows["wrong"].sum(), len(rows), level))
    held = visits[(visits["city"] == "Lyon") & (visits["age"] >= rows["age"].min())]
    assert first["found_n"] + first["n"] == pytest.approx(len(held), abs=2)
    assert first["found"] == pytest.approx(held.drop(rows.index)["wrong"].mean(), abs=0.02)


def test_other_rows_can_confirm(visits: pd.DataFrame) -> None:
    frame = visits[["city", "age", "plan", "wrong"]]
    report = find_slices(frame[:2_500], error="wrong", confirm=frame[2_500:], bins=5)
    assert report.searched == "2,500 rows" and report.confirming == "1,500 other rows"
    assert report.overall == pytest.approx(frame["wrong"][2_500:].mean()) and report.rows().index.min() >= 2_500


@pytest.mark.parametrize(
    ("metric", "counted", "value"),
    [
        ("error", lambda f: f["y"].notna(), lambda f: f["y"] != f["prediction"]),
        ("accuracy", lambda f: f["y"].notna(), lambda f: f["y"] == f["prediction"]),
        ("recall", lambda f: f["y"], lambda f: f["prediction"]),
        ("false_negative_rate", lambda f: f["y"], lambda f: ~f["prediction"]),
        ("false_positive_rate", lambda f: ~f["y"], lambda f: f["prediction"]),
        ("precision", lambda f: f["prediction"], lambda f: f["y"]),
        ("false_discovery_rate", lambda f: f["prediction"], lambda f: ~f["y"]),
    ],
)
def test_any_rate_is_searched_by_with_its_own_denominator(
    visits: pd.DataFrame, metric: str, counted: Any, value: Any
) -> None:
    frame = visits.drop(columns=["bad", "wrong"])
    report = FindSlices(metric, bins=5).of(train=frame, validation=frame, target="y")
    assert isinstance(report, SliceReport) and report.worse
    first, rows = report.table.iloc[0], report.rows()
    assert first["slice"].startswith("city=Lyon & age=above 6")
    assert counted(rows).all() and first["n"] == len(rows)
    assert first["value"] == pytest.approx(value(rows).mean())
    better = metric in {"accuracy", "recall", "precision"}
    assert (first["found"] < report.overall) == better


def test_selection_losses_and_numbers_are_searched_too(rng: np.random.Generator) -> None:
    rows = 2_000
    frame = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], rows), "y": rng.random(rows) < 0.5})
    lyon = frame["city"] == "Lyon"
    share = np.where(lyon, 0.7, 0.3) + rng.uniform(-0.2, 0.2, rows)
    said = frame.assign(prediction=share > 0.5, probability_False=1 - share, probability_True=share)
    parts = {"train": said, "validation": said, "target": "y"}
    assert FindSlices("selection_rate").of(**parts).worse == ["city=Lyon"]
    few = Metric("chosen", lambda y, prediction: prediction, interval="mean")
    assert FindSlices(few).of(**parts).worse == ["city=Bonn"]
    unsure = said.assign(probability_True=np.where(lyon, 0.5, np.where(said["y"], 0.9, 0.1)))
    unsure["probability_False"] = 1 - unsure["probability_True"]
    report = FindSlices("log_loss").of(train=unsure, validation=unsure, target="y")
    assert report.worse == ["city=Lyon"] and report.table["value"][0] == pytest.approx(np.log(2))
    paid = frame.assign(y=rng.normal(0, np.where(lyon, 3, 1), rows), prediction=0.0)
    for metric, power in ((None, 1), ("squared_error", 2)):
        report = FindSlices(metric).of(train=paid, validation=paid, target="y")
        assert report.worse == ["city=Lyon"]
        assert report.table["value"][0] == pytest.approx((report.rows()["y"].abs() ** power).mean())


def test_weights_count_and_rows_of_weight_0_do_not(visits: pd.DataFrame) -> None:
    frame = visits[["city", "plan", "wrong"]].assign(w=np.where(visits["city"] == "Bonn", 0.0, 1.0))
    frame.loc[frame["plan"] == "a", "w"] *= 3
    report = find_slices(frame, error="wrong", weight="w")
    assert "city=Bonn" not in " ".join(report.table["slice"])
    other = frame[frame["w"] > 0]
    assert report.overall == pytest.approx(np.average(other["wrong"], weights=other["w"]), abs=0.03)


def test_errors_are_told_by_the_index_of_their_rows(visits: pd.DataFrame) -> None:
    frame = visits[["city", "age"]]
    shuffled = visits["wrong"].sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        find_slices(frame, error=shuffled).table, find_slices(frame, error=visits["wrong"]).table
    )


def test_null_is_a_value_and_rows_without_an_error_do_not_count(visits: pd.DataFrame) -> None:
    city = visits["city"].where(visits["city"] != "Lyon").astype(object)
    frame = pd.DataFrame({"city": city, "age": visits["age"].where(visits["age"] < 68), "wrong": visits["wrong"]})
    wrong = frame.pop("wrong").astype("boolean").mask(visits["plan"] == "a")
    report = find_slices(frame.assign(plan=visits["plan"]), error=wrong)
    assert report.worse == ["city=nan & age=nan"]
    assert (report.rows()["plan"] != "a").all()


def test_groups_and_times_divide_the_rows(visits: pd.DataFrame) -> None:
    frame = visits[["city", "age", "wrong"]].assign(
        who=np.arange(4_000) // 4, day=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(4_000) // 40, "D")
    )
    by_time = find_slices(frame.drop(columns="who"), error="wrong", time="day", confirm=0.25)
    assert by_time.searched == "3,000 rows, the earlier ones"
    assert by_time.rows()["day"].min() == frame["day"][3_000]
    by_group = find_slices(frame.drop(columns="day"), error="wrong", group="who")
    assert by_group.searched.endswith("divided by group")
    rows = by_group.rows()
    assert rows["who"].nunique() < len(rows)  # whole groups of 4
    with pytest.raises(DataError, match="cannot divide 4,000 rows of one group or time"):
        find_slices(frame.assign(who=1), error="wrong", group="who")


def test_a_part_that_is_bad_for_its_whole_is_not_listed_twice(visits: pd.DataFrame) -> None:
    bad = visits.assign(wrong=np.where(visits["city"] == "Lyon", visits["wrong"] | (visits["age"] > 40), False))
    twin = bad[["city", "age", "wrong"]].assign(town=bad["city"].str.upper())
    report = find_slices(twin, error="wrong")
    assert all("Lyon" not in name.replace("city=Lyon", "", 1) for name in report.table["slice"])
    assert not any("city=" in name and "town=" in name for name in report.table["slice"])
    assert report.table["like"].sum() == len(report.tables["like"]) > 0
    assert report.tables["like"]["in"].isin(report.table["slice"]).all()


def test_a_slice_that_is_better_within_another_column_is_pointed_out(rng: np.random.Generator) -> None:
    """Lyon has the hard cases; with cases of any difficulty it does better (Simpson)."""
    rows = 10_000
    lyon, two = rng.random(rows) < 0.5, rng.random((2, rows))
    hard = np.where(lyon, two.max(axis=0), two.min(axis=0))
    wrong = rng.random(rows) < hard * np.where(lyon, 0.85, 1.0)
    frame = pd.DataFrame({"city": np.where(lyon, "Lyon", "Bonn"), "hard": hard, "e": wrong})
    report = find_slices(frame, error="e", conditions=1, bins=40)
    assert "city=Lyon" in report.worse
    row = report.tables["reversals"].set_index("slice").loc["city=Lyon"]
    assert row["column"] == "hard" and row["difference"] > 0.02 and row["within"] < -0.05
    assert "city=Lyon: +0." in repr(report) and "within hard" in repr(report)


def test_nothing_is_found_where_there_is_nothing(rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], 300), "one": 1, "id": [f"i{i}" for i in range(300)]})
    none = find_slices(frame, error=np.zeros(300))
    assert none.verdict == "no alarm" and none.table.empty and none.worse == []
    assert none.facts["left_out"] == {"one": "one value", "id": "no value has 32 rows"}
    few = find_slices(frame[:40], error=np.ones(40))
    assert few.verdict == "not enough data" and "a slice has 32" in few.summary
    assert "2 columns not searched" in none._repr_html_()


def test_too_few_rows_are_said_and_not_dropped(rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"city": rng.choice(["Bonn", "Lyon"], 400, p=[0.9, 0.1])})
    wrong = rng.random(400) < np.where(frame["city"] == "Lyon", 0.9, 0.1)
    report = find_slices(frame, error=wrong, confirm=0.05, smallest=20)
    assert report.table["verdict"].tolist() == ["not enough data"] and report.verdict == "not enough data"
    assert report.summary.endswith("1 with too few rows to say")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"error": "wrong", "columns": ["town"]}, "needs the column 'town'"),
        ({"error": "city"}, "the errors hold text"),
        ({"error": [1.0, 0.0]}, "2 errors for 4,000 rows"),
        ({"error": np.full(4_000, -1.0)}, "4,000 errors are below 0"),
        ({"error": np.full(4_000, np.inf)}, "infinite for 4,000 rows"),
        ({"error": "wrong", "confirm": 1.5}, "confirm=1.5"),
        ({"error": "wrong", "columns": "city"}, "columns='city', a string"),
        ({"error": "wrong", "columns": ["wrong", "city"]}, "'wrong' as the error, weight, group or time, and in"),
        ({"error": pd.Series(np.zeros(4_000), index=range(1, 4_001))}, "another index than the rows"),
        ({"error": "wrong", "alpha": 2.0, "bins": 1}, "bins=1, alpha=2.0"),
    ],
)
def test_bad_input_of_the_function_is_refused(visits: pd.DataFrame, given: dict[str, Any], said: str) -> None:
    with pytest.raises((ConfigurationError, DataError), match=said):
        find_slices(visits, **given)


def test_without_rows_that_count_there_is_not_enough_data(visits: pd.DataFrame) -> None:
    for metric, changed in (("recall", {"y": False}), ("precision", {"prediction": False})):
        report = FindSlices(metric).of(train=visits, validation=visits.assign(**changed), target="y")
        assert report.verdict == "not enough data" and report.summary.startswith(f"0 rows count for {metric}")


def test_bad_input_of_the_step_is_refused(visits: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="'roc_auc', which is no mean over rows"):
        FindSlices("roc_auc")
    with pytest.raises(ConfigurationError, match="there is no metric 'recal'") as raised:
        FindSlices("recal")
    assert "did you mean 'recall'" in str(raised.value)
    with pytest.raises(ConfigurationError, match="is for regression, but this is binary"):
        FindSlices("mae").of(train=visits, validation=visits, target="y")
    with pytest.raises(ConfigurationError, match="needs probabilities"):
        FindSlices("log_loss").of(train=visits, validation=visits, target="y")
    with pytest.raises(DataError, match="no predictions"):
        FindSlices().of(train=visits[["city", "y"]], validation=visits[["city", "y"]], target="y")
    holed = visits.assign(probability_False=0.5, probability_True=np.where(visits["bad"], np.nan, 0.5))
    with pytest.raises(DataError, match=f"{visits['bad'].sum()} rows have a null prediction"):
        FindSlices("log_loss").of(train=holed, validation=holed, target="y")
    report = find_slices(visits[["city", "age"]], error=visits["wrong"])
    with pytest.raises(ConfigurationError, match="there is no slice 'city=Lion'"):
        report.rows("city=Lion")


@pytest.fixture
def cases(rng: np.random.Generator) -> pd.DataFrame:
    """Classes that only a linear boundary tells, and not at all where the sensor is old."""
    rows = 3_000
    frame = pd.DataFrame({"x": rng.normal(size=rows), "sensor": rng.choice(["old", "new", "best"], rows)})
    noise = rng.normal(size=rows) * np.where(frame["sensor"] == "old", 5, 0.2)
    return frame.assign(place=rng.choice(["n", "s"], rows), y=(frame["x"] + noise > 0).astype(int))


@pytest.mark.long
def test_in_a_pipeline_test_rows_confirm_what_validation_rows_propose(cases: pd.DataFrame) -> None:
    steps = [RandomSplit(), OneHot(), DecisionTreeClassifier(max_depth=3, random_state=0), FindSlices()]
    run = Pipeline(steps, target="y", sensitive=["place"]).run(cases, track=False, verbose=False)
    report = run.reports["slices"]
    assert isinstance(report, SliceReport) and report.worse[0] == "sensor=old"
    assert dict(run.card.lines)["slices"].startswith("worse in ")
    assert report.searched.endswith("validation rows") and report.confirming.startswith("the other")
    rows = report.rows("sensor=old")
    assert set(rows.columns) >= {"sensor", "place", "x", "y", "prediction", "error"}
    assert (rows["error"] == (rows["y"] != rows["prediction"])).all() and rows["error"].is_monotonic_decreasing
    again = Pipeline(steps, target="y", sensitive=["place"]).run(cases, track=False, verbose=False).reports["slices"]
    pd.testing.assert_frame_equal(again.rows(), report.rows())  # type: ignore[operator]  # from the cache
    final = run.final_test().reports["slices"]
    assert isinstance(final, SliceReport) and final.worse[0] == "sensor=old"
    assert final.searched == "608 validation rows" and final.confirming == "630 test rows"
    assert final.rows().index.isin(run.frame("validation").index).sum() == 0


def test_what_is_recorded_of_a_report_has_no_rows(visits: pd.DataFrame) -> None:
    report = find_slices(visits[["city", "age"]], error=visits["wrong"])
    recorded = without_rows(report)
    assert isinstance(recorded, SliceReport) and recorded.worse == report.worse
    assert not any(isinstance(value, pd.DataFrame) for value in recorded.facts.values())
    assert repr(recorded) == repr(report)
    with pytest.raises(DataError, match="not stored with the report"):
        recorded.rows()


@pytest.mark.long
def test_rows_stay_on_the_machine_of_the_run(cases: pd.DataFrame) -> None:
    steps = [RandomSplit(), OneHot(), DecisionTreeClassifier(max_depth=3), Evaluate(slices=()), FindSlices()]
    run = Pipeline(steps, target="y").run(cases, track=False, verbose=False)
    stored = run.outcome.reports["slices"]
    assert isinstance(stored, SliceReport) and stored.worse == run.reports["slices"].worse  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="not stored with the report"):
        stored.rows()


@pytest.mark.long
def test_out_of_fold_predictions_are_searched_without_a_validation_part(cases: pd.DataFrame) -> None:
    numbers = cases[["x", "sensor"]].assign(y=cases["x"] * np.where(cases["sensor"] == "old", 2.0, 1.0))
    run = Pipeline([OneHot(), LinearRegression(), FindSlices()], target="y").run(numbers, track=False, verbose=False)
    assert run.reports["slices"].worse  # type: ignore[attr-defined]


def test_the_picture_shows_each_slice_beside_all_rows(visits: pd.DataFrame) -> None:
    report = find_slices(visits[["city", "age", "wrong"]], error="wrong", bins=5)
    ax = report.plot()
    assert len(ax.get_yticklabels()) == len(report.table)
    assert any(text.get_text() == f"all rows {report.overall:.3f}" for text in ax.texts)
    pyplot.close("all")
    assert "city=Lyon" in repr(report) and "✕ worse in 1" in repr(report)
    assert "city=Lyon" in report._repr_html_()


@pytest.mark.parametrize("index", [[0] * 4_000, [0, 1] * 2_000, ["a"] * 3_999 + [None]])
def test_an_index_that_names_no_row_divides_them_all_the_same(visits: pd.DataFrame, index: list[Any]) -> None:
    rows = visits[["city", "age", "plan", "wrong"]]
    report = find_slices(rows.set_axis(index), error="wrong")
    assert report.worse and all(name.startswith("city=Lyon & age=") for name in report.worse)
    assert report.table["n"].iloc[0] == pytest.approx(report.table["found_n"].iloc[0], rel=0.3)


def test_copies_of_a_row_are_on_one_side(visits: pd.DataFrame) -> None:
    drawn = visits.sample(4_000, replace=True, random_state=0)[["city", "age", "plan", "wrong"]]
    report = find_slices(drawn, error="wrong", bins=5)
    name = report.table["slice"].iloc[0]
    confirming = set(report.rows(name).index)
    both = drawn[(drawn["city"] == "Lyon") & (drawn["age"] >= report.rows(name)["age"].min())]
    assert len(both.index.unique()) > len(confirming) and drawn.index.isin(confirming).sum() == len(report.rows(name))
