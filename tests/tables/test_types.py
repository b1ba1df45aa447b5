"""A column is held in another type only where every value stays what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys.tables.types import exactly

ABC = pd.CategoricalDtype(["c", "a", "b"])
HELD: list[tuple[Any, Any, Any]] = [
    (pd.Series([1, 2]), "float64", [1.0, 2.0]),
    (pd.Series([1.0, 2.0]), "int64", [1, 2]),
    (pd.Series([1, 2], dtype="int8"), "int64", [1, 2]),
    (pd.Series([1.0, None]), "Int64", [1, None]),
    (pd.Series([1, None], dtype="Int64"), "float64", [1.0, None]),
    (pd.Series([None, None], dtype=object), "float64", [None, None]),
    (pd.Series([np.nan, np.nan]), "str", [None, None]),
    (pd.Series([None], dtype=object), "datetime64[ns]", [None]),
    (pd.Series(["a", None], dtype=object), "str", ["a", None]),
    (pd.Series(["a", "b"], dtype="str"), object, ["a", "b"]),
    (pd.Series(["a", "b", None], dtype="str"), ABC, ["a", "b", None]),
    (pd.Series(["a", "b"], dtype="category"), ABC, ["a", "b"]),
    (pd.Series(["a", "b"], dtype="category"), "str", ["a", "b"]),
    (pd.Series(pd.to_datetime(["2024-01-01"]).astype("M8[ns]")), "datetime64[s]", [pd.Timestamp("2024-01-01")]),
    (pd.Series([], dtype="float64"), "int64", []),
    (pd.Series([], dtype=object), ABC, []),
]
NOT_HELD: list[tuple[Any, Any]] = [
    (pd.Series([1.5]), "int64"),
    (pd.Series([1.0, None]), "int64"),
    (pd.Series([None]), "int64"),
    (pd.Series([2**53 + 1]), "float64"),
    (pd.Series([300]), "int8"),
    (pd.Series([True]), "int64"),
    (pd.Series([1, 0]), "bool"),
    (pd.Series([1]), "str"),
    (pd.Series(["1"]), "int64"),
    (pd.Series(["d"]), ABC),
    (pd.Series([0.1]), "float32"),
    (pd.Series(pd.to_datetime(["2024-01-01 00:00:00.5"])), "datetime64[s]"),
    (pd.Series(["2024-01-01"]), "datetime64[ns]"),
]


@pytest.mark.parametrize(("column", "dtype", "values"), HELD, ids=str)
def test_values_that_the_type_holds_are_kept(column: pd.Series, dtype: Any, values: list[Any]) -> None:
    made = exactly(column, dtype)
    assert made is not None and made.dtype == pd.api.types.pandas_dtype(dtype)
    assert [None if pd.isna(each) else each for each in made.tolist()] == values
    if isinstance(made.dtype, pd.CategoricalDtype) and dtype is ABC:
        assert made.cat.categories.tolist() == ["c", "a", "b"]


@pytest.mark.parametrize(("column", "dtype"), NOT_HELD, ids=str)
def test_values_that_it_does_not_hold_are_refused(column: pd.Series, dtype: Any) -> None:
    assert exactly(column, dtype) is None
