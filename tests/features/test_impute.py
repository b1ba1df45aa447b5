"""Impute fills nulls with what training rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression

from mlsys.errors import ConfigurationError, DataError
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


def test_the_mode_is_the_most_frequent_and_of_several_the_smallest_or_first() -> None:
    frame = pd.DataFrame({"n": [3.0, 1.0, 3.0, 1.0, None], "c": ["b", "a", "b", None, "a"]})
    out = Impute(numeric="mode", categorical="mode").fit(frame).transform(frame)
    assert out["n"].tolist() == [3.0, 1.0, 3.0, 1.0, 1.0]
    assert out["c"].tolist() == ["b", "a", "b", "a", "a"]
    assert out[["n_missing", "c_missing"]].to_numpy().T.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 1, 0]]
    theirs = SimpleImputer(strategy="most_frequent").fit_transform(frame[["n"]])
    np.testing.assert_array_equal(out[["n"]], theirs)


@pytest.mark.parametrize("how", ["median", "mean", "mode"])
def test_groups_have_fills_of_their_own_and_unknown_ones_that_of_all(how: str) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.integers(0, 9, 300).astype(float), "g": rng.choice(list("abc"), 300), "k": 1})
    frame.loc[rng.random(300) < 0.2, "x"] = np.nan
    frame.loc[frame["g"] == "c", "x"] = np.nan
    step = Impute(["x"], numeric=how, by=["g", "k"], indicator=False)
    out = step.fit(frame).transform(frame)["x"]
    each = {"mode": lambda values: values.mode().min()}.get(how, how)
    expected = frame["x"].fillna(frame.groupby("g")["x"].transform(each)).fillna(frame["x"].agg(each))
    np.testing.assert_allclose(out, expected, rtol=1e-12)
    unknown = pd.DataFrame({"x": [None, None], "g": ["new", None], "k": [1, 1]})
    assert step.fit(frame).transform(unknown)["x"].tolist() == [frame["x"].agg(each)] * 2


def test_groups_need_no_feature_that_is_taken() -> None:
    frame = pd.DataFrame({"x": [1.0, 3.0, None, 8.0], "day": pd.array([1, 1, 1, 2])})
    out = Impute(by="day").fit(frame).transform(frame)
    assert out["x"].tolist() == [1.0, 3.0, 2.0, 8.0]
    assert out["day"].tolist() == [1, 1, 1, 2]
    with pytest.raises(ConfigurationError, match="the same for every group"):
        Impute(numeric=0, by="day")


def test_a_regression_fills_what_the_other_columns_say() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 500))
    frame = pd.DataFrame({"a": a, "b": b, "twice": 2 * a, "x": 1 + 2 * a - 3 * b})
    holed = frame.assign(x=frame["x"].mask(rng.random(500) < 0.3), b=frame["b"].mask(rng.random(500) < 0.1))
    fitted = Impute(numeric="model").fit(holed)
    reference = LinearRegression().fit(
        holed[["a", "b"]].fillna(holed.median())[holed["x"].notna()], holed["x"].dropna()
    )
    expected = reference.predict(holed[["a", "b"]].fillna(holed.median()))
    inside = np.clip(expected, holed["x"].min(), holed["x"].max())
    np.testing.assert_allclose(
        fitted.transform(holed)["x"], np.where(holed["x"].isna(), inside, holed["x"]), rtol=1e-9, atol=1e-9
    )
    alone = fitted.transform(pd.DataFrame({"a": [100.0], "b": [0.0], "twice": [200.0], "x": [None]}))
    assert alone["x"].tolist() == [holed["x"].max()]


def test_one_column_alone_has_no_regression_and_gets_its_median() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, None, 9.0]})
    assert Impute(numeric="model").fit(frame).transform(frame)["x"].tolist() == [1.0, 2.0, 2.0, 9.0]
