"""Steps as scikit-learn estimators pass scikit-learn's own checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from mlsys.errors import ConfigurationError
from mlsys.features import Apply, Impute, Standardize, TargetEncode
from mlsys.models import Train
from mlsys.sampling import RandomSplit
from mlsys.steps import Step
from mlsys.steps.sklearn_bridge import EXPECTED_FAILURES, as_sklearn

STEPS: dict[str, Any] = {
    "standardize": Standardize(),
    "impute": Impute(),
    "pca": Apply(PCA(1, svd_solver="full")),
    "target encode": TargetEncode(["x0"]),
    "classifier": Train(LogisticRegression()),
    "regressor": Train(LinearRegression()),
}
FURTHER = {
    "target encode": {
        "check_sample_weights_pandas_series": "the step names a column of arrays, which that check's frame has not",
        "check_fit2d_1sample": "one row leaves no row in the other folds; refused in other words",
    }
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", STEPS)
def test_it_passes_check_estimator(name: str) -> None:
    results = check_estimator(
        STEPS[name].as_sklearn(),
        expected_failed_checks={**EXPECTED_FAILURES, **FURTHER.get(name, {})},
        on_skip=None,
        on_fail=None,
    )
    failed = [f"{each['check_name']}: {each['exception']}" for each in results if each["status"] == "failed"]
    assert not failed


def test_it_stands_in_a_scikit_learn_pipeline_and_a_grid(cancer: pd.DataFrame) -> None:
    X, y = cancer.drop(columns="target"), cancer["target"]
    model = make_pipeline(Standardize().as_sklearn(), LogisticRegression())
    plain = make_pipeline(Apply(PCA(4)).as_sklearn(), HistGradientBoostingClassifier(max_iter=5))
    assert cross_val_score(model, X, y).mean() > 0.95
    grid = GridSearchCV(plain, {"steptransformer__transformer__n_components": [1, 4]}, cv=2).fit(X, y)
    assert grid.best_params_["steptransformer__transformer__n_components"] == 4


def test_parameters_are_the_steps_fields() -> None:
    estimator = Train(LogisticRegression(C=2.0)).as_sklearn()
    assert estimator.get_params()["estimator__C"] == 2.0
    changed = clone(estimator).set_params(estimator__C=3.0, epochs=1)
    assert changed.step.estimator.C == 3.0
    assert estimator.step.estimator.C == 2.0
    assert Impute().as_sklearn().set_params(numeric="mean").step == Impute(numeric="mean")


def test_training_rows_of_a_cross_fitted_step_get_the_other_folds(shop: pd.DataFrame) -> None:
    X, y = shop[["country", "customer"]], shop["returned"]
    estimator = TargetEncode(["country", "customer"]).as_sklearn()
    crossed = estimator.fit_transform(X, y)
    assert crossed.index.equals(X.index)
    assert not np.allclose(crossed["customer"], estimator.transform(X)["customer"])
    assert list(estimator.get_feature_names_out()) == ["country", "customer"]
    with pytest.raises(ValueError, match="requires y"):
        estimator.fit(X)


def test_weights_reach_the_model() -> None:
    X, y = [[0.0], [1.0], [1.0]], [0.0, 1.0, 3.0]
    estimator = Train(LinearRegression()).as_sklearn().fit(X, y, sample_weight=[1, 1, 0])
    assert estimator.predict([[1.0]])[0] == pytest.approx(1.0)


def test_frames_give_frames_and_set_output_works(shop: pd.DataFrame) -> None:
    X = shop[["price", "days_since_last"]]
    assert isinstance(Impute().as_sklearn().fit_transform(X), pd.DataFrame)
    arrays = Impute().as_sklearn().set_output(transform="pandas").fit_transform(X.to_numpy())
    assert list(arrays.columns) == ["x0", "x1", "x1_missing"]


def test_a_kind_without_counterpart_is_refused() -> None:
    split: Step = RandomSplit()
    with pytest.raises(ConfigurationError, match="no counterpart"):
        as_sklearn(split)
