"""CountEncode gives levels the number of training rows that have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.features import CountEncode


@pytest.mark.parametrize("measure", ["count", "share", "log"])
def test_it_is_what_pandas_counts(shop: pd.DataFrame, measure: str) -> None:
    train = shop.iloc[:1000].assign(country=lambda rows: rows["country"].where(rows.index % 7 > 0))
    counts = train["country"].value_counts(dropna=False)
    held_out = shop.iloc[1000:].assign(country=lambda rows: rows["country"].where(rows.index % 5 > 0, "new"))
    expected = held_out["country"].map(counts).fillna(0).to_numpy(dtype=float)
    expected = {"count": expected, "share": expected / 1000, "log": np.log1p(expected)}[measure]
    np.testing.assert_array_equal(CountEncode(["country"], measure).fit(train).transform(held_out)["country"], expected)


def test_null_counts_as_a_level_and_zero_where_training_rows_have_none() -> None:
    later = pd.DataFrame({"c": [None, "a"]})
    assert CountEncode(["c"]).fit(pd.DataFrame({"c": ["a", None, None]})).transform(later)["c"].tolist() == [2, 1]
    assert CountEncode(["c"]).fit(pd.DataFrame({"c": ["a", "a"]})).transform(later)["c"].tolist() == [0, 2]


def test_no_training_rows_with_a_level_give_zeros() -> None:
    empty = pd.DataFrame({"c": pd.Series([None, None], dtype="str")})
    assert CountEncode(["c"], "share").fit(empty).transform(pd.DataFrame({"c": ["a", None]}))["c"].tolist() == [0, 1]
