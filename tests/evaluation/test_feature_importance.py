"""FeatureImportance says what the model would miss, and what it would not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from mlsys import FeatureImportance, Impute, OneHot, Pipeline, RandomSplit, Standardize, Train
from mlsys.summaries import related_groups


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=["strong", "weak", "noise"])
    frame["twin"] = frame["strong"] * 2 + 1
    return frame.assign(y=3 * frame["strong"] + frame["weak"] + rng.normal(size=600))


def test_losses_are_what_theory_says(frame: pd.DataFrame) -> None:
    """Shuffling x adds 2 b^2 var(x) to the squared error of a linear model, and twins are shuffled together."""
    steps = [RandomSplit(validation=0.5, test=0.2), LinearRegression(), FeatureImportance("rmse", repeats=10)]
    run = Pipeline(steps, target="y").run(frame, track=False, verbose=False)
    result = run.reports["importance"]
    table = result.table.set_index("features")
    assert list(table.index) == ["strong, twin", "weak", "noise"]
    assert table["verdict"].tolist() == ["worth its keep", "worth its keep", "not used"]
    assert table.loc["strong, twin", "drop"] == pytest.approx(np.sqrt(1 + 2 * 9) - 1, rel=0.15)
    assert table.loc["weak", "drop"] == pytest.approx(np.sqrt(1 + 2) - 1, rel=0.25)
    assert table["share"].sum() == pytest.approx(1)
    assert result.scalars["importance/top_share"] == pytest.approx(1)
    assert "the top 3 of 3 hold 100%" in result.summary


def test_without_a_model_nothing_is_assessed(frame: pd.DataFrame) -> None:
    assert FeatureImportance().of(train=frame[:300], validation=frame[300:], target="y").verdict == "not assessed"


def test_levels_that_follow_one_another_are_one_group() -> None:
    rng = np.random.default_rng(1)
    city = rng.choice(list("abcd"), 500)
    frame = pd.DataFrame({"city": city, "code": [{"a": 1, "b": 2}.get(each, 3) for each in city], "x": rng.random(500)})
    frame = frame.assign(code=frame["code"].astype("str"), other=rng.choice(["p", "q"], 500))
    assert related_groups(frame, ["city", "x", "code", "other"], 0.9) == [("city", "code"), ("x",), ("other",)]


@pytest.mark.parametrize(
    ("steps", "estimator"),
    [
        ([OneHot()], RandomForestRegressor(20, random_state=0)),
        ([Impute(), OneHot(), Standardize()], Ridge()),
        ([OneHot(["city"]), Impute()], GridSearchCV(DecisionTreeRegressor(random_state=0), {"max_depth": [3, 5]})),
    ],
)
def test_what_the_model_itself_says_stands_beside_as_shares_of_columns_at_the_split(steps: Any, estimator: Any) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"strong": rng.normal(size=300), "noise": rng.normal(size=300)})
    frame["city"] = pd.Series(rng.choice(["Oslo", "Rome", "Bonn"], 300), dtype="str")
    frame["y"] = 3 * frame["strong"] + (frame["city"] == "Oslo") + rng.normal(size=300) / 4
    frame.loc[:9, "noise"] = np.nan
    run = Pipeline([RandomSplit(), *steps, Train(estimator), FeatureImportance()], target="y").run(
        frame, track=False, verbose=False
    )
    own = run.reports["importance"].table.set_index("features")["own"]
    assert own.sum() == pytest.approx(1) and own.idxmax() == "strong" and own["city"] > own["noise"] >= 0
    assert "of what the model itself says" in str(run.reports["importance"])


def test_a_model_that_says_nothing_has_null_there() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=200)}).assign(y=lambda rows: rows["x"])
    steps = [RandomSplit(), KNeighborsRegressor(), FeatureImportance()]
    result = Pipeline(steps, target="y").run(frame, track=False, verbose=False).reports["importance"]
    assert result.table["own"].isna().all() and "itself" not in str(result.summary)
