"""Apply lets any scikit-learn transformer be a step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.random_projection import GaussianRandomProjection

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import Apply
from mlsys.states import digest


def test_bare_it_takes_all_features_of_numbers(shop: pd.DataFrame) -> None:
    out = Apply(MinMaxScaler()).fit(shop, target="returned", time="ordered").transform(shop)
    assert list(out.columns) == list(shop.columns)
    assert out["price"].max() == pytest.approx(1.0)
    pd.testing.assert_series_equal(out["returned"], shop["returned"])
    pd.testing.assert_series_equal(out["country"], shop["country"])


def test_outputs_replace_the_columns_they_come_from(cancer: pd.DataFrame) -> None:
    columns = list(cancer.columns[:10])
    fitted = Apply(PCA(3), columns).fit(cancer, target="target")
    out = fitted.transform(cancer)
    assert list(out.columns) == [*cancer.columns[10:], "pca0", "pca1", "pca2"]
    theirs = PCA(3, random_state=0).fit_transform(cancer[columns])
    np.testing.assert_allclose(out[["pca0", "pca1", "pca2"]], theirs, atol=1e-6)


def test_a_supervised_selector_gets_the_target(cancer: pd.DataFrame) -> None:
    out = Apply(SelectKBest(k=4)).fit(cancer, target="target").transform(cancer)
    chosen = SelectKBest(k=4).fit(cancer.drop(columns="target"), cancer["target"]).get_feature_names_out()
    assert sorted(out.columns) == sorted([*chosen, "target"])


def test_texts_are_named_with_a_remedy_unless_the_transformer_takes_them(shop: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="the column 'country', which holds text.*(\n.*)*OneHot or TargetEncode"):
        Apply(StandardScaler(), ["price", "country"]).fit(shop)
    encoded = Apply(OrdinalEncoder(), ["country"]).fit(shop).transform(shop)
    assert sorted(encoded["country"].unique()) == [0, 1, 2, 3]
    sparse = Apply(OneHotEncoder(), ["country"]).fit(shop).transform(shop)
    assert {"country_DE", "country_SE"} <= set(sparse.columns)


def test_a_vectorizer_of_texts_gets_one_column() -> None:
    frame = pd.DataFrame({"note": ["late again", "on time", "late"], "x": [1, 2, 3]})
    out = Apply(TfidfVectorizer(), ["note"]).fit(frame).transform(frame)
    assert list(out.columns) == ["x", "again", "late", "on", "time"]


def test_open_random_states_are_set_from_the_seed(cancer: pd.DataFrame) -> None:
    step = Apply(GaussianRandomProjection(2))
    states = [step.fit(cancer, target="target", seed=seed).state for seed in (1, 1, 2)]
    assert digest(states[0]) == digest(states[1])
    assert digest(states[0]) != digest(states[2])
    assert step.transformer.random_state is None


def test_a_transformer_without_names_keeps_those_of_its_columns() -> None:
    frame = pd.DataFrame({"x": [1.0, 4.0]})
    out = Apply(FunctionTransformer(np.sqrt)).fit(frame).transform(frame)
    assert out["x"].tolist() == [1.0, 2.0]


def test_an_output_whose_name_is_taken_is_refused() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "pca0": ["a", "b"]})
    with pytest.raises(DataError, match="creates a column 'pca0'"):
        Apply(PCA(1), ["x"]).fit(frame)


def test_a_sparse_table_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, shop: pd.DataFrame) -> None:
    monkeypatch.setattr("mlsys.features._transformer._DENSE_CELLS", 10)
    with pytest.raises(DataError, match="sparse table of 2,000 x 4 cells"):
        Apply(OneHotEncoder(), ["country"]).fit(shop).transform(shop)


@pytest.mark.parametrize("wrong", [LogisticRegression(), RandomForestClassifier, 3])
def test_what_does_not_transform_is_refused_at_construction(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="Apply"):
        Apply(wrong)


def test_no_numbers_at_all_is_said() -> None:
    with pytest.raises(DataError, match="found no feature of numbers"):
        Apply(PCA(1)).fit(pd.DataFrame({"who": ["a"]}))
