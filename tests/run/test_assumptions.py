"""What a model takes for granted is doubted where it fails, and not where it holds by construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor

from mlsys import KFolds, Pipeline, RandomSplit, Standardize, TimeSplit, Train
from mlsys.errors import ConfigurationError
from mlsys.models.assumed import inside_range, light_tails, straight


def rows(seed: int = 0, count: int = 1_500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(count, 4)), columns=list("abcd"))
    return frame.assign(y=frame["a"] - 2 * frame["b"] + rng.normal(size=count))


def checked(frame: pd.DataFrame, *steps: Any, split: Any = None, **arguments: Any) -> dict[str, dict[str, Any]]:
    run = Pipeline([split or RandomSplit(validation=0.4), *steps], target="y", **arguments).run(
        frame, track=False, cache=False
    )
    return {row["assumption"]: row for row in run.assumptions.table.to_dict("records")}


def test_a_linear_model_of_linear_rows_is_not_doubted() -> None:
    found = checked(rows(), Train(Ridge()))
    assert {each["verdict"] for each in found.values()} == {"holds"} and len(found) == 4


def test_a_bend_is_found_with_its_column_and_not_by_trees() -> None:
    frame = rows().assign(y=lambda each: each["y"] + 2 * each["c"] ** 2)
    found = checked(frame, Train(LinearRegression()))["linear in each feature"]
    assert found["verdict"] == "doubtful" and found["columns"] == ("c",) and "use trees" in found["remedy"]
    assert set(checked(frame, Train(HistGradientBoostingRegressor(max_iter=9)))) == {"rows inside the training range"}


def test_a_bend_of_a_probability_is_found() -> None:
    rng = np.random.default_rng(0)
    frame = rows().assign(y=lambda each: each["c"] ** 2 + rng.normal(size=len(each)) > 1)
    found = checked(frame, Train(LogisticRegression()))
    assert found["linear in each feature"]["columns"] == ("c",) and "errors without heavy tails" not in found


def test_heavy_tails_are_found() -> None:
    rng = np.random.default_rng(1)
    frame = rows().assign(y=lambda each: each["a"] + rng.standard_t(1.5, size=len(each)))
    assert checked(frame, Train(LinearRegression()))["errors without heavy tails"]["verdict"] == "doubtful"


def test_collinear_columns_are_named() -> None:
    frame = rows().assign(d=lambda each: each["a"] + each["b"] + 0.001 * each["d"])
    found = checked(frame, Train(LinearRegression()))["no collinear features"]
    assert found["verdict"] == "doubtful" and set(found["columns"]) == {"a", "b", "d"}


def test_scale_is_doubted_until_it_is_one() -> None:
    frame = rows().assign(d=lambda each: 1_000 * each["d"])
    name = "features of one scale"
    assert checked(frame, Train(KNeighborsRegressor()))[name]["columns"][0] == "d"
    assert checked(frame, Standardize(), Train(KNeighborsRegressor()))[name]["verdict"] == "holds"
    assert name not in checked(frame, Train(LinearRegression()))  # without a penalty it makes no difference


def test_naive_bayes_is_told_of_features_that_say_the_same_twice() -> None:
    frame = rows().assign(y=lambda each: each["y"] > 0, d=lambda each: each["a"] + 0.3 * each["d"])
    found = checked(frame, Train(GaussianNB()))["features independent within a class"]
    assert found["verdict"] == "doubtful" and set(found["columns"]) == {"a", "d"} and "Calibrate" in found["remedy"]


def test_trees_are_told_of_rows_beyond_what_they_learned() -> None:
    frame = rows().assign(t=pd.date_range("2024", periods=1_500, freq="h"), a=lambda each: each["a"] + each.index / 200)
    found = checked(frame, Train(HistGradientBoostingRegressor(max_iter=9)), split=TimeSplit(), time="t")
    assert found["rows inside the training range"]["columns"] == ("a",)
    at_random = checked(frame.drop(columns="t"), Train(HistGradientBoostingRegressor(max_iter=9)))
    assert at_random["rows inside the training range"]["verdict"] == "holds"


def test_where_folds_evaluate_errors_are_those_out_of_fold() -> None:
    frame = rows(count=400).assign(y=lambda each: each["y"] + 3 * each["c"] ** 2)
    found = checked(frame, Train(Ridge()), split=KFolds(4))
    assert found["linear in each feature"]["columns"] == ("c",)
    trees = checked(frame.assign(y=frame["y"] > 0), Train(RandomForestClassifier(10)), split=KFolds(3))
    assert trees["rows inside the training range"]["verdict"] == "not assessed"


def test_few_rows_are_not_assessed_and_other_families_have_no_row() -> None:
    found = checked(rows(count=60), Train(Ridge()))
    assert found["linear in each feature"]["verdict"] == "not assessed"
    assert checked(rows(count=100), Train(MLPRegressor(max_iter=2000))) == {}


def test_nulls_texts_and_constants_do_no_harm() -> None:
    frame = rows().assign(k=1.0, s="one")
    frame.loc[::7, "a"] = np.nan
    assert len(checked(frame, Train(Ridge()))) == 4


def test_a_run_without_a_model_of_one_target_is_refused() -> None:
    frame = rows().assign(z=lambda each: each["y"] * 2)
    run = Pipeline([RandomSplit(), Train(Ridge())], target=["y", "z"]).run(frame, track=False, cache=False)
    with pytest.raises(ConfigurationError, match="2 targets"):
        _ = run.assumptions


def test_false_alarms_on_real_columns_are_rare() -> None:
    """Targets are made that hold by construction, from real columns with their skew and ties."""
    real = load_diabetes(as_frame=True).data
    x = (real - real.mean()) / real.std()
    alarms = np.zeros(3)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        errors = pd.Series(rng.normal(size=len(x)), index=x.index)
        held = rng.permutation(len(x)) < 220
        alarms += [
            straight(x, errors).verdict == "doubtful",
            light_tails(errors).verdict == "doubtful",
            inside_range(x[~held], x[held]).verdict == "doubtful",
        ]
    assert (alarms / 40 <= 0.05).all()
