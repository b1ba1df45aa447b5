"""Replacing, inserting, slicing: always a new pipeline, the old one as it was."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    DetectDrift,
    Evaluate,
    Impute,
    NaturalLabel,
    OneHot,
    Pipeline,
    RandomSplit,
    Standardize,
    Train,
    TrainOnly,
)
from mlsys.errors import ConfigurationError, LeakageError


def names(pipeline: Pipeline) -> list[str]:
    return [planned.name for planned in pipeline.steps]


def supplied(pipeline: Pipeline) -> list[str]:
    return [planned.name for planned in pipeline.steps if planned.supplied]


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(
        [Impute(), OneHot(["country"]), LogisticRegression(max_iter=500)],
        target="returned",
        exclude=["ordered", "refund"],
        name="returns",
        seed=3,
    )


def test_replace_returns_a_new_pipeline_and_leaves_the_old(pipeline: Pipeline) -> None:
    before = pipeline.digest
    other = pipeline.replace(Train=Train(DecisionTreeClassifier(max_depth=2)))
    assert isinstance(other["Train"].estimator, DecisionTreeClassifier)
    assert isinstance(pipeline["Train"].estimator, LogisticRegression)
    assert pipeline.digest == before != other.digest
    assert names(other) == names(pipeline) and supplied(other) == supplied(pipeline)
    assert other.arguments == pipeline.arguments


def test_replacing_by_an_equal_step_changes_nothing(pipeline: Pipeline) -> None:
    assert pipeline.replace(Impute=Impute()) == pipeline
    assert hash(pipeline.replace(Impute=Impute())) == hash(pipeline)


def test_replace_by_none_takes_the_step_out(pipeline: Pipeline) -> None:
    assert "OneHot" not in names(pipeline.replace(OneHot=None))


def test_replace_takes_estimators_and_functions_as_they_are(pipeline: Pipeline) -> None:
    assert isinstance(pipeline.replace(Train=DecisionTreeClassifier())["Train"], Train)


def test_replace_keeps_an_explicit_name() -> None:
    pipeline = Pipeline([Impute(name="fill"), LogisticRegression()], target="y")
    assert "fill" in names(pipeline.replace(fill=Impute(numeric="mean")))


def test_replacing_a_supplied_split_makes_it_the_users(pipeline: Pipeline) -> None:
    other = pipeline.replace(StratifiedSplit=RandomSplit())
    assert names(other)[0] == "RandomSplit" and supplied(other) == ["Evaluate"]


@pytest.mark.parametrize("change", ["replace", "insert", "get", "until"])
def test_an_unknown_name_lists_those_there_are(pipeline: Pipeline, change: str) -> None:
    with pytest.raises(ConfigurationError, match="its steps are StratifiedSplit, Impute, OneHot, Train, Evaluate"):
        if change == "replace":
            pipeline.replace(Imputer=Impute())
        elif change == "insert":
            pipeline.insert(Impute(), after="Imputer")
        elif change == "until":
            pipeline.run(until="Imputer")
        else:
            pipeline["Imputer"]


def test_insert_returns_a_new_pipeline_and_leaves_the_old(pipeline: Pipeline) -> None:
    other = pipeline.insert(Standardize(), after="Impute")
    assert names(other) == ["StratifiedSplit", "Impute", "Standardize", "OneHot", "Train", "Evaluate"]
    assert "Standardize" not in names(pipeline) and supplied(other) == ["StratifiedSplit", "Evaluate"]


def test_inserting_after_a_supplied_split_keeps_it_supplied(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    other = pipeline.insert(Standardize(["price"]), after="StratifiedSplit")
    assert names(other)[:3] == ["StratifiedSplit", "Standardize", "Impute"]
    assert supplied(other) == ["StratifiedSplit", "Evaluate"]
    assert "5 folds evaluate it" in repr(other.run(shop, track=False))  # as before the insertion


def test_a_function_inserted_after_a_supplied_split_stands_after_it(pipeline: Pipeline) -> None:
    def doubled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * 2)

    other = pipeline.insert(doubled, after="StratifiedSplit")
    assert names(other).index("StratifiedSplit") + 1 == names(other).index("doubled")


def test_insert_is_refused_where_it_would_leak() -> None:
    class Repeat(TrainOnly):
        def change(self, train, rng):
            return pd.concat([train, train])

    pipeline = Pipeline(
        [NaturalLabel("late", "minutes", lambda m: m > 5), RandomSplit(), Train(LogisticRegression())], target="late"
    )
    with pytest.raises(LeakageError, match="Repeat stands before RandomSplit"):
        pipeline.insert(Repeat(), after="NaturalLabel")


def test_a_slice_is_a_pipeline_with_the_same_arguments(pipeline: Pipeline) -> None:
    beginning = pipeline[:3]
    assert isinstance(beginning, Pipeline)
    assert names(beginning) == ["StratifiedSplit", "Impute", "OneHot"]
    assert beginning.arguments == pipeline.arguments


def test_the_slice_of_everything_is_the_pipeline(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    whole = pipeline[:]
    assert whole == pipeline and supplied(whole) == supplied(pipeline)
    one, other = pipeline.run(shop, track=False), whole.run(shop, track=False)
    assert repr(one) == repr(other)


def test_a_slice_that_ends_at_the_supplied_split_has_it() -> None:
    def doubled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * 2)

    pipeline = Pipeline([doubled, Impute(), LogisticRegression()], target="y")
    assert names(pipeline[:2]) == ["doubled", "StratifiedSplit"]
    assert names(pipeline[:1]) == ["doubled"]


def test_rows_after_a_step_of_a_run_that_stopped_early(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    run = pipeline.run(shop, until="Impute")
    assert run.frame("train", after="StratifiedSplit")["days_since_last"].isna().any()
    with pytest.raises(ConfigurationError, match="the run has no step 'Train'"):
        run.frame("train", after="Train")


def test_rows_before_the_split_where_parts_were_given(shop: pd.DataFrame) -> None:
    def doubled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * 2)

    def tripled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(price=frame["price"] * 3)

    pipeline = Pipeline([doubled, tripled, LogisticRegression()], target="returned", features=["price"])
    run = pipeline.run({"train": shop.iloc[:1500], "validation": shop.iloc[1500:]}, track=False)
    pd.testing.assert_series_equal(run.frame("validation", after="doubled")["price"], shop["price"].iloc[1500:] * 2)
    pd.testing.assert_series_equal(run.frame("train", after="tripled")["price"], shop["price"].iloc[:1500] * 2 * 3)


def test_a_slice_runs_to_its_end(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    filled = pipeline[:2].run(shop, track=False)
    assert filled.frame("train")["days_since_last"].notna().all()
    until = pipeline.run(shop, until="Impute")
    pd.testing.assert_frame_equal(filled.frame("train"), until.frame("train"))


def test_steps_are_got_by_name_and_place(pipeline: Pipeline) -> None:
    assert pipeline["Impute"] == pipeline[1] == Impute()
    assert len(pipeline) == 5


def test_running_leaves_the_pipeline_as_it_was(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    before, shown = pipeline.digest, repr(pipeline)
    pipeline.run(shop, track=False)
    assert pipeline.digest == before and repr(pipeline) == shown
    assert not hasattr(pipeline["Train"].estimator, "coef_")


def test_reports_inserted_after_a_supplied_evaluate_are_run(pipeline: Pipeline, shop: pd.DataFrame) -> None:
    other = pipeline.insert(DetectDrift(), after="Evaluate")
    assert set(other.run(shop, track=False).reports) == {"evaluate", "drift"}


def test_an_evaluate_of_ones_own_is_not_doubled() -> None:
    pipeline = Pipeline([LogisticRegression(), Evaluate(metrics=["accuracy"])], target="y")
    assert names(pipeline).count("Evaluate") == 1
