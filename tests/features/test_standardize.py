"""Standardize brings columns to mean 0 and deviation 1 over training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
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
