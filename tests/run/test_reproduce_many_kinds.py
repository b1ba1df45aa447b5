"""Pipelines of many kinds come back the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import mlsys
from mlsys import (
    Calibrate,
    Derive,
    DetectDrift,
    Impute,
    Model,
    OneHot,
    Pipeline,
    RandomSplit,
    StratifiedSample,
    TargetEncode,
    Train,
)

pytestmark = pytest.mark.usefixtures("store")


def scaled_by(factor: float) -> Any:
    def scaled(rows: pd.DataFrame) -> pd.Series:
        return rows["price"] * factor

    return scaled


def capped(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(price=rows["price"].clip(-2, 2))


class OwnModel(Model):
    """Nearest centre of a class."""

    def learn(self, train: Any) -> dict[str, float]:
        return {str(key): float(part["price"].mean()) for key, part in train.X.groupby(train.y.to_numpy())}

    def predict(self, frame: pd.DataFrame, state: dict[str, float]) -> pd.DataFrame:
        nearer = (frame["price"] - state["True"]).abs() < (frame["price"] - state["False"]).abs()
        sure = nearer * 0.8 + 0.1
        return pd.DataFrame({"prediction": nearer, "probability_False": 1 - sure, "probability_True": sure})


FEATURES: dict[str, Any] = {"features": ["price", "weight", "shop"]}
NUMBERS: dict[str, Any] = {"features": ["price", "weight"]}
LATE: dict[str, Any] = {"target": "late", **FEATURES}
USUAL = (Impute(), OneHot(["shop"]))
LINEAR = LogisticRegression()
CASES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "time": ([*USUAL, LINEAR], {**LATE, "time": "when"}),
    "group": ([*USUAL, LINEAR], {**LATE, "group": "customer"}),
    "weight": ([*USUAL, LINEAR], {**LATE, "weight": "kilos"}),
    "number": ([*USUAL, RandomForestRegressor(5)], {"target": "kilos", **FEATURES}),
    "classes": ([Impute(), GaussianNB()], {"target": "shop", **NUMBERS}),
    "parts": ([*USUAL, RandomForestClassifier(5)], LATE),
    "calibrated": ([RandomSplit(), *USUAL, Train(HistGradientBoostingClassifier(max_iter=5)), Calibrate()], LATE),
    "scikit-learn pipeline": (
        [make_pipeline(FunctionTransformer(capped), SimpleImputer(), LINEAR)],
        {"target": "late", **NUMBERS},
    ),
    "closures": (
        [Derive({"two": scaled_by(2), "three": scaled_by(3)}), RandomSplit(), Impute(), LINEAR],
        {"target": "late", "features": ["price", "two", "three"]},
    ),
    "own model": ([RandomSplit(), OwnModel()], {"target": "late", "features": ["price"]}),
    "sampled": ([StratifiedSample(by=["shop"], rows=300), RandomSplit(), *USUAL, LINEAR], LATE),
    "target encoding": ([Impute(), TargetEncode(["shop"]), LINEAR], LATE),
    "functions": ([capped, RandomSplit(), *USUAL, LINEAR], LATE),
    "monitored": ([RandomSplit(), *USUAL, LINEAR, DetectDrift()], LATE),
}


@pytest.mark.parametrize("kind", CASES)
def test_pipelines_of_many_kinds(tracked: Callable[..., str], orders: pd.DataFrame, kind: str) -> None:
    frame = orders.assign(
        when=pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(orders)), "h"),
        customer=np.arange(len(orders)) % 50,
        kilos=np.abs(orders["price"]) + 0.1,
    )
    steps, arguments = CASES[kind]
    parts = {"train": frame[:360], "validation": frame[360:480], "test": frame[480:]}
    done = mlsys.reproduce(tracked(Pipeline(steps, **arguments), parts if kind == "parts" else frame, snapshot=True))
    assert done.same, repr(done)
    assert not any(each.causes for each in done.steps), done.table.to_string()
