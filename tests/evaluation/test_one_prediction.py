"""A model that predicts the same for every row is told as such (EV105), and no other model is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mlsys import Evaluate, Pipeline, StratifiedSplit


def frame(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {"x": x, "price": 3 * x + rng.normal(size=rows), "late": (x > 0).astype(int), "stars": 1 + np.arange(rows) % 5}
    )


def told(target: str, estimator: object, rows: int, *steps: object) -> list[str]:
    others = {"price", "late", "stars"} - {target}
    run = Pipeline([*steps, estimator], target=target, exclude=sorted(others)).run(frame(rows), track=False)
    return [each.message for each in run.findings if each.code == "EV105"]


@pytest.mark.parametrize(
    ("target", "estimator"),
    [
        ("price", HistGradientBoostingRegressor()),
        ("late", HistGradientBoostingClassifier()),
        ("price", DummyRegressor()),
    ],
    ids=["trees", "trees that classify", "dummy"],
)
def test_few_rows_that_no_tree_divides(target: str, estimator: object) -> None:
    (message,) = told(target, estimator, 34)
    assert "the model of each of 5 folds predicts the same for all its rows" in message
    assert "min_samples_leaf" in message


def test_one_part_of_many_rows() -> None:
    (message,) = told("late", DummyClassifier(), 100, StratifiedSplit())
    assert "the model predicts the same for all 20 validation rows" in message


@pytest.mark.parametrize(
    ("target", "estimator"),
    [
        ("price", DecisionTreeRegressor(max_depth=1)),
        ("late", DecisionTreeClassifier(max_depth=1)),
        ("late", LogisticRegression()),
        ("stars", KNeighborsRegressor(1)),
    ],
    ids=["a stump", "a stump of classes", "probabilities", "one of five targets"],
)
def test_few_different_predictions_are_no_single_one(target: str, estimator: object) -> None:
    assert told(target, estimator, 60) == []


def test_rows_with_one_target_are_not_told() -> None:
    same = pd.DataFrame({"y": [1.0] * 8, "prediction": [1.0] * 8})
    assert Evaluate().of(train=same.assign(y=range(8)), validation=same, target="y").findings == []
