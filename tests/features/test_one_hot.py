"""OneHot makes one column of 0 and 1 for each level of training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import OneHot


def test_it_equals_scikit_learn(shop: pd.DataFrame) -> None:
    train, held_out = shop.iloc[:1000], shop.iloc[1000:]
    ours = OneHot(["country"]).fit(train).transform(held_out)
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(train[["country"]])
    names = encoder.get_feature_names_out()
    np.testing.assert_array_equal(ours[names], encoder.transform(held_out[["country"]]))
    assert "country" not in ours.columns


def test_levels_are_ordered_by_count_then_value() -> None:
    frame = pd.DataFrame({"c": ["b", "a", "z", "z"]})
    assert OneHot(["c"]).fit(frame).state[0]["levels"] == ["z", "a", "b"]


def test_unseen_rare_and_null_levels() -> None:
    train = pd.DataFrame({"c": ["a", "a", "b", "b", "rare"]})
    seen = pd.DataFrame({"c": ["a", "rare", "never", None]})
    plain = OneHot(["c"], min_count=2).fit(train).transform(seen)
    assert plain.to_dict("list") == {"c_a": [1, 0, 0, 0], "c_b": [0, 0, 0, 0]}
    other = OneHot(["c"], top=1, other=True).fit(train).transform(seen)
    assert other.to_dict("list") == {"c_a": [1, 0, 0, 0], "c_other": [0, 1, 1, 0]}
    with_null = OneHot(["c"]).fit(pd.DataFrame({"c": ["a", None]})).transform(seen)
    assert with_null.to_dict("list") == {"c_a": [1, 0, 0, 0], "c_null": [0, 0, 0, 1]}
    assert set(with_null.dtypes) == {np.dtype("uint8")}


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 2, 1]),
        pd.Series([True, False, True]),
        pd.Series([1, 2, 1], dtype="Int64"),
        pd.Series(["x", "y", "x"], dtype="category"),
        pd.Series(["x", "y", "x"], dtype=object),
    ],
)
def test_every_type_of_level(values: pd.Series) -> None:
    frame = pd.DataFrame({"c": values})
    out = OneHot(["c"]).fit(frame).transform(frame)
    assert out.to_numpy().tolist() == [[1, 0], [0, 1], [1, 0]]


def test_names_that_collide_are_refused() -> None:
    with pytest.raises(DataError, match="would both be named 'c_1'"):
        OneHot(["c"]).fit(pd.DataFrame({"c": [1, "1"]}))
    frame = pd.DataFrame({"c": ["a"], "c_a": [1]})
    with pytest.raises(DataError, match="creates a column 'c_a' that the rows already have"):
        OneHot(["c"]).fit(frame).transform(frame)


def test_times_are_refused_with_a_remedy() -> None:
    with pytest.raises(DataError, match="times without a zone.*\n.*Derive"):
        OneHot(["when"]).fit(pd.DataFrame({"when": pd.to_datetime(["2024-01-01"])}))


def test_no_columns_and_no_levels_are_refused_at_construction() -> None:
    for wrong in ({"columns": []}, {"columns": ["a"], "top": 0}, {"columns": "a"}):
        with pytest.raises(ConfigurationError):
            OneHot(**wrong)


def test_a_column_for_each_of_very_many_levels_is_refused_and_its_remedy_works() -> None:
    frame = pd.DataFrame({"id": pd.Series(np.arange(10_001)).astype("str")})
    with pytest.raises(DataError, match="'id' has 10,001 levels, and each would be a column") as caught:
        OneHot(["id"], top=None).fit(frame)
    assert "top=100" in caught.value.remedy
    assert OneHot(["id"], top=100).fit(frame).transform(frame.head(1)).shape == (1, 100)
