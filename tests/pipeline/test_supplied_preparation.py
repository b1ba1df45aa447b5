"""What a pipeline supplies where training rows hold features that the estimator does not take as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import mlsys
from mlsys import Impute, OneHot, Pipeline, Prepare, RandomSplit, Train
from mlsys.errors import DataError
from mlsys.states import digest


@pytest.fixture
def table(rng: np.random.Generator) -> pd.DataFrame:
    rows = 400
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.normal(35, 12, rows).round(1),
            "joined": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, rows), "D"),
            "children": rng.integers(0, 4, rows),
        }
    )
    chance = 1 / (1 + np.exp(-(frame["age"] - 35) / 10 - 2 * (frame["sex"] == "f") + 1))
    frame["stays"] = rng.random(rows) < chance
    return frame


def ran(pipeline: Pipeline, frame: pd.DataFrame) -> mlsys.Run:
    return pipeline.run(frame, track=False, cache=False)


def supplied(run: mlsys.Run) -> dict[str, str]:
    return {each.name: each.supplied for each in run.pipeline.steps if each.supplied}


def test_texts_and_times_are_prepared_and_the_card_says_so(table: pd.DataFrame) -> None:
    run = ran(Pipeline([LogisticRegression()], target="stays"), table)
    assert supplied(run)["Prepare"] == "1 of 4 features is text, 1 is a time"
    card = " ".join(run.card.text().split())
    assert "Prepare, because 1 of 4 features is text, 1 is a time: " in card
    assert run.metrics.query("metric == 'roc_auc' and model == 'model'")["value"].iloc[0] > 0.7


def test_a_table_that_the_estimator_takes_gets_nothing(table: pd.DataFrame) -> None:
    numbers = table.drop(columns=["sex", "joined"])
    for estimator in (LogisticRegression(), HistGradientBoostingClassifier(max_iter=9)):
        run = ran(Pipeline([estimator], target="stays"), numbers)
        assert [each.name for each in run.pipeline.steps] == ["StratifiedSplit", "Train", "Evaluate"]
        assert "Prepare" not in run.card.text() and "Prepare" not in repr(run.pipeline.plan())


def test_nulls_are_prepared_for_an_estimator_that_takes_none(table: pd.DataFrame) -> None:
    numbers = table.drop(columns=["sex", "joined"]).assign(age=table["age"].mask(table.index % 7 == 0))
    assert supplied(ran(Pipeline([LogisticRegression()], target="stays"), numbers))["Prepare"] == (
        "1 of 2 features holds nulls or infinite numbers"
    )
    assert "Prepare" not in supplied(ran(Pipeline([RandomForestClassifier(9)], target="stays"), numbers))


def test_a_single_null_is_prepared_in_every_fold(table: pd.DataFrame) -> None:
    numbers = table.drop(columns=["sex", "joined"])
    numbers["age"] = numbers["age"].where(numbers.index != 17)
    pipeline = Pipeline([RandomSplit(test=0, validation=0.2), LogisticRegression()], target="stays")
    assert pipeline.cross_validate(4, numbers, track=False, cache=False)
    assert ran(Pipeline([LogisticRegression()], target="stays"), numbers)


def test_categories_stay_where_the_estimator_takes_them(table: pd.DataFrame) -> None:
    levels = table[["age", "stays"]].assign(sex=table["sex"].astype("category"))
    assert "Prepare" not in supplied(
        ran(Pipeline([HistGradientBoostingClassifier(max_iter=9)], target="stays"), levels)
    )
    assert supplied(ran(Pipeline([GaussianNB()], target="stays"), levels))["Prepare"] == "1 of 2 features is a category"


def test_what_the_user_prepares_is_left_alone(table: pd.DataFrame) -> None:
    steps = [OneHot(["sex"]), LogisticRegression()]
    run = ran(Pipeline(steps, target="stays", exclude=["joined"]), table)
    assert "Prepare" not in supplied(run)


def test_an_estimator_that_prepares_gets_nothing_and_one_that_scales_gets_numbers(table: pd.DataFrame) -> None:
    encode = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
    prepares, scales = (make_pipeline(first, LogisticRegression()) for first in (encode, StandardScaler()))
    assert "Prepare" not in supplied(ran(Pipeline([prepares], target="stays", exclude=["joined"]), table))
    assert "Prepare" in supplied(ran(Pipeline([scales], target="stays"), table))


def test_held_out_rows_do_not_decide(table: pd.DataFrame) -> None:
    numbers = table.drop(columns=["sex", "joined"])
    parts = {"train": numbers.iloc[:300], "validation": numbers.iloc[300:]}
    null = {
        **parts,
        "validation": parts["validation"].assign(age=parts["validation"]["age"].mask(lambda age: age > 30)),
    }
    pipeline = Pipeline([HistGradientBoostingClassifier(max_iter=9)], target="stays")
    one, other = (pipeline.run(each, track=False, cache=False) for each in (parts, null))
    assert digest(one.state("Train")) == digest(other.state("Train"))
    with pytest.raises(DataError, match="'age' holds nulls"):
        Pipeline([LogisticRegression()], target="stays").run(null, track=False, cache=False)


def test_a_prepare_that_was_given_is_told_what_the_estimator_takes(table: pd.DataFrame) -> None:
    pipeline = Pipeline([Prepare(), HistGradientBoostingClassifier(max_iter=9)], target="stays")
    step = pipeline["Prepare"]
    assert (step.nulls, step.categories, step.scale) == ("keep", "native", False)
    step = Pipeline([Prepare(nulls="fill"), LogisticRegression()], target="stays")["Prepare"]
    assert (step.nulls, step.categories, step.scale) == ("fill", "onehot", True)
    run = ran(pipeline, table.drop(columns=["sex", "joined"]))
    assert [each.name for each in run.pipeline.steps] == ["StratifiedSplit", "Prepare", "Train", "Evaluate"]
    assert "prepared" in run.card.text()


def test_samplers_get_numbers_without_nulls(table: pd.DataFrame) -> None:
    smote = pytest.importorskip("imblearn.over_sampling").SMOTE()
    frame = table.assign(age=table["age"].mask(table.index % 9 == 0))
    run = ran(Pipeline([smote, HistGradientBoostingClassifier(max_iter=9)], target="stays"), frame)
    assert [each.name for each in run.pipeline.steps] == [
        "StratifiedSplit", "Prepare", "Resample", "Train", "Evaluate",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=9)], ids=["linear", "boosted"]
)
def test_the_steps_it_stands_for_give_the_same_model(table: pd.DataFrame, estimator: object) -> None:
    split = RandomSplit()
    run = ran(Pipeline([split, estimator], target="stays"), table)
    plan = run.pipeline.plan()
    steps = plan.stood_for["Prepare"]
    assert all(repr(step) in repr(plan) for step in steps)
    explicit = ran(Pipeline([split, *steps, estimator], target="stays"), table)
    assert digest(explicit.state("Train")) == digest(run.state("Train"))


def test_a_prepared_model_is_saved_and_takes_the_original_columns(table: pd.DataFrame, tmp_path: Path) -> None:
    run = ran(Pipeline([LogisticRegression()], target="stays"), table)
    run.save(tmp_path / "model")
    rows = table.drop(columns="stays").head(7)
    rows.loc[rows.index[0], "sex"] = None
    rows.loc[rows.index[1], "sex"] = "unseen"
    loaded = mlsys.load(tmp_path / "model").predict(rows)
    pd.testing.assert_frame_equal(loaded, run.predict(rows))
    assert loaded["probability_True"].between(0, 1).all()


def test_the_audit_finds_nothing(table: pd.DataFrame) -> None:
    audit = Pipeline([LogisticRegression()], target="stays").audit_leakage(table, rows=300)
    assert audit.verdict == "not observed", audit


def test_an_estimator_for_scikit_learn_prepares_as_well(table: pd.DataFrame) -> None:
    estimator = Pipeline([LogisticRegression()], target="stays").as_sklearn()
    features = table.drop(columns="stays")
    assert estimator.fit(features, table["stays"]).score(features, table["stays"]) > 0.6


@pytest.mark.long
def test_variants_are_prepared_each_for_its_estimator(table: pd.DataFrame) -> None:
    pipeline = Pipeline([LogisticRegression()], target="stays")
    runs = pipeline.variants(linear={}, boosted={"Train": Train(HistGradientBoostingClassifier(max_iter=9))}).run(
        table, track=False, cache=False
    )
    told = {name: run.pipeline["Prepare"].categories for name, run in runs.items()}
    assert told == {"linear": "onehot", "boosted": "native"}


def test_a_plan_says_beforehand_what_may_be_supplied() -> None:
    pipeline = Pipeline([Impute(), LogisticRegression()], target="y")
    assert [each.name for each in pipeline.plan().steps] == ["StratifiedSplit", "Impute", "Train", "Evaluate"]
    assert "supplied if needed: Prepare" in repr(pipeline.plan())
