"""ReadParquet fixes types for all files, and reads pieces where there are many rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlsys.data import ReadParquet
from mlsys.errors import DataError
from mlsys.settings import override


@pytest.fixture
def folder(own_folder: Path) -> Path:
    """Two files that differ in types: whole and float, dictionary and text, with and without nulls."""
    folder = own_folder / "rows"
    folder.mkdir()
    first = pa.table(
        {
            "n": pa.array(range(10), pa.int32()),
            "f": pa.array(range(10), pa.int64()),
            "who": pa.array(list("abcdefghij")).dictionary_encode(),
            "ok": pa.array([True] * 10),
            "day": pa.array([0] * 10, pa.date32()),
            "money": pa.array([1] * 10, pa.decimal128(9, 2)),
        }
    )
    second = pa.table(
        {
            "n": pa.array([1, None, 3], pa.int64()),
            "f": pa.array([0.5, 1.5, 2.5]),
            "who": pa.array(["x", None, "z"], pa.large_string()),
            "ok": pa.array([True, None, False]),
            "day": pa.array([1, None, 3], pa.date32()),
            "money": pa.array([1, 2, 3], pa.decimal128(12, 3)),
        }
    )
    pq.write_table(first, folder / "a.parquet", row_group_size=4)
    pq.write_table(second, folder / "b.parquet")
    return folder


def test_types_are_common_to_all_files(folder: Path) -> None:
    frame = ReadParquet(folder).read()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "n": "float64",
        "f": "float64",
        "who": "str",
        "ok": "boolean",
        "day": "datetime64[us]",
        "money": "float64",
    }
    assert frame.index.equals(pd.RangeIndex(13))
    assert frame["who"].tolist()[:2] == ["a", "b"]


@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_pieces_are_the_whole(folder: Path, size: int) -> None:
    whole = ReadParquet(folder).read()
    with override(rows_in_memory=5, rows_per_partition=size):
        pieces = ReadParquet(folder).partitions()
    assert pieces is not None
    frames = [piece.read(None) for piece in pieces]
    assert [len(frame) for frame in frames] == [piece.rows for piece in pieces]
    for frame in frames:
        assert frame.dtypes.equals(whole.dtypes)
    pd.testing.assert_frame_equal(pd.concat(frames), whole)
    narrow = pd.concat([piece.read(["who", "n"]) for piece in pieces])
    pd.testing.assert_frame_equal(narrow[["n", "who"]], whole[["n", "who"]])


def test_few_rows_are_not_cut(folder: Path) -> None:
    assert ReadParquet(folder).partitions() is None


def test_only_the_chosen_columns_are_read(folder: Path) -> None:
    assert list(ReadParquet(folder, columns=["who", "n"]).read().columns) == ["who", "n"]
    with pytest.raises(DataError, match="columns= names 'nope'"):
        ReadParquet(folder, columns=["nope"]).read()


def test_a_stored_index_is_left_out() -> None:
    pd.DataFrame({"x": [1, 2]}, index=[7, 9]).to_parquet("p.parquet")
    frame = ReadParquet("p.parquet").read()
    assert list(frame.columns) == ["x"]
    assert frame.index.tolist() == [0, 1]


def test_nulls_count_where_the_footer_is_silent() -> None:
    pq.write_table(pa.table({"n": pa.array([1, None])}), "p.parquet", write_statistics=False)
    pq.write_table(pa.table({"n": pa.array([1, 2])}), "q.parquet", write_statistics=False)
    assert ReadParquet("p.parquet").read()["n"].dtype == np.float64
    assert ReadParquet("q.parquet").read()["n"].dtype == np.int64


def test_a_column_that_one_file_lacks_is_null_there() -> None:
    pq.write_table(pa.table({"a": [1], "b": [1]}), "1.parquet")
    pq.write_table(pa.table({"a": [2]}), "2.parquet")
    frame = ReadParquet("*.parquet").read()
    assert frame["b"].fillna(-1).tolist() == [1.0, -1.0]


def test_what_is_wrong_is_named_with_a_remedy() -> None:
    Path("t.parquet").write_text("no parquet")
    with pytest.raises(DataError, match="cannot read 't.parquet' as Parquet"):
        ReadParquet("t.parquet").read()
    with pytest.raises(DataError, match="cannot find the file"):
        ReadParquet("nowhere.parquet").read()
    pd.DataFrame({"a": []}).to_parquet("none.parquet")
    with pytest.raises(DataError, match="has columns but no rows"):
        ReadParquet("none.parquet").read()
    Path("t.parquet").unlink()
    pd.DataFrame({"a": [1]}).to_parquet("1.parquet")
    pd.DataFrame({"a": ["x"]}).to_parquet("2.parquet")
    with pytest.raises(DataError, match="differ in the type of a column.*(\n.*)*write 'a' with one type"):
        ReadParquet(["1.parquet", "2.parquet"]).read()
    with pytest.raises(DataError, match="known_at= names 'late'"):
        ReadParquet("1.parquet", {"late": "1h"}).read()
