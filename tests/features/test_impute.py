"""Impute fills nulls with what training rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer

from mlsys.errors import DataError
from mlsys.features import Impute


@pytest.mark.parametrize("strategy", ["median", "mean"])
def test_it_equals_scikit_learn(shop: pd.DataFrame, strategy: str) -> None:
    columns = ["price", "days_since_last"]
    ours = Impute(columns, numeric=strategy, indicator=False).fit(shop).transform(shop)[columns]
    theirs = SimpleImputer(strategy=strategy).fit_transform(shop[columns])
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1), st.integers(0, 3))
def test_the_median_is_numpys(values: list[float], nulls: int) -> None:
    frame = pd.DataFrame({"x": pd.Series([*values, *[None] * nulls], dtype="float64")})
    fill = Impute().fit(frame).state["numbers"]["fills"][0]
    assert fill == np.quantile(frame["x"].dropna(), 0.5)


def test_the_indicator_stands_only_where_training_rows_had_nulls() -> None:
    train = pd.DataFrame({"a": [1.0, None], "b": [1.0, 2.0], "c": ["x", None]})
    fitted = Impute().fit(train)
    out = fitted.transform(pd.DataFrame({"a": [None, 3.0], "b": [None, 4.0], "c": [None, "y"]}))
    assert list(out.columns) == ["a", "b", "c", "a_missing"]
    assert out["b"].tolist() == [1.5, 4.0]
    assert out["a_missing"].tolist() == [1, 0]
    assert out["c"].tolist() == ["missing", "y"]


def test_a_text_gets_an_indicator_only_where_its_fill_is_a_value_of_training_rows_too() -> None:
    train = pd.DataFrame({"c": ["x", None, "missing"], "d": pd.Categorical(["x", None, "y"])})
    out = Impute().fit(train).transform(train)
    assert list(out.columns) == ["c", "d", "c_missing"]
    assert out["c_missing"].tolist() == [0, 1, 0]


def test_nulls_alone_in_a_request_are_filled_whatever_their_type() -> None:
    fitted = Impute().fit(pd.DataFrame({"a": [1.0, 3.0], "c": ["x", "y"]}))
    for null in (None, np.nan, pd.NA):
        out = fitted.transform(pd.DataFrame({"a": [null], "c": [null]}))
        assert out.iloc[0].tolist() == [2.0, "missing"]


def test_nullable_numbers_and_truth_values_become_floats() -> None:
    train = pd.DataFrame({"n": pd.array([1, None, 4], "Int64"), "t": pd.array([True, None, True], "boolean")})
    out = Impute(indicator=False).fit(train).transform(train)
    assert out["n"].tolist() == [1.0, 2.5, 4.0]
    assert out["t"].tolist() == [1.0, 1.0, 1.0]


def test_categories_gain_a_level() -> None:
    train = pd.DataFrame({"c": pd.Categorical(["a", None])})
    out = Impute().fit(train).transform(train)
    assert out["c"].cat.categories.tolist() == ["a", "missing"]


def test_a_column_without_any_number_is_named_and_the_remedy_works() -> None:
    train = pd.DataFrame({"empty": [np.nan, np.nan], "x": [1.0, 2.0]})
    with pytest.raises(DataError, match="'empty' is null in every training row"):
        Impute().fit(train)
    assert Impute(numeric=0).fit(train).transform(train)["empty"].tolist() == [0.0, 0.0]
    assert Impute().fit(train, features=["x"]).transform(train)["x"].tolist() == [1.0, 2.0]


def test_times_pass_by_and_are_refused_when_named() -> None:
    train = pd.DataFrame({"when": pd.to_datetime(["2024-01-01", None]), "x": [1.0, None]})
    assert Impute().fit(train).transform(train)["when"].isna().sum() == 1
    with pytest.raises(DataError, match="'when' holds times without a zone"):
        Impute(["when"]).fit(train)


def test_an_infinite_mean_is_refused() -> None:
    with pytest.raises(DataError, match="the mean of 'x' is inf"):
        Impute(numeric="mean").fit(pd.DataFrame({"x": [1.0, np.inf]}))


def test_wide_frames_raise_no_warning() -> None:
    wide = pd.DataFrame({f"c{number}": [1.0, None] for number in range(150)})
    out = Impute().fit(wide).transform(wide)
    assert out.shape == (2, 300)
    assert out.assign(more=1).shape == (2, 301)
