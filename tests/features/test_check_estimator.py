"""Every feature step passes scikit-learn's checks as an estimator, but for exceptions that have a reason."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import check_estimator

import mlsys
from mlsys.steps.sklearn_bridge import EXPECTED_FAILURES

ON_NUMBERS: dict[str, Any] = {
    name: getattr(mlsys, name)()
    for name in ("Impute", "Standardize", "MinMaxScale", "RobustScale", "PowerTransform", "ClipOutliers", "Bin", "Log")
}
ON_ANY: dict[str, Any] = {
    "DropMissing": mlsys.DropMissing(),
    "Clean": mlsys.Clean(drop=False),
    "Prepare": mlsys.Prepare(),
    "SelectFeatures": mlsys.SelectFeatures(top=1),
    "SelectFeatures by an estimator": mlsys.SelectFeatures(by=LinearRegression(), top=1),
}
ON_LEVELS: dict[str, Any] = {
    name: getattr(mlsys, name)()
    for name in ("OneHot", "OrdinalEncode", "CountEncode", "TargetEncode", "HashEncode", "Categories")
}
ON_TEXTS: dict[str, Any] = {
    name: getattr(mlsys, name)() for name in ("TextHash", "TfIdf", "TextComponents", "Embedding")
}
"""Of numbers alone they take none, so that what is checked is the estimator around them."""

FURTHER = {
    "Prepare": {
        "check_fit2d_1sample": "in one row every column has one value, and is left out; refused in other words",
    }
}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*ON_NUMBERS, *ON_ANY, *ON_LEVELS, *ON_TEXTS])
def test_it_passes_check_estimator(name: str) -> None:
    step = (ON_NUMBERS | ON_ANY | ON_LEVELS | ON_TEXTS)[name]
    results = check_estimator(
        step.as_sklearn(),
        expected_failed_checks={**EXPECTED_FAILURES, **FURTHER.get(name, {})},
        on_skip=None,
        on_fail=None,
    )
    failed = [f"{each['check_name']}: {each['exception']}" for each in results if each["status"] == "failed"]
    assert not failed, "\n".join(failed)
