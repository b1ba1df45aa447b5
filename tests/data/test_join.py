"""Join looks columns up; rows, their order and their index stay."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.data import Join
from mlsys.errors import ConfigurationError, DataError

SIDE = pd.DataFrame({"k": ["a", "b", None], "n": [1, 2, 3], "ok": [True, False, True], "t": ["x", "y", "z"]})
ROWS = pd.DataFrame({"k": ["b", None, "c", "b", "a"], "x": range(5)}, index=[9, 4, 7, 1, 3])


def test_missing_and_null_keys_give_nulls() -> None:
    out = Join(SIDE, "k").apply(ROWS)
    assert out.index.tolist() == [9, 4, 7, 1, 3]
    assert out["n"].fillna(-1).tolist() == [2.0, -1.0, -1.0, 2.0, 1.0]
    assert out["t"].fillna("-").tolist() == ["y", "-", "-", "y", "x"]
    assert list(out.columns) == ["k", "x", "n", "ok", "t"]


@pytest.mark.parametrize("rows", [[0], [1], [0, 4], list(range(5))])
def test_types_do_not_depend_on_what_is_found(rows: list[int]) -> None:
    step = Join(SIDE, "k")
    pd.testing.assert_frame_equal(step.apply(ROWS.iloc[rows]), step.apply(ROWS).iloc[rows])
    assert step.apply(ROWS.iloc[rows]).dtypes[["n", "ok"]].map(str).tolist() == ["float64", "boolean"]


def test_whole_numbers_too_large_for_floats_stay_whole() -> None:
    side = pd.DataFrame({"k": [1], "big": [2**60 + 1]})
    out = Join(side, "k").apply(pd.DataFrame({"k": [1, 2]}))
    assert out["big"][0] == 2**60 + 1
    assert out["big"].isna()[1]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), unique=True),
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abcd")), min_size=1, max_size=150),
)
def test_two_keys_equal_a_merge(side_keys: list[tuple[int, str]], keys: list[tuple[int, str]]) -> None:
    side = pd.DataFrame(side_keys, columns=["i", "s"]).astype({"i": "int64", "s": "str"})
    side["v"] = np.arange(len(side), dtype=float)
    rows = pd.DataFrame(keys, columns=["i", "s"]).astype({"s": "str"})
    pd.testing.assert_frame_equal(Join(side, ["i", "s"]).apply(rows), rows.merge(side, on=["i", "s"], how="left"))


def test_keys_match_across_types_of_one_family() -> None:
    side = pd.DataFrame({"k": pd.array([1, 2], "Int64"), "v": [1.0, 2.0]})
    for key in (pd.Series([2, 1]), pd.Series([2.0, 1.0]), pd.Series([2, 1], dtype="category")):
        assert Join(side, "k").apply(pd.DataFrame({"k": key}))["v"].tolist() == [2.0, 1.0]


def test_keys_of_another_type_are_refused_but_nulls_alone_are_fine() -> None:
    with pytest.raises(DataError, match="'k' is whole numbers .* in the rows and text .* in the table"):
        Join(SIDE, "k").apply(pd.DataFrame({"k": [1]}))
    assert Join(SIDE, "k").apply(pd.DataFrame({"k": [np.nan]}))["n"].isna().all()


def test_repeated_keys_are_refused_with_their_count() -> None:
    side = pd.DataFrame({"k": ["a", "a", "b", "b", "b", None, None], "v": range(7)})
    with pytest.raises(DataError, match=r"2 keys of the table occur in more than one row \(5 rows\), for example 'a'"):
        Join(side, "k").apply(ROWS)
    assert Join(side.drop_duplicates(["k"]), "k").apply(ROWS)["v"].tolist()[0] == 2.0


def test_names_that_are_taken() -> None:
    side = SIDE.rename(columns={"n": "x"})
    with pytest.raises(DataError, match="column 'x' would replace"):
        Join(side, "k").apply(ROWS)
    assert list(Join(side, "k", columns=["t"]).apply(ROWS).columns) == ["k", "x", "t"]
    out = Join(side, "k", suffix="_side").apply(ROWS)
    assert list(out.columns) == ["k", "x", "x_side", "ok", "t"]
    assert out["x"].tolist() == list(range(5))


def test_a_file_is_read_when_needed_and_again_when_it_changes() -> None:
    step = Join("side.csv", "k", columns=["v"])
    with pytest.raises(DataError, match="cannot find the file 'side.csv'"):
        step.apply(ROWS)
    Path("side.csv").write_text("k,v,w\na,1,1\n")
    assert step.apply(ROWS)["v"].notna().sum() == 1
    Path("side.csv").write_text("k,v,w\na,1,1\nb,2,2\n")
    os.utime("side.csv", (1, 1))
    assert step.apply(ROWS)["v"].notna().sum() == 3
    pd.read_csv("side.csv").to_parquet("side.parquet")
    assert Join(Path("side.parquet"), "k", columns=["v"]).apply(ROWS).equals(step.apply(ROWS))


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match="table has no column 'nope'"):
        Join(SIDE, "k", columns=["nope"]).apply(ROWS)
    with pytest.raises(DataError, match="needs the column 'k'"):
        Join(SIDE, "k").apply(ROWS[["x"]])
    with pytest.raises(ConfigurationError, match="no key"):
        Join(SIDE, [])


def test_what_a_served_model_carries_is_enough() -> None:
    Path("side.csv").write_text("k,v,w\na,1,1\nb,2,2\n")
    step = Join("side.csv", "k", columns=["v"])
    carried = step.side_state()
    Path("side.csv").unlink()
    assert list(carried.columns) == ["k", "v"]
    assert step.with_table(carried).apply(ROWS)["v"].notna().sum() == 3


def test_equal_tables_make_equal_steps() -> None:
    assert Join(SIDE, "k") == Join(SIDE.copy(), "k") != Join(SIDE.assign(n=0), "k")
    assert Join(SIDE, ["k"]).columns_read(["k", "x"]) == ("k",)


def test_a_join_that_has_run_still_equals_itself() -> None:
    step = Join(SIDE, "k")
    step.apply(ROWS)
    assert step == Join(SIDE, "k")
    assert "side" not in repr(step)


def test_names_of_the_table_are_texts_and_each_its_own() -> None:
    rows = pd.DataFrame({"k": ["a"]})
    with pytest.raises(DataError, match=r"Join \(its table\): column names must be strings, but 2024 is int"):
        Join(pd.DataFrame({"k": ["a"], 2024: [1]}), on="k").apply(rows)
    with pytest.raises(DataError, match=r"Join \(its table\) has two columns named 'v'"):
        Join(pd.DataFrame([["a", 1, 2]], columns=["k", "v", "v"]), on="k").apply(rows)
    with pytest.raises(DataError, match="the rows have two columns named 'k'"):
        Join(pd.DataFrame({"k": ["a"], "v": [1]}), on="k").apply(pd.DataFrame([["a", "b"]], columns=["k", "k"]))


def test_unsigned_numbers_beyond_int64_keep_their_value() -> None:
    side = pd.DataFrame({"k": ["a"], "v": np.array([2**63 + 5], dtype="uint64")})

    found = Join(side, on="k").apply(pd.DataFrame({"k": ["a", "b"]}))["v"]

    assert found.iloc[0] == 2**63 + 5 and found.isna().tolist() == [False, True]


def test_keys_that_are_equal_by_value_stand_once_in_the_table() -> None:
    side = pd.DataFrame({"k": pd.Series([1, 1.0, 2], dtype=object), "v": [1, 2, 3]})
    with pytest.raises(DataError, match=r"1 key of the table occurs in more than one row \(2 rows\)"):
        Join(side, on="k").apply(pd.DataFrame({"k": [1]}))
