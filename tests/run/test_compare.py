"""Comparing runs: the same rows, paired intervals, ties to the cheaper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from mlsys import Derive, Impute, Pipeline, RandomSplit, Run, Train, compare
from mlsys.errors import ConfigurationError, DataError

FEATURES = ["price", "customer"]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    steps = [RandomSplit(), Train(LogisticRegression(max_iter=500))]
    return Pipeline(steps, target="returned", features=FEATURES)


@pytest.fixture(scope="module")
def runs(pipeline: Pipeline, shop: pd.DataFrame) -> dict[str, Run]:
    tree = Train(DecisionTreeClassifier(max_depth=4, random_state=0))
    nothing = Train(DummyClassifier(strategy="prior"))
    return pipeline.variants(linear={}, tree={"Train": tree}, nothing={"Train": nothing}).run(shop, track=False)


def predicted(run: Run) -> pd.DataFrame:
    return run.predictions["validation"]


def test_values_are_those_of_scikit_learn_on_the_shared_rows(runs: dict[str, Run], shop: pd.DataFrame) -> None:
    table = compare(runs).table.set_index("run")
    for label, run in runs.items():
        found = predicted(run)
        assert table.loc[label, "value"] == pytest.approx(
            roc_auc_score(shop.loc[found.index, "returned"], found["probability_1"])
        )
        assert table.loc[label, "difference"] == pytest.approx(
            table.loc[label, "value"] - table["value"].max(), abs=1e-12
        )


def test_any_metric_of_the_task_can_be_compared(runs: dict[str, Run], shop: pd.DataFrame) -> None:
    comparison = compare(runs, metric="accuracy")
    found = predicted(runs["tree"])
    expected = accuracy_score(shop.loc[found.index, "returned"], found["prediction"])
    assert comparison.metric == "accuracy"
    assert comparison.table.set_index("run").loc["tree", "value"] == pytest.approx(expected)


def test_paired_intervals_are_narrower_than_those_of_each_alone(runs: dict[str, Run]) -> None:
    table = compare({label: runs[label] for label in ("linear", "tree")}).table
    behind = table[table["verdict"] != "best"].iloc[0]
    paired = behind["difference upper"] - behind["difference lower"]
    alone = np.hypot(*(table["upper"] - table["lower"]))
    assert paired < alone


@pytest.mark.long
def test_the_paired_interval_is_that_of_a_bootstrap_of_the_same_rows(runs: dict[str, Run], shop: pd.DataFrame) -> None:
    pair = {label: runs[label] for label in ("linear", "nothing")}
    row = compare(pair).table.set_index("run").loc["nothing"]
    rng = np.random.default_rng(0)
    y = shop.loc[predicted(runs["linear"]).index, "returned"].to_numpy()
    one, other = (predicted(runs[label])["probability_1"].to_numpy() for label in ("nothing", "linear"))
    drawn = []
    for _ in range(500):
        rows = rng.integers(0, len(y), len(y))
        drawn.append(roc_auc_score(y[rows], one[rows]) - roc_auc_score(y[rows], other[rows]))
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    width = upper - lower
    assert row["difference lower"] == pytest.approx(lower, abs=0.2 * width)
    assert row["difference upper"] == pytest.approx(upper, abs=0.2 * width)


def test_what_does_worse_is_said_and_what_cannot_be_told_apart_too(runs: dict[str, Run]) -> None:
    comparison = compare(runs)
    verdicts = comparison.table.set_index("run")["verdict"]
    assert verdicts["nothing"] == "worse"
    assert sorted(verdicts)[0] == "best" and comparison.best_name in {"linear", "tree"}


def test_a_model_is_not_told_apart_from_itself(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    twins = compare([pipeline.run(shop, track=False), pipeline.run(shop, track=False)])
    table = twins.table
    assert set(table["verdict"]) == {"best", "not told apart"} and list(table["run"]) == ["run 1", "run 2"]
    behind = table[table["verdict"] == "not told apart"].iloc[0]
    assert behind["difference"] == 0 and behind["difference lower"] <= 0 <= behind["difference upper"]


def test_runs_with_one_label_are_named_by_their_place(runs: dict[str, Run]) -> None:
    table = compare([runs["linear"], runs["linear"], runs["tree"]]).table
    assert list(table["run"]) == ["run 1", "run 2", "tree"]


def test_a_tie_goes_to_the_cheaper(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    class Slow(LogisticRegression):
        def predict_proba(self, X):
            import time

            time.sleep(0.05)
            return super().predict_proba(X)

    tied = pipeline.variants(slow={"Train": Train(Slow(max_iter=500))}, quick={}).run(shop, track=False)
    comparison = compare(tied)
    assert comparison.best_name == "quick" and comparison.best is tied["quick"]
    cost = comparison.table.set_index("run")["p50 ms a row"]
    assert cost["slow"] > cost["quick"]


def test_smaller_is_better_where_the_metric_is_a_loss(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([RandomSplit(), Train(LinearRegression())], target="refund", features=["price"])
    runs = pipeline.variants(price={}, other={"Train": Train(LinearRegression(), features=["price"])}).run(
        shop, track=False
    )
    worse = pipeline.rebuilt([planned.step for planned in pipeline.steps], features=["customer"]).run(shop, track=False)
    table = compare({"price": runs["price"], "customer": worse}).table.set_index("run")
    assert table.loc["price", "verdict"] == "best" and table.loc["customer", "verdict"] == "worse"
    assert table.loc["customer", "difference lower"] > 0


def test_final_tests_are_compared_on_the_test_rows(runs: dict[str, Run]) -> None:
    finals = {label: run.final_test() for label, run in runs.items()}
    comparison = compare(finals)
    assert comparison.part == "test" and "on the same test rows" in repr(comparison)


def test_runs_of_other_splits_share_only_some_rows(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    other = pipeline.replace(RandomSplit=RandomSplit(seed=9))
    one, two = pipeline.run(shop, track=False), other.run(shop, track=False)
    shared = predicted(one).index.intersection(predicted(two).index)
    row = compare({"one": one, "two": two}).table.set_index("run").loc["one"]
    assert row["value"] == pytest.approx(
        roc_auc_score(shop.loc[shared, "returned"], predicted(one).loc[shared, "probability_1"])
    )


def test_what_cannot_be_compared_is_refused(pipeline: Pipeline, runs: dict[str, Run], shop: pd.DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="at least two runs"):
        compare([runs["linear"]])
    with pytest.raises(ConfigurationError, match="b has no evaluation"):
        compare({"a": runs["linear"], "b": pipeline.run(shop, until="Train")})
    elsewhere = pipeline.run(shop.set_index(shop.index + 10_000), track=False)
    with pytest.raises(DataError, match="evaluated on different rows"):
        compare([runs["linear"], elsewhere])
    flipped = pipeline.run(shop.assign(returned=1 - shop["returned"]), track=False)
    with pytest.raises(DataError, match="different targets"):
        compare([runs["linear"], flipped])


def test_the_picture_draws_the_paired_difference_of_each_run_against_zero(runs: dict[str, Run]) -> None:
    comparison = compare(runs)
    axes = comparison.plot()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(runs)
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in marks] == comparison.table["difference"].tolist()
    said = " ".join(text.get_text() for text in axes.texts)
    assert "best" in said and "take it" in said and str(comparison.table["verdict"].iloc[-1]) in said


def test_the_page_draws_differences_and_says_verdicts_in_words(runs: dict[str, Run]) -> None:
    comparison = compare(runs)
    page = comparison._repr_html_()
    assert page.count("<circle") == len(runs) and "from the best" in page and "✓&nbsp;best" in page
    assert "difference" in repr(comparison) and "e-0" not in repr(comparison)


def test_steps_that_are_other_ones_are_named_with_the_cause(shop: pd.DataFrame) -> None:
    def priced(frame: pd.DataFrame) -> pd.Series:
        return frame["price"] * 2

    def priced_otherwise(frame: pd.DataFrame) -> pd.Series:
        return frame["price"] * 3

    base = Pipeline(
        [Derive({"z": priced}), Impute(), LogisticRegression(max_iter=500)],
        target="returned",
        features=["price", "days_since_last", "z"],
    )
    other = base.replace(Derive=Derive({"z": priced_otherwise}), Impute=Impute(numeric="mean"))
    comparison = compare(base.run(shop, track=False), other.run(shop, track=False))
    changes = comparison.changes.set_index("step")
    assert list(changes.index) == ["Derive", "Impute"]
    assert "priced_otherwise" in changes.loc["Derive", "why"] and "code" in changes.loc["Derive", "causes"]
    assert changes.loc["Impute", "causes"].startswith("configuration")
    assert "run 2 against run 1: Derive (" in repr(comparison) and "together" in repr(comparison)


def test_the_same_pipeline_twice_has_no_changes_and_other_rows_are_a_cause(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([Impute(), LogisticRegression(max_iter=500)], target="returned", features=["price"])
    first = pipeline.run(shop, track=False)
    assert compare(first, pipeline.run(shop, track=False)).changes.empty
    dearer = pipeline.run(shop.assign(price=shop["price"] + 1), track=False)
    rows = compare(first, dearer).changes
    assert rows[["step", "causes"]].to_numpy().tolist() == [["data", "data"]]


def test_without_a_ledger_configurations_are_compared(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([Impute(), LogisticRegression(max_iter=500)], target="returned", features=["price"])
    runs = [
        each.run(shop, track=False, cache=False) for each in (pipeline, pipeline.replace(Impute=Impute(numeric="mean")))
    ]
    assert compare(*runs).changes["step"].tolist() == ["Impute"]
