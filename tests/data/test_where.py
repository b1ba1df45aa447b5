"""Conditions keep the rows that pandas keeps, whatever source applies them, and decode no more than they need."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.data import ReadCSV, ReadJSON, ReadParquet
from mlsys.data._parquet_file import ParquetFile
from mlsys.data._where import Condition
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override

ROWS = pd.DataFrame(
    {
        "id": range(6),
        "n": [1, 2, 2**53 + 1, -4, 5, 6],
        "x": [0.5, None, 2.5, -1.0, np.inf, 6.0],
        "city": ["Rome", None, "Oslo", "", "Rome", "Bern"],
        "ok": [True, False, True, True, False, False],
        "day": pd.date_range("2024-01-01", periods=6),
    }
)
PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def kept(where: Any, folder: Path | None = None) -> list[int]:
    ROWS.to_parquet("rows.parquet", row_group_size=2)
    return ReadParquet("rows.parquet", columns=["id"], where=where).read()["id"].tolist()


@given(
    st.sampled_from(["n", "x"]),
    st.sampled_from(sorted(PYTHON)),
    st.one_of(st.integers(-6, 7), st.sampled_from([2**53, 2**53 + 1, 2**70, -(2**70), 0.5, 2.5, -1.0, 1e300])),
)
def test_numbers_compare_as_in_python(column: str, comparison: str, value: float) -> None:
    rows = [None if pd.isna(each) else each for each in ROWS[column].tolist()]
    expected = [each is not None and PYTHON[comparison](each, value) for each in rows]
    condition = Condition(column, comparison, value)
    assert condition.met(pa.array(rows), "test").to_pylist() == expected
    known = [each for each in rows if each is not None]
    assert condition.may_be_met(min(known), max(known)) or not any(expected)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ([("city", "in", ["Rome", "Bern"])], [0, 4, 5]),
        ([("city", "not in", ["Rome", "Bern"])], [2, 3]),
        ([("city", "is null")], [1]),
        ([("x", "is not null", None)], [0, 2, 3, 4, 5]),
        ([("ok", "==", True), ("day", "<", pd.Timestamp("2024-01-04"))], [0, 2]),
        ([("day", ">=", "2024-01-05")], [4, 5]),
        (("n", "<", 0), [3]),
        ([("n", "=", 5)], [4]),
    ],
)
def test_each_operator(where: Any, rows: list[int]) -> None:
    assert kept(where) == rows


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
def test_sources_keep_the_same_rows(source: str) -> None:
    ROWS.to_csv("rows.csv", index=False)
    ROWS.assign(day=ROWS["day"].astype("str")).replace(np.inf, 1e300).to_json(
        "rows.jsonl", orient="records", lines=True
    )
    ROWS.to_parquet("rows.parquet")
    where = [("day", ">", pd.Timestamp("2024-01-02")), ("x", ">", 0.0), ("city", "!=", "Bern")]
    step = {
        "csv": ReadCSV("rows.csv", times=["day"], columns=["n", "id"], where=where),
        "jsonl": ReadJSON("rows.jsonl", times=["day"], columns=["n", "id"], where=where),
        "parquet": ReadParquet("rows.parquet", columns=["n", "id"], where=where),
    }[source]
    frame = step.read()
    assert frame.columns.tolist() == ["n", "id"]
    assert frame.index.tolist() == [0, 1]
    assert frame["n"].tolist() == [2**53 + 1, 5]


def test_types_do_not_depend_on_conditions() -> None:
    rows = pd.DataFrame({"n": pd.array([1, None, 3], "Int64"), "b": pd.array([True, None, False], "boolean")})
    rows.to_parquet("rows.parquet")
    whole, some = (ReadParquet("rows.parquet", where=where).read() for where in ([], [("n", "==", 3)]))
    assert some.dtypes.to_dict() == whole.dtypes.to_dict() == {"n": np.dtype("float64"), "b": pd.BooleanDtype()}


def test_folders_and_statistics_say_what_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    for year in (2022, 2023, 2024):
        Path(f"all/year={year}").mkdir(parents=True)
        pd.DataFrame({"x": range(year, year + 6)}).to_parquet(f"all/year={year}/a.parquet", row_group_size=2)
    decoded: list[tuple[str, tuple[int, ...]]] = []
    reads, whole = pq.ParquetFile.read_row_groups, pq.ParquetFile.read_row_group

    def read_row_groups(self: Any, groups: list[int], **options: Any) -> Any:
        decoded.append(("rows", tuple(groups)))
        return reads(self, groups, **options)

    def read_row_group(self: Any, group: int, **options: Any) -> Any:
        decoded.append(("conditions", (group,)))
        return whole(self, group, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", read_row_groups)
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", read_row_group)
    frame = ReadParquet("all", where=[("year", "==", 2023), ("x", ">=", 2026)]).read()
    assert frame.to_dict("list") == {"x": [2026, 2027, 2028], "year": [2023] * 3}
    assert decoded == [("conditions", (1,)), ("conditions", (2,)), ("rows", (1, 2))]


def test_pieces_hold_the_rows_of_the_whole() -> None:
    rows = pd.DataFrame({"id": range(50), "x": np.arange(50) % 7})
    rows.to_parquet("rows.parquet", row_group_size=4)
    step = ReadParquet("rows.parquet", where=[("x", "in", [1, 5])])
    whole = step.read()
    with override(rows_in_memory=3, rows_per_partition=3):
        pieces = step.partitions() or []
        frames = [piece.read(["id"]) for piece in pieces]
    assert [len(frame) for frame in frames] == [piece.rows for piece in pieces]
    pd.testing.assert_frame_equal(pd.concat(frames), whole[["id"]], check_index_type=False)
    assert whole["id"].tolist() == rows.loc[rows["x"].isin([1, 5]), "id"].tolist()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([("n", "~", 1)], "the operator '~'"),
        ([("n", "==", None)], "compares 'n' with nothing"),
        ([("n", "in", "abc")], "no list"),
        (["n > 1"], "the condition 'n > 1'"),
    ],
)
def test_what_is_no_condition_is_refused_at_once(where: Any, said: str) -> None:
    for source in (ReadCSV, ReadJSON, ReadParquet):
        with pytest.raises(ConfigurationError, match=said):
            source("rows", where=where)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([("city", ">", 5)], "the column 'city', which is string, with 5"),
        ([("n", "==", "5")], "the column 'n', which is int64, with '5'"),
        ([("ok", "==", 1)], "the column 'ok', which is bool, with 1"),
        ([("day", "==", pd.Timestamp("2024-01-01", tz="UTC"))], "the column 'day'"),
        ([("town", "==", "Rome")], "the column 'town', which is not there"),
        ([("n", ">", 2**60)], "no row meets where="),
    ],
)
def test_what_does_not_compare_is_named(where: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        kept(where)


def test_a_value_that_bounds_leave_out_is_never_met() -> None:
    """Statistics only leave out row groups that hold no such row."""
    ROWS.to_parquet("rows.parquet", row_group_size=1)
    file = ParquetFile.of("rows.parquet", "test")
    assert file.rows == len(ROWS)
    for value in (-4, 2, 2**53 + 1):
        assert kept([("n", "==", value)]) == ROWS.index[ROWS["n"] == value].tolist()
