"""Types of several Parquet files hold every value, or the error names file and column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlsys.data import Join, ReadParquet
from mlsys.errors import DataError
from mlsys.settings import override

FAR, NEAR = dt.datetime(9999, 12, 31), dt.datetime(2024, 1, 1)
LARGE = 2**53 + 1


def read(*columns: pa.Array, **options: Any) -> pd.Series:
    for place, column in enumerate(columns):
        pq.write_table(pa.table({"v": column}), f"{place}.parquet", **options)
    return ReadParquet([f"{place}.parquet" for place in range(len(columns))]).read()["v"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pa.array([FAR], pa.timestamp("us")), pa.array([NEAR], pa.timestamp("ns"))),
        (pa.array([FAR.date()]), pa.array([NEAR], pa.timestamp("ns"))),
        (pa.array([2**63 + 5], pa.uint64()), pa.array([7])),
        (pa.array([dt.timedelta(200_000)], pa.duration("s")), pa.array([dt.timedelta(1)], pa.duration("ns"))),
        (pa.array([LARGE]), pa.array([], pa.string())),
        (pa.array([LARGE]), pa.array([None], pa.float64())),
        (pa.array([Decimal(LARGE)], pa.decimal128(38, 0)), pa.array([None], pa.decimal128(38, 0))),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_type_that_holds_all_values(first: pa.Array, second: pa.Array, turned: bool) -> None:
    pieces = [second, first] if turned else [first, second]
    values = read(*pieces)
    expected = [each for piece in pieces for each in piece.to_pylist()]
    for value, wanted in zip(values.tolist(), expected, strict=True):
        if wanted is None:
            assert pd.isna(value)
        else:
            assert (pd.Timestamp(value) == pd.Timestamp(wanted)) if isinstance(wanted, dt.date) else value == wanted


def test_values_inside_lists_and_structs_do_not_wrap_round() -> None:
    lists = read(pa.array([[FAR]], pa.list_(pa.timestamp("ms"))), pa.array([[NEAR]], pa.list_(pa.timestamp("ns"))))
    assert [pd.Timestamp(each[0]) for each in lists] == [FAR, NEAR]
    kinds = [pa.struct({"a": pa.timestamp(unit)}) for unit in ("ms", "ns")]
    structs = read(pa.array([{"a": FAR}], kinds[0]), pa.array([{"a": NEAR}], kinds[1]))
    assert [each["a"] for each in structs] == [FAR, NEAR]
    numbers = read(pa.array([[2**63 + 5]], pa.list_(pa.uint64())), pa.array([[1]]))
    assert [int(each[0]) for each in numbers] == [2**63 + 5, 1]


def plain(cell: Any) -> Any:
    """Return a cell of a nested column as Arrow would tell it."""
    if isinstance(cell, dict):
        return {name: plain(each) for name, each in cell.items()}
    if isinstance(cell, (list, np.ndarray)):
        return [plain(each) for each in cell]
    return tuple(map(plain, cell)) if isinstance(cell, tuple) else cell


@pytest.mark.parametrize("whole", [1, LARGE, 2**63 - 1])
@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int64()),
        pa.large_list(pa.uint64()),
        pa.list_(pa.int64(), 2),
        pa.list_(pa.struct({"k": pa.int64()})),
        pa.struct({"k": pa.int64()}),
        pa.struct({"k": pa.list_(pa.int64())}),
        pa.map_(pa.string(), pa.int64()),
    ],
)
def test_whole_numbers_beside_nulls_inside_lists_and_structs_stay_whole(kind: pa.DataType, whole: int) -> None:
    if pa.types.is_struct(kind):
        inner = pa.types.is_list(kind.field("k").type)
        cells: list[Any] = [{"k": [whole, None]} if inner else {"k": whole}, {"k": None}, None]
    elif pa.types.is_map(kind):
        cells = [[("a", whole), ("b", None)], None]
    else:
        one: Any = {"k": whole} if pa.types.is_struct(kind.value_type) else whole
        cells = [[one, {"k": None} if isinstance(one, dict) else None], [one, one]]
    found = [plain(cell) for cell in read(pa.array(cells, kind))]
    assert found == cells and all(type(each) is int for each in numbers_in(found))


def numbers_in(cell: Any) -> list[Any]:
    """Return the innermost values that are no text and no null."""
    if isinstance(cell, dict):
        return numbers_in(list(cell.values()))
    if isinstance(cell, (list, tuple)):
        return [number for each in cell for number in numbers_in(each)]
    return [] if cell is None or isinstance(cell, str) else [cell]


@pytest.mark.parametrize(
    "columns",
    [
        (pa.array([2**63 + 5], pa.uint64()), pa.array([-1])),
        (pa.array([FAR], pa.timestamp("us")), pa.array([1], pa.timestamp("ns"))),
        (pa.array([LARGE]), pa.array([0.5])),
        (pa.array([1]), pa.array(["x"])),
        (pa.array([NEAR], pa.timestamp("us", "UTC")), pa.array([NEAR], pa.timestamp("us"))),
        (pa.array([Decimal("12345678901234567890.12")], pa.decimal128(30, 2)),),
    ],
)
def test_values_that_no_type_holds_name_file_and_column(columns: tuple[pa.Array, ...]) -> None:
    with pytest.raises(DataError, match=r"'v'.*\.parquet|column 'v' of"):
        read(*columns)


@pytest.mark.parametrize("statistics", [True, False])
def test_whole_numbers_with_nulls_keep_every_digit(statistics: bool) -> None:
    values = read(pa.array([LARGE, None, LARGE + 1]), write_statistics=statistics)
    assert values.dtype == "Int64"
    assert values.dropna().tolist() == [LARGE, LARGE + 1]
    assert read(pa.array([2**64 - 1, None], pa.uint64()), write_statistics=statistics).dropna().tolist() == [2**64 - 1]
    assert read(pa.array([5, None]), write_statistics=statistics).dtype == "float64"


def test_times_of_the_old_form_reach_every_year_and_every_nanosecond() -> None:
    old = {"use_deprecated_int96_timestamps": True}
    assert read(pa.array([FAR], pa.timestamp("us")), **old).tolist() == [pd.Timestamp(FAR)]
    assert read(pa.array([1], pa.timestamp("ns")), **old)[0].nanosecond == 1


def test_a_column_of_nulls_alone_is_that_of_a_csv_file() -> None:
    Path("n.csv").write_text("x,z\n1,\n2,\n")
    from mlsys.data import ReadCSV

    pd.testing.assert_series_equal(read(pa.nulls(2)), ReadCSV("n.csv").read()["z"], check_names=False)


def test_columns_of_one_name_are_refused_unless_left_out() -> None:
    pq.write_table(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["x", "x", "y"]), "d.parquet")
    with pytest.raises(DataError, match="has several columns 'x'"):
        ReadParquet("d.parquet").read()
    assert ReadParquet("d.parquet", columns=["y"]).read()["y"].tolist() == [3]


def test_damaged_pages_are_named() -> None:
    pd.DataFrame({"a": range(1000)}).to_parquet("x.parquet")
    content = bytearray(Path("x.parquet").read_bytes())
    content[40:80] = bytes(each ^ 255 for each in content[40:80])
    Path("x.parquet").write_bytes(content)
    with pytest.raises(DataError, match="cannot read 'x.parquet'"):
        ReadParquet("x.parquet").read()


def test_folders_are_columns_whole_and_piece_by_piece() -> None:
    frame = pd.DataFrame({"year": [2023, 2023, 2024], "site": ["a", "b", None], "x": [1, 2, 3]})
    frame.to_parquet("hive", partition_cols=["year", "site"])
    read = ReadParquet("hive").read()
    assert read.dtypes.astype(str).to_dict() == {"x": "int64", "year": "int32", "site": "str"}
    table = pq.read_table("hive", partitioning="hive")
    assert read["year"].tolist() == table["year"].to_pylist()
    assert read["site"].astype(object).where(read["site"].notna(), None).tolist() == table["site"].to_pylist()
    assert list(ReadParquet("hive", columns=["year", "x"]).read()) == ["year", "x"]
    assert Join("hive", on="site", columns=["x"]).apply(pd.DataFrame({"site": ["b"]}))["x"].tolist() == [2]
    with override(rows_in_memory=1, rows_per_partition=1):
        pieces = ReadParquet("hive").partitions()
    assert pieces is not None
    pd.testing.assert_frame_equal(pd.concat([piece.read(None) for piece in pieces]), read)
    assert pd.concat([piece.read(["year"]) for piece in pieces])["year"].tolist() == [2023, 2023, 2024]


def test_a_file_beside_the_folders_that_holds_their_column_is_named() -> None:
    pd.DataFrame({"site": ["a", "b"], "x": [1, 2]}).to_parquet("hive", partition_cols=["site"])
    pd.DataFrame({"site": ["a"], "x": [3]}).to_parquet("hive/more.parquet")
    with pytest.raises(DataError, match=r"row 0 of 'hive/more.parquet', and the file lies in no folder site=\.\.\."):
        ReadParquet("hive").read()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_texts_that_are_no_text_are_named(kind: pa.DataType) -> None:
    for cells in ([b"name \xff", b"x"], [[b"name \xff"], [b"x"]]):
        nested = isinstance(cells[0], list)
        if nested and pa.types.is_dictionary(kind):
            continue
        values = pa.array(cells, pa.list_(pa.binary()) if nested else pa.binary())
        text = pa.list_(pa.string()) if nested else pa.string()
        table = pa.table({"id": [1, 2], "who": values.view(text)})
        if not nested:
            table = table.set_column(1, "who", table.column("who").cast(kind, safe=False))
        pq.write_table(table, "0.parquet", store_schema=True)
        with pytest.raises(DataError, match=r"0\.parquet.*(no value|Invalid UTF8)"):
            ReadParquet("0.parquet").read()
        assert ReadParquet("0.parquet", columns=["id"]).read()["id"].tolist() == [1, 2]
