"""Changes of columns keep types, lengths and nulls, whatever the values are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.evaluation.behaviour.changes import Change
from mlsys.evaluation.behaviour.raising import raised
from mlsys.evaluation.behaviour.swapping import swaps
from mlsys.values import mistyped, noisy, nulled, takes_damage

LEVELS = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@settings(max_examples=10, deadline=None)
@given(st.text(min_size=1, max_size=30), st.integers(1, 3))
def test_a_typing_error_changes_a_text_with_letters_and_no_other(text: str, size: int) -> None:
    (found,) = mistyped(pd.Series([text], dtype=object), 1, rng()).tolist()
    letters = any(letter.isalnum() for letter in text)
    assert (found != text) == letters and abs(len(found) - len(text)) <= 1
    (more,) = mistyped(pd.Series([text], dtype=object), size, rng()).tolist()
    assert abs(len(more) - len(text)) <= size


@pytest.mark.parametrize("dtype", ["str", object, "category", "string"])
def test_typing_errors_leave_nulls_and_become_levels_of_no_training_row(dtype: Any) -> None:
    column = pd.Series(["Berlin", None, "Bonn"], dtype=dtype, name="city")
    found = mistyped(column, 1, rng())
    assert found.isna().tolist() == [False, True, False] and takes_damage(column, "typos")
    assert Change("", "city", found).of(column.to_frame()).tolist() == [True, False, True]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "uint8", "int64[pyarrow]"])
def test_noise_keeps_whole_numbers_whole_and_stays_in_range(dtype: Any) -> None:
    column = pd.Series(np.arange(100), dtype=dtype, name="age")
    found = noisy(column, 0.1, rng())
    assert found.dtype == column.dtype and found.min() >= 0 and found.max() <= 99
    moved = found.astype("float64") - column.astype("float64")
    assert moved.std() == pytest.approx(0.1 * np.arange(100).std(), rel=0.3) and abs(moved.mean()) < 1


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2]), pd.Series([True, False]), pd.Series(["a", "b"]), pd.Series(["a", "b"], dtype="category"),
        pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])), pd.Series([1.5, 2.0], dtype="Float64"),
    ],
)  # fmt: skip
def test_nulls_are_nulls_in_every_type(column: pd.Series) -> None:
    found = nulled(column.rename("x"))
    assert found.isna().all() and len(found) == 2
    assert Change("", "x", found).of(column.to_frame("x")).all()


@pytest.mark.parametrize(
    ("column", "by", "expected"),
    [
        (pd.Series([1, 2], dtype="int64"), 3, [4, 5]),
        (pd.Series([1.0, None]), 0.5, [1.5, None]),
        (pd.Series([10, 25]), "10%", [11, 28]),
        (pd.Series([True, False, None], dtype="boolean"), None, [True, True, None]),
        (pd.Series(["low", "high", None], dtype=LEVELS), None, ["mid", "high", None]),
        (pd.Series(["low", "mid"], dtype=LEVELS), 2, ["high", "high"]),
        (pd.Series(pd.to_datetime(["2024-01-31"])), "1D", [pd.Timestamp("2024-02-01")]),
        (pd.Series(pd.to_datetime(["2024-01-31"]).tz_localize("UTC")), None, [pd.Timestamp("2024-02-01", tz="UTC")]),
    ],
)
def test_more_of_a_column_is_in_its_own_type(column: pd.Series, by: Any, expected: list[Any]) -> None:
    change = raised(column.to_frame("x"), "x", by, "DirectionalTest")
    assert change.values.dtype == column.dtype
    pd.testing.assert_series_equal(change.values, pd.Series(expected, dtype=column.dtype, name="x"))


def test_the_usual_step_is_half_the_distance_of_the_quartiles() -> None:
    column = pd.Series(np.arange(101.0))
    assert raised(column.to_frame("x"), "x", None, "").values.iloc[0] == 25
    assert raised(pd.DataFrame({"x": [0] * 99 + [50]}), "x", None, "").values.iloc[0] == 5  # the standard deviation


def test_numbers_are_moved_to_values_that_rows_hold() -> None:
    frame = pd.DataFrame({"x": np.arange(1001) * 3})
    assert [int(each.values.iloc[0]) for each in swaps(frame, "x", None, False, "")] == [150, 750, 1500, 2250, 2850]
    few = pd.DataFrame({"x": [1, 1, 2, None]})
    assert [float(each.values.iloc[0]) for each in swaps(few, "x", None, False, "")] == [1.0, 2.0]
    times = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=21)})
    assert all(each.values.dtype == times["t"].dtype for each in swaps(times, "t", None, False, ""))
    assert list(swaps(pd.DataFrame({"x": [None, None]}), "x", None, False, "")) == []
