"""A pass over pieces reads and makes the columns that it needs, with the values that it would have with all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.tables import Partition, Table

ASKED: list[list[str] | None] = []
RAN: list[str] = []


def rows(start: int = 0) -> pd.DataFrame:
    at = np.arange(start, start + 5)
    texts = pd.Series([f"t{n}" for n in at], dtype="str", index=at)
    return pd.DataFrame({"a": at * 1.0, "b": at + 1, "c": texts})


def table() -> Table:
    def reader(start: int) -> Any:
        def read(columns: Sequence[str] | None) -> pd.DataFrame:
            ASKED.append(None if columns is None else list(columns))
            return rows(start) if columns is None else rows(start)[list(columns)]

        return read

    return LocalEngine().hold([Partition(5, reader(start), f"from {start}") for start in (0, 5)], None)


def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    RAN.append("doubled")
    return frame.assign(a=frame["a"] * 2, a_sign=np.sign(frame["a"]))


def dropped(frame: pd.DataFrame) -> pd.DataFrame:
    RAN.append("dropped")
    return frame.drop(columns="c").assign(length=frame["c"].str.len())


def anything(frame: pd.DataFrame) -> pd.DataFrame:
    RAN.append("anything")
    return frame.assign(total=frame["a"] + frame["b"])


@pytest.fixture
def changed() -> Table:
    made = table().map(doubled, ["a"]).map(dropped, ["c"])
    made.head(1)
    ASKED.clear()
    RAN.clear()
    return made


ALL = pd.concat([dropped(doubled(rows(start))) for start in (0, 5)])


@pytest.mark.parametrize(
    ("wanted", "read", "ran"),
    [
        (["b"], ["b"], set()),
        ([], [], set()),
        (["a"], ["a"], {"doubled"}),
        (["a_sign", "b"], ["a", "b"], {"doubled"}),
        (["length"], ["c"], {"dropped"}),
        (["length", "a"], ["a", "c"], {"doubled", "dropped"}),
        (["b", "a"], ["a", "b"], {"doubled"}),
    ],
)
def test_what_is_needed_is_read_and_made(changed: Table, wanted: list[str], read: list[str], ran: set[str]) -> None:
    pd.testing.assert_frame_equal(changed.frame(wanted), ALL[wanted])
    assert ASKED == [read, read]
    assert set(RAN) == ran


def test_a_reduction_gets_the_columns_that_it_names_at_least(changed: Table) -> None:
    assert changed.reduce(lambda frame: frame["length"].sum(), ["length"]) == ALL["length"].sum()
    assert ASKED == [["c"], ["c"]]


def test_a_function_that_may_read_anything_gets_all_columns(changed: Table) -> None:
    further = changed.map(anything).map(doubled, ["a"])
    further.head(1)
    ASKED.clear()
    pd.testing.assert_frame_equal(further.frame(["b"]), ALL[["b"]])
    assert ASKED == [None, None]
    assert further.frame(["total", "a"])["total"].tolist() == (ALL["a"] + ALL["b"]).tolist()


def test_all_columns_are_those_without_choice(changed: Table) -> None:
    pd.testing.assert_frame_equal(changed.frame(), ALL)
    assert ASKED == [None, None]


def test_a_column_that_is_not_there_is_missed_by_whoever_asks(changed: Table) -> None:
    with pytest.raises(KeyError, match="no_such"):
        changed.frame(["a", "no_such"])
    with pytest.raises(KeyError, match="c"):  # dropped on the way
        changed.frame(["c"])


def test_rows_that_are_kept_and_sampled_are_those_of_all_columns(changed: Table) -> None:
    inside = np.arange(10) % 3 == 0
    pd.testing.assert_frame_equal(changed.keep(inside).frame(["length"]), ALL[inside][["length"]])
    assert ASKED[-1] == ["c"]
    whole = LocalEngine().hold(None, ALL)
    pd.testing.assert_frame_equal(changed.sample(4, columns=["a"]), whole.sample(4, columns=["a"]))


def test_a_piece_whose_values_do_not_fit_its_type_is_refused_in_a_narrow_pass_too() -> None:
    def halves(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(b=frame["b"] if frame["b"].iloc[0] == 1 else frame["b"] + 0.5)

    made = table().map(halves, ["b"])
    made.head(1)
    assert made.frame(["a"])["a"].tolist() == list(range(10))
    with pytest.raises(DataError, match="from 5") as raised:
        made.frame(["b"])
    assert "'b'" in str(raised.value)
