"""Derive and Function make columns out of each row."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest

from mlsys.data import Derive, Function
from mlsys.errors import ConfigurationError, ContractError

FRAME = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 3, 9])


def doubled(frame: pd.DataFrame) -> pd.Series:
    return frame["a"] * 2


def test_functions_expressions_arrays_and_constants() -> None:
    out = Derive(
        {
            "b": doubled,
            "c": pd.col("b") + 1,
            "d": lambda f: f["c"].to_numpy(),
            "e": lambda f: "one",
            "a": pd.col("a") - 1,
        }
    ).apply(FRAME)
    assert out.to_dict("list") == {"a": [0, 1, 2], "b": [2, 4, 6], "c": [3, 5, 7], "d": [3, 5, 7], "e": ["one"] * 3}
    assert out.index.tolist() == [5, 3, 9]
    assert FRAME["a"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda f: f["a"].head(2), "a lambda for the column 'b' returned a Series of 2 values for 3 rows"),
        (lambda f: f["a"].reset_index(drop=True), "another index"),
        (lambda f: f["a"].sort_index(), "another index"),
        (lambda f: np.ones(4), r"values of shape \(4,\)"),
        (lambda f: f, "a DataFrame of shape"),
        (lambda f: None, "None"),
    ],
)
def test_what_is_no_column_names_function_and_column(function: object, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        Derive({"b": function}).apply(FRAME)


def test_an_error_of_the_function_keeps_its_type_and_gains_a_note() -> None:
    with pytest.raises(KeyError) as caught:
        Derive({"b": lambda f: f["nope"]}).apply(FRAME)
    assert caught.value.__notes__ == ["while Derive made the column 'b' with a lambda"]


def test_a_function_that_changes_its_input_changes_nothing() -> None:
    def rude(frame: pd.DataFrame) -> pd.Series:
        frame["a"] = 0
        return frame["a"]

    out = Derive({"b": rude}).apply(FRAME)
    assert out["a"].tolist() == [1, 2, 3]


def test_what_is_no_function_is_refused_at_construction() -> None:
    with pytest.raises(ConfigurationError, match="Derive gives 'b' the int 3"):
        Derive({"b": 3})


def test_derivations_can_be_narrowed() -> None:
    step = Derive({"b": doubled, "c": pd.col("a")}, name="more")
    assert list(step.derivations()) == ["b", "c"]
    assert step.derivations()["c"](FRAME).tolist() == [1, 2, 3]
    assert step.only({"c", "x"}) == Derive({"c": pd.col("a")}, name="more")


def test_a_function_is_a_step_under_its_own_name() -> None:
    def with_b(frame: pd.DataFrame, by: int = 2) -> pd.DataFrame:
        return frame.assign(b=frame["a"] * by)

    assert Function(with_b).title == "with_b"
    assert Function(functools.partial(with_b, by=3)).title == "with_b"
    assert Function(with_b, name="other").title == "other"
    assert Function(functools.partial(with_b, by=3)).fit(FRAME).transform(FRAME)["b"].tolist() == [3, 6, 9]
