"""Columns may be named as the arguments of functions are: ``self`` is a column of mortgage data (self-employed)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Calibrate,
    Derive,
    DetectDrift,
    Evaluate,
    Impute,
    NaturalLabel,
    OneHot,
    Pipeline,
    RandomSplit,
    Resample,
    Standardize,
    TargetEncode,
    Train,
)
from mlsys.values import with_columns


@pytest.fixture
def rows(rng: np.random.Generator) -> pd.DataFrame:
    size = 600
    frame = pd.DataFrame(
        {
            "self": rng.normal(size=size),
            "frame": rng.choice(["a", "b", "c"], size),
            "columns": pd.Series(rng.normal(size=size)).mask(rng.random(size) < 0.2),
            "name": rng.choice(["x", "y"], size),
        }
    )
    return frame.assign(late=frame["self"] + rng.normal(size=size) > 0)


def test_with_columns_changes_a_copy() -> None:
    frame = pd.DataFrame({"x": [1, 2]})
    made = with_columns(frame, {"self": [3, 4], "x": 0})
    assert made.to_dict("list") == {"x": [0, 0], "self": [3, 4]} and frame["x"].tolist() == [1, 2]


@pytest.mark.parametrize("label", ["column", "label of the step"])
def test_a_pipeline_takes_them(label: str, rows: pd.DataFrame) -> None:
    steps = [
        Derive({"twice": lambda frame: frame["self"] * 2, "sign": pd.col("self") > 0}),
        RandomSplit(),
        Impute(),
        TargetEncode(["frame"]),
        OneHot(["name"]),
        Standardize(),
        Resample(RandomOverSampler(random_state=0)),
        Train(LogisticRegression()),
        Calibrate(),
        Evaluate(slices=["name"]),
        DetectDrift(),
    ]
    target = "late"
    if label != "column":
        rows, target = rows.rename(columns={"late": "grade"}), "self"
        rows = rows.rename(columns={"self": "value"})
        steps[0] = NaturalLabel("self", from_column="grade", rule=lambda grade: grade)
    run = Pipeline(steps, target=target).run(rows, track=False, cache=False)
    asked = rows.drop(columns=["late", "grade"], errors="ignore").head(3)
    assert {"prediction", "probability_True"} <= {*run.predict(asked).columns}
    assert run.audit_leakage().verdict != "violated"
    assert mlsys.look(rows) is not None
