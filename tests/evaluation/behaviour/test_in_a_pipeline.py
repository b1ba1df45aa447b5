"""Behavioural tests in a pipeline ask the whole served model, with rows as they were read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import (
    Dataset,
    Derive,
    DirectionalTest,
    Evaluate,
    Gate,
    Impute,
    InvarianceTest,
    Join,
    Lag,
    OneHot,
    PerturbationTest,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    ReadCSV,
    Report,
    Result,
    RowTransform,
    Run,
    TimeSplit,
    Train,
    behaves,
)
from mlsys.errors import DataError
from mlsys.evaluation import Behaviour


class ReadCity(RowTransform):
    """Write cities as they are spelt, over the column that was read."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(city=frame["city"].str.strip().str.title())


def ratio(frame: pd.DataFrame) -> pd.Series:
    return frame["debt"] / (1 + frame["income"])


def loans(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "debt": rng.gamma(2, 1, rows), "income": rng.gamma(3, 1, rows), "city": rng.choice([" BONN", "KOELN "], rows),
        "customer": rng.integers(0, 30, rows),
    })  # fmt: skip
    late = frame["debt"] - frame["income"] + rng.normal(size=rows) > -1
    return frame.assign(late=np.where(late, "yes", "no"))


LOANS = loans()


def run_of(*reports: Any, steps: tuple[Any, ...] = (), data: Any = LOANS, **arguments: Any) -> Run[Any]:
    first = [Derive({"ratio": ratio}), ReadCity(), *steps]
    after = [OneHot(["city"]), LogisticRegression(max_iter=500), Evaluate(["roc_auc"]), *reports]
    cache = arguments.pop("cache", False)
    given = {"target": "late", "exclude": ["customer"], **arguments}
    return Pipeline([*first, RandomSplit(), *after], **given).run(data, track=False, cache=cache, verbose=False)


@pytest.fixture(scope="module")
def run() -> Run[Any]:
    """One with a test of each kind."""
    swapped = InvarianceTest("city", {" BONN": "KOELN ", "KOELN ": " BONN"})
    alike = InvarianceTest("city", {" BONN": "bonn", "KOELN ": "koeln"}, tolerance=0.0)
    return run_of(DirectionalTest("income", "down", by=1.0), swapped, alike, PerturbationTest("typos"))


def found_in(run: Run[Any], name: str) -> Behaviour:
    found = run.reports[name]
    assert isinstance(found, Behaviour)
    return found


def test_what_was_derived_before_the_split_is_derived_again(run: Run[Any]) -> None:
    found = found_in(run, "direction")
    judged = LOANS.loc[run.predictions["validation"].index]
    before = run.predict(judged)["probability_yes"]
    after = run.predict(judged.assign(income=judged["income"] + 1.0))["probability_yes"]
    assert found.table["typical"][0] == pytest.approx((after - before).median())
    assert found.part == "validation" and found.table["n"][0] == len(judged) and found.unit == "probability of 'yes'"
    assert found.verdict == DirectionalTest("income", "down", by=1.0).check(run, judged).verdict


def test_values_are_changed_as_they_were_read_not_as_a_step_wrote_them(run: Run[Any]) -> None:
    assert found_in(run, "invariance").table["n"][0] == run.rows["validation"]
    same = found_in(run, "invariance-2")
    assert same.table["largest"][0] == 0.0 and same.table["n"][0] == run.rows["validation"]


@pytest.mark.long
def test_values_that_a_step_wrote_are_not_among_those_that_were_read() -> None:
    with pytest.raises(DataError, match="which no row holds"):
        run_of(InvarianceTest("city", {"Bonn": "Koeln"}))


def test_a_typing_error_goes_through_the_whole_pipeline(run: Run[Any]) -> None:
    found = found_in(run, "perturbation")
    assert found.table["change"].tolist() == ["city mistyped"] and found.table["n"][0] > 40
    assert set(found.worst["before"]) <= {" BONN", "KOELN "}


def test_once_the_test_rows_are_open_they_are_asked_about(run: Run[Any]) -> None:
    final = run.final_test()
    judged = LOANS.loc[final.predictions["test"].index]
    found = found_in(final, "direction")
    before, after = (
        run.predict(each)["probability_yes"] for each in (judged, judged.assign(income=judged["income"] + 1))
    )
    assert found.part == "test" and found.table["typical"][0] == pytest.approx((after - before).median())


@pytest.mark.long
def test_a_key_that_is_changed_is_looked_up_again() -> None:
    known = pd.DataFrame({"customer": range(30), "limit": [0.0] * 15 + [50.0] * 15})
    join = Join(known, on="customer", columns=["limit"])
    data = LOANS.assign(late=np.where(LOANS["customer"] < 15, "yes", "no"))
    run = run_of(InvarianceTest("customer", values=[0, 29]), steps=(join,), data=data)
    found = found_in(run, "invariance")
    judged = data.loc[run.predictions["validation"].index]
    before, after = (run.predict(each)["probability_yes"] for each in (judged, judged.assign(customer=29)))
    share = (after - before).abs().gt(0.05)[judged["customer"] != 29].mean()
    assert found.table.set_index("change")["failing"]["customer to 29"] == pytest.approx(share) and share > 0.2


@pytest.mark.long
def test_columns_that_a_request_brings_are_changed_there() -> None:
    known = pd.DataFrame({"customer": range(30), "limit": np.arange(30.0)})
    join = Join(known, on="customer", columns=["limit"], at_serving="input")
    run = run_of(DirectionalTest("limit", "not up"), InvarianceTest("customer"), steps=(join,))
    assert "limit" in run.model.inputs and found_in(run, "direction").table["n"][0] == run.rows["validation"]
    unread = found_in(run, "invariance")
    assert unread.verdict != "fail" and "the model does not read 'customer'" in unread.summary


@pytest.mark.long
def test_what_a_history_made_of_earlier_rows_stays_and_can_be_changed_by_name() -> None:
    data = LOANS.assign(day=pd.date_range("2024-01-01", periods=len(LOANS), freq="h"), owed=range(300)).drop(
        columns="late"
    )
    steps = [Lag("customer", ["owed"]), TimeSplit(), Impute(), Train(LinearRegression())]
    reports = [DirectionalTest("owed_lag_1", "up", by=1.0), InvarianceTest("income", values=[1.0], tolerance=1e9)]
    pipeline = Pipeline([*steps, *reports], target="owed", time="day", exclude=["city", "customer", "debt"])
    run = pipeline.run(data, track=False, cache=False, verbose=False)
    row = found_in(run, "direction").table.iloc[0]
    known = int(run.frame("validation", after="Lag")["owed_lag_1"].notna().sum())
    assert row["n"] == known > 40
    assert row["typical"] == pytest.approx(row["largest"]) and row["typical"] > 0.5  # the model is linear
    assert found_in(run, "invariance").verdict in {"pass", "not enough data"}


@pytest.mark.long
def test_folds_say_that_the_model_knows_the_rows() -> None:
    rows = Pipeline([LinearRegression(), InvarianceTest("income")], target="debt", features=["income"])
    found = found_in(rows.run(LOANS, track=False, cache=False, verbose=False), "invariance")
    assert "the model has learned from these rows" in found.summary and found.table["n"].max() > 200


@pytest.mark.long
def test_parts_that_were_given_are_asked_about_as_they_were_given() -> None:
    given = {"train": loans(200, 1), "validation": loans(80, 2)}
    steps = [
        Derive({"ratio": ratio}),
        ReadCity(),
        OneHot(["city"]),
        Train(LogisticRegression()),
        InvarianceTest("city"),
    ]
    run = Pipeline(steps, target="late").run(given, track=False, cache=False, verbose=False)
    assert found_in(run, "invariance").table["n"].sum() == 80


@pytest.mark.long
def test_a_source_is_read_once_and_its_own_values_are_changed(tmp_path: Path) -> None:
    LOANS.to_csv(tmp_path / "loans.csv", index=False)
    steps = [ReadCSV(tmp_path / "loans.csv"), ReadCity(), RandomSplit(), OneHot(["city"]), Train(LogisticRegression()),
             InvarianceTest("city", {" BONN": "x"})]  # fmt: skip
    run = Pipeline(steps, target="late").run(track=False, cache=False, verbose=False)
    assert found_in(run, "invariance").table["n"][0] > 10


@pytest.mark.long
def test_a_result_comes_from_the_cache_until_something_it_depends_on_changes() -> None:
    def outcome(run: Run[Any]) -> str:
        report = run.cache_report().set_index("step")["outcome"]
        return str(report["PerturbationTest"])

    first = run_of(PerturbationTest("noise"), cache=True)
    again = run_of(PerturbationTest("noise"), cache=True)
    assert (outcome(first), outcome(again)) == ("ran", "hit")
    one, other = found_in(first, "perturbation"), found_in(again, "perturbation")
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.worst, other.worst)
    other.plot()
    assert outcome(run_of(PerturbationTest("noise"), cache=True, seed=1)) == "ran"
    written = LOANS.assign(city=LOANS["city"].str.lower())  # which ReadCity makes the same again
    assert outcome(run_of(PerturbationTest("noise"), data=written, cache=True)) == "ran"


def test_rows_that_fail_stay_here(run: Run[Any]) -> None:
    assert len(found_in(run, "invariance").worst) > 5
    told = run.outcome.reports["invariance"]
    assert isinstance(told, Behaviour) and told.worst.empty and told.table.equals(found_in(run, "invariance").table)


@pytest.mark.long
def test_of_several_targets_one_is_tested_and_named() -> None:
    data = LOANS.assign(early=np.where(LOANS["income"] > 3, "yes", "no"))[["debt", "income", "late", "early"]]
    tests = [DirectionalTest("income", "down"), DirectionalTest("income", "down", target="late"),
             DirectionalTest("income", "up", target="early", event="yes")]  # fmt: skip
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression()), *tests], target=["late", "early"])
    run = pipeline.run(data, track=False, cache=False, verbose=False)
    assert found_in(run, "direction").verdict == "not assessed"
    assert "name one, such as target='late'" in found_in(run, "direction").summary
    for number, sign in ((2, -1), (3, 1)):
        found = found_in(run, f"direction-{number}")
        assert found.unit == "probability of 'yes'" and sign * found.table["typical"][0] > 0
        assert tests[number - 1].check(run, data).unit == "probability of 'yes'"
    with pytest.raises(DataError, match=r"(?s)target='lat' is none.*did you mean 'late'"):
        DirectionalTest("income", "down", target="lat").check(run, data)


class MeanAnswer(Report):
    """A report of one's own that asks the served model about rows drawn from those that were read."""

    asks_served: ClassVar[bool] = True

    def report(self, dataset: Dataset, rng: np.random.Generator) -> Result:
        assert dataset.served is not None
        rows = dataset.served.rows("validation")
        chosen = rows.iloc[rng.permutation(len(rows))[:10]]
        said = dataset.served.predict(chosen)["probability_yes"]
        return Result("mean_answer", pd.DataFrame({"city": chosen["city"], "said": said}))


def test_a_report_of_ones_own_asks_the_served_model_and_draws_by_the_seed() -> None:
    one, again, other = (run_of(MeanAnswer(), seed=seed).reports["mean_answer"].table for seed in (0, 0, 1))
    assert set(one["city"]) <= {" BONN", "KOELN "} and one.equals(again) and not one.equals(other)


def test_without_a_model_nothing_is_assessed_and_no_gate_passes() -> None:
    nothing = InvarianceTest("city").of(train=LOANS, validation=LOANS, target="late")
    assert nothing.verdict == "not assessed" and "there is no model" in nothing.summary
    assert Gate(behaves()).check({"invariance": nothing})[0][2] == "not enough data"


@pytest.mark.long
def test_sensitive_columns_are_slices_and_the_event_is_that_of_the_pipeline() -> None:
    run = run_of(DirectionalTest("debt", "down"), sensitive=["city"], event="no")
    found = found_in(run, "direction")
    assert found.unit == "probability of 'no'" and found.table["failing"][0] < 0.05
    assert sorted(found.table["slice"][1:]) == ["city=Bonn", "city=Koeln"]


def test_asking_leaves_the_counts_of_a_served_model_alone(run: Run[Any]) -> None:
    PerturbationTest("typos").check(run, LOANS.head(50))
    assert run.model.counts.empty


@pytest.mark.long
def test_variants_keep_the_rows_that_their_reports_ask_for() -> None:
    steps = [ReadCity(), RandomSplit(), OneHot(["city"]), Train(LogisticRegression())]
    base = Pipeline([*steps, InvarianceTest("city", {" BONN": "KOELN "})], target="late", exclude=["customer"])
    runs = base.variants(strict={"Train": Train(LogisticRegression(C=0.01))}, plain={}).run(
        LOANS, track=False, cache=False, verbose=False
    )
    assert all(found_in(run, "invariance").table["n"][0] > 10 for run in runs.values())


@pytest.mark.long
def test_a_named_split_without_validation_rows_is_said() -> None:
    data = LOANS.assign(part=["train", "test"] * 150)
    steps = [PredefinedSplit("part"), Train(LogisticRegression()), InvarianceTest("income")]
    run = Pipeline(steps, target="late", features=["income"]).run(data, track=False, cache=False, verbose=False)
    assert found_in(run, "invariance").verdict in {"pass", "fail", "not enough data"}
