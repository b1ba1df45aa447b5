"""Standardize brings columns to mean 0 and deviation 1 over training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import skew
from sklearn.preprocessing import StandardScaler

from mlsys.errors import DataError
from mlsys.features import Standardize


def test_it_equals_scikit_learn(cancer: pd.DataFrame) -> None:
    train, held_out = cancer.iloc[:400], cancer.iloc[400:]
    ours = Standardize().fit(train, target="target").transform(held_out).drop(columns="target")
    theirs = StandardScaler().fit(train.drop(columns="target")).transform(held_out.drop(columns="target"))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_a_constant_column_is_centred_and_not_divided() -> None:
    fitted = Standardize().fit(pd.DataFrame({"x": [0.1] * 7}))
    assert fitted.state["scale"] == [1.0]
    assert fitted.transform(pd.DataFrame({"x": [1.1]}))["x"].tolist() == [1.0]


def test_nulls_are_left_out_and_stay() -> None:
    frame = pd.DataFrame({"x": [1.0, None, 3.0], "n": pd.array([1, None, 3], "Int64")})
    out = Standardize().fit(frame).transform(frame)
    assert out["x"].fillna(9).tolist() == out["n"].fillna(9).tolist() == [-1.0, 9.0, 1.0]


def test_truth_values_and_texts_pass_by() -> None:
    frame = pd.DataFrame({"flag": [True, False], "who": ["a", "b"], "x": [0, 2]})
    out = Standardize().fit(frame).transform(frame)
    assert out["flag"].tolist() == [True, False]
    assert out["x"].tolist() == [-1.0, 1.0]


def test_infinite_values_and_texts_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="'x' holds an infinite value"):
        Standardize().fit(pd.DataFrame({"x": [1.0, -np.inf]}))
    with pytest.raises(DataError, match="takes numbers and truth values, but the column 'who'"):
        Standardize(["who"]).fit(pd.DataFrame({"who": ["a"]}))


def test_clipped_values_end_where_asked() -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
    out = Standardize(clip=2).fit(frame).transform(pd.DataFrame({"x": [-50.0, 1.0, 50.0]}))
    assert out["x"].tolist() == [-2.0, 0.0, 2.0]


def test_flags_stay_as_they_are_where_asked() -> None:
    frame = pd.DataFrame({"flag": [0, 1, 0], "half": [0, 0.5, 1], "level": [0, 2, 0], "one": [1, 1, 1]})
    out = Standardize(keep_flags=True).fit(frame).transform(frame)
    assert out["flag"].tolist() == [0, 1, 0]
    assert out["one"].tolist() == [1, 1, 1]
    assert abs(out[["half", "level"]].mean()).max() < 1e-12


@given(st.lists(st.floats(0, 1e9).map(lambda value: round(value, 3)), min_size=3, max_size=40), st.integers(0, 3))
def test_logarithms_stand_beside_what_is_skewed(values: list[float], nulls: int) -> None:
    frame = pd.DataFrame({"x": [*values, *[np.nan] * nulls]})
    out = Standardize(logs=True).fit(frame).transform(frame)
    skewness = skew(values) if np.std(values) > 0 else 0.0
    assume(not 1.999 < skewness < 2.001)
    assert ("x_log" in out) == (skewness > 2 and not set(values) <= {0, 1})
    if "x_log" in out:
        logs = np.log1p(np.array(values) / (np.median(values) or 1))
        np.testing.assert_allclose(out["x_log"][: len(values)], (logs - logs.mean()) / logs.std(), rtol=1e-6, atol=1e-9)
        assert out["x_log"].isna().sum() == nulls


def test_columns_with_values_below_0_and_flags_get_no_logarithm() -> None:
    frame = pd.DataFrame({"below": [-1.0, *[0.0] * 8, 99.0], "rare": [0] * 9 + [1], "price": [1.0] * 9 + [99.0]})
    fitted = Standardize(logs=True, clip=2).fit(frame)
    assert [each["column"] for each in fitted.state["logs"]] == ["price"]
    later = fitted.transform(frame.assign(price=-5.0))["price_log"]
    assert (later == fitted.transform(frame.assign(price=0.0))["price_log"]).all()
    assert fitted.transform(frame.assign(price=1e300))["price_log"].tolist() == [2.0] * 10
