"""Features of unlike scales are said where an estimator measures distances, and nowhere else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from mlsys import Pipeline, RandomSplit, Standardize, Train
from mlsys.execution.scales import unlike_scales
from mlsys.plan import Planned

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"age": RNG.normal(40, 10, 200), "income": RNG.normal(4e4, 9e3, 200), "town": ["a", "b"] * 100})


def found(estimator: Any, rows: pd.DataFrame = ROWS, **given: Any) -> list[Any]:
    step = Train(estimator, **given)
    parts = SimpleNamespace(rows={"train": rows}, features=tuple(rows.columns), findings=())
    return unlike_scales(Planned(step, "Train", 1), parts, SimpleNamespace(quiet=False))  # type: ignore[arg-type]


@pytest.mark.parametrize("estimator", [KMeans(2), LocalOutlierFactor(novelty=True), OneClassSVM()])
def test_the_share_is_that_of_the_squared_distances(estimator: Any) -> None:
    (finding,) = found(estimator)
    numbers = ROWS[["age", "income"]]
    whole, one = (pairwise_distances(each, metric="sqeuclidean").sum() for each in (numbers, numbers[["income"]]))
    assert finding.code == "EV104"
    assert finding.columns == ("income",)
    assert f"{100 * one / whole:.3g} %" in finding.message
    assert "Standardize() before Train" in finding.message


@pytest.mark.parametrize(
    ("estimator", "rows", "given"),
    [
        (IsolationForest(), ROWS, {}),
        (make_pipeline(StandardScaler(), KMeans(2)), ROWS, {}),
        (KMeans(2), ROWS.assign(income=ROWS["income"] / 1e3), {}),
        (KMeans(2), ROWS, {"features": ["income"]}),
        (KMeans(2), ROWS[["town", "income"]], {}),
        (KMeans(2), ROWS.assign(age=1.0), {}),
        (KMeans(2), ROWS.iloc[:0], {}),
        (KMeans(2), ROWS.assign(age=np.nan), {}),
    ],
)
def test_nothing_is_said_of_other_estimators_scales_and_columns(estimator: Any, rows: Any, given: Any) -> None:
    assert found(estimator, rows, **given) == []


@pytest.mark.long
def test_a_run_says_it_and_not_once_features_are_scaled() -> None:
    rows, split = ROWS.drop(columns="town"), RandomSplit(validation=0.3, test=0)
    plain = Pipeline([split, KMeans(2, n_init=2)]).run(rows, track=False)
    assert [each.code for each in plain.findings].count("EV104") == 1
    assert "income" in plain.card.text()
    scaled = Pipeline([split, Standardize(), KMeans(2, n_init=2)]).run(rows, track=False)
    assert "EV104" not in [each.code for each in scaled.findings]
