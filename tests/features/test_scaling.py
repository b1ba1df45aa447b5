"""MinMaxScale, RobustScale, Log, PowerTransform: values of scikit-learn and numpy, and what they do with odd ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import preprocessing

from mlsys import Log, MinMaxScale, PowerTransform, RobustScale
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Transform

SCALERS: list[tuple[Transform, Any, float]] = [
    (MinMaxScale(), preprocessing.MinMaxScaler(), 1e-12),
    (MinMaxScale(low=-1, high=3, clip=True), preprocessing.MinMaxScaler((-1, 3), clip=True), 1e-12),
    (RobustScale(), preprocessing.RobustScaler(), 1e-12),
    (RobustScale(lower=0.1, upper=0.6), preprocessing.RobustScaler(quantile_range=(10, 60)), 1e-12),
    (PowerTransform(), preprocessing.PowerTransformer(), 5e-4),
    (PowerTransform(standardize=False), preprocessing.PowerTransformer(standardize=False), 5e-3),
]


def made(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"price": rng.lognormal(0, 1, rows), "height": rng.normal(170, 9, rows), "debt": -rng.gamma(2, 3, rows)}
    )
    return frame.mask(rng.random(frame.shape) < 0.1)


@pytest.mark.parametrize(("step", "theirs", "apart"), SCALERS, ids=lambda each: repr(each)[:40])
def test_values_are_scikit_learns(step: Transform, theirs: Any, apart: float) -> None:
    train, later = made(), made(100, seed=1)
    np.testing.assert_allclose(
        step.fit(train).transform(later), theirs.fit(train).transform(later), rtol=apart, atol=apart
    )


def test_box_cox_is_scipys() -> None:
    prices = np.random.default_rng(2).gamma(2, 3, 500)
    fitted = PowerTransform(method="box-cox", standardize=False).fit(pd.DataFrame({"x": prices}))
    theirs, power = stats.boxcox(prices)
    assert fitted.state["power"] == pytest.approx([power], abs=1e-3)
    np.testing.assert_allclose(fitted.transform(pd.DataFrame({"x": prices}))["x"], theirs, rtol=1e-2, atol=1e-3)


def test_logarithms_are_numpys_and_negative_values_pass_by() -> None:
    frame = pd.DataFrame({"price": [0.0, 9.0, None], "change": [-1.0, 0.0, 1.0]})
    out = Log().fit(frame).transform(frame)
    np.testing.assert_array_equal(out["price"], np.log1p(frame["price"]))
    assert out["change"].tolist() == [-1.0, 0.0, 1.0]
    plain = Log(["change"], offset=2.0).fit(frame).transform(frame)
    np.testing.assert_allclose(plain["change"], np.log([1.0, 2.0, 3.0]))


def test_a_later_value_without_a_logarithm_is_the_smallest_of_training_rows() -> None:
    fitted = Log(["x"], offset=0).fit(pd.DataFrame({"x": [2.0, 5.0]}))
    assert fitted.transform(pd.DataFrame({"x": [-7.0, 0.0, 1.0]}))["x"].tolist() == [np.log(2), np.log(2), 0.0]
    boxed = PowerTransform(["x"], method="box-cox").fit(pd.DataFrame({"x": [2.0, 5.0, 9.0]}))
    assert boxed.transform(pd.DataFrame({"x": [-7.0]}))["x"][0] == boxed.transform(pd.DataFrame({"x": [2.0]}))["x"][0]


def test_what_has_no_logarithm_is_refused_by_name_and_the_remedy_works() -> None:
    frame = pd.DataFrame({"x": [-3.0, 5.0, 6.0]})
    with pytest.raises(DataError, match="smallest value of 'x' in training rows is -3.0"):
        Log(["x"]).fit(frame)
    with pytest.raises(DataError, match="'x' holds -3.0 in training rows"):
        PowerTransform(["x"], method="box-cox").fit(frame)
    assert Log(["x"], offset=4).fit(frame).transform(frame)["x"].tolist() == np.log([1.0, 9.0, 10.0]).tolist()
    assert PowerTransform(["x"]).fit(frame).transform(frame)["x"].notna().all()


@pytest.mark.parametrize("step", [MinMaxScale(), RobustScale(), PowerTransform(), Log()])
def test_constant_and_empty_columns_stay_numbers(step: Transform) -> None:
    train = pd.DataFrame({"same": [7.0, 7.0, 7.0], "none": [np.nan] * 3})
    out = step.fit(train).transform(pd.DataFrame({"same": [7.0, 8.0, np.nan], "none": [1.0, np.nan, 2.0]}))
    assert np.isfinite(out["same"][:2]).all()
    assert out["same"].isna().tolist() == [False, False, True]
    assert out["none"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("step", [MinMaxScale(), PowerTransform(), Log()])
def test_infinite_values_are_refused_by_name(step: Transform) -> None:
    with pytest.raises(DataError, match="'x' holds an infinite value"):
        step.fit(pd.DataFrame({"x": [1.0, np.inf]}))


def test_quartiles_bear_infinite_values_until_these_are_a_quarter() -> None:
    few = pd.DataFrame({"x": [*range(9), np.inf]})
    assert RobustScale().fit(few).state["center"] == [4.5]
    with pytest.raises(DataError, match="quantiles of 'x' are infinite"):
        RobustScale().fit(pd.DataFrame({"x": [1.0, 2.0, np.inf, np.inf]}))


def test_ranges_and_quantiles_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="low=1.0 is not below high=1.0"):
        MinMaxScale(low=1.0)
    with pytest.raises(ConfigurationError, match=r"lower=0.8 and upper=0.75 are not valid quantiles"):
        RobustScale(lower=0.8)
    with pytest.raises(DataError, match="takes numbers and truth values, but the column 'who'"):
        MinMaxScale(["who"]).fit(pd.DataFrame({"who": ["a"]}))
