"""Pipelines of many kinds come back the same."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
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
    Abstain,
    Calibrate,
    Conformal,
    Derive,
    DetectDrift,
    Evaluate,
    Impute,
    Model,
    OneHot,
    PartialDependence,
    Pipeline,
    RandomSplit,
    StratifiedSample,
    TargetEncode,
    Train,
    TuneThreshold,
    WeakLabel,
    labeling_function,
)
from mlsys.errors import NotPortableError

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
    "after the model": (
        [
            RandomSplit(),
            *USUAL,
            LINEAR,
            Calibrate("temperature"),
            TuneThreshold(recall=0.8),
            Conformal(0.8, by="shop"),
            Abstain(risk=0.5),
            Evaluate(["coverage", "ece"]),
            PartialDependence(points=3),
        ],
        LATE,
    ),
    "monitored": ([RandomSplit(), *USUAL, LINEAR, DetectDrift()], LATE),
}


@pytest.mark.quick("time", "closures")
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.long] if place % 2 else []) for place, kind in enumerate(CASES)]
)
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


LIMIT = 0.5


class Colour(Enum):
    RED = 2.0
    BLUE = 3.0


class Rates:
    """Has a method that is handed to a step."""

    def __init__(self, rate: float, colour: Colour) -> None:
        self.rate, self.colour = rate, colour

    def of(self, rows: pd.DataFrame) -> pd.Series:
        return rows["price"] * self.rate * self.colour.value


@functools.cache
def cached_rate() -> float:
    return 1.5


def by_cached_rate(rows: pd.DataFrame, more: float = 0.0) -> pd.Series:
    return rows["price"] * cached_rate() + more


@labeling_function(on="price", votes=True)
def dear(price: pd.Series) -> pd.Series:
    return price > LIMIT


@labeling_function(on="price", votes=False)
def cheap(price: pd.Series) -> pd.Series:
    return price < LIMIT


HELD: dict[str, Any] = {
    "a method": Rates(2.0, Colour.BLUE).of,
    "a partial": functools.partial(by_cached_rate, more=1.0),
    "a lambda": lambda rows: rows["price"] - 1,
    "an expression": pd.col("price") * 2,
}


@pytest.mark.quick("a method")
@pytest.mark.parametrize("held", HELD)
def test_what_a_step_may_hold(tracked: Callable[..., str], orders: pd.DataFrame, held: str) -> None:
    steps = [Derive({"more": HELD[held]}), RandomSplit(), *USUAL, LINEAR]
    pipeline = Pipeline(steps, target="late", features=["price", "weight", "shop", "more"])
    run = tracked(pipeline, orders, snapshot=True)
    if held == "an expression":  # what pandas made has no name to find it by
        with pytest.raises(NotPortableError, match="pass it: reproduce"):
            mlsys.reproduce(run)
        assert mlsys.reproduce(run, pipeline=pipeline)
        return
    done = mlsys.reproduce(run)
    assert done.same and not any(each.causes for each in done.steps), done.table.to_string()


def test_labeling_functions(tracked: Callable[..., str], orders: pd.DataFrame) -> None:
    steps = [WeakLabel("dear", [dear, cheap]), RandomSplit(), *USUAL, LINEAR]
    run = tracked(Pipeline(steps, target="dear", features=["weight", "shop"]), orders, snapshot=True)
    done = mlsys.reproduce(run)
    assert done.same and not any(each.causes for each in done.steps), done.table.to_string()
