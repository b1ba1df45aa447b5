"""OrdinalEncode gives levels their place in an order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OrdinalEncoder

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import OrdinalEncode


def test_it_equals_scikit_learn(shop: pd.DataFrame) -> None:
    train, held_out = shop.iloc[:1000], shop.iloc[1000:].assign(country="new")
    held_out.loc[held_out.index[::2], "country"] = shop["country"]
    names = ["country", "customer"]
    theirs = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(train[names])
    ours = OrdinalEncode(names).fit(train).transform(held_out)
    np.testing.assert_array_equal(ours[names], theirs.transform(held_out[names]))


def test_numbers_stand_by_size_and_texts_by_alphabet() -> None:
    frame = pd.DataFrame({"n": [10, 9, 100], "t": ["10", "9", "100"], "yes": [True, False, True]})
    out = OrdinalEncode(["n", "t", "yes"]).fit(frame).transform(frame)
    assert out.to_dict("list") == {"n": [1, 0, 2], "t": [0, 2, 1], "yes": [1, 0, 1]}


def test_a_given_order_holds_whatever_training_rows_have() -> None:
    step = OrdinalEncode(["size"], order={"size": ["S", "M", "L"]}, unseen=-9)
    out = step.fit(pd.DataFrame({"size": ["L", "S"]})).transform(pd.DataFrame({"size": ["M", "XL", None, "L"]}))
    np.testing.assert_array_equal(out["size"], [1, -9, np.nan, 2])
    with pytest.raises(DataError, match="holds 'XL', which its order does not name"):
        step.fit(pd.DataFrame({"size": ["XL"]}))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"columns": []}, "got no columns"),
        ({"columns": ["a"], "order": {"b": [1]}}, "order for 'b', which is not among its columns"),
        ({"order": {"b": [1, 1]}}, "names a level twice"),
        ({"order": {"b": []}}, "is empty"),
    ],
)
def test_what_is_no_order_is_refused_at_construction(wrong, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        OrdinalEncode(**wrong)


@pytest.mark.parametrize("odd", [[[1], ["x"]], [{"a": 1}, None], [(1, [2]), "a"], [b"a", 2.5], [pd.Timestamp(0), 1]])
@pytest.mark.parametrize("rows", [2, 200])
def test_other_types_at_serving_are_unseen_or_null(odd, rows: int) -> None:
    fitted = OrdinalEncode(["c"]).fit(pd.DataFrame({"c": ["a", "b"]}))
    out = fitted.transform(pd.DataFrame({"c": pd.Series(odd * (rows // 2), dtype=object)}))["c"].tolist()
    expected = [0.0 if isinstance(each, str) else None if each is None else -1.0 for each in odd]
    np.testing.assert_array_equal(out, np.array(expected * (rows // 2), dtype=float))
