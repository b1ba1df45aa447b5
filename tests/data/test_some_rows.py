"""Some rows of a Parquet piece, cut out while it is read, are those that are cut out of the whole piece."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlsys import ReadParquet
from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.settings import override
from mlsys.tables import Partition
from mlsys.values import number_as, numbered_texts

ROWS = 60
MASKS = {
    "none": np.zeros(20, dtype=bool),
    "all": np.ones(20, dtype=bool),
    "one": np.arange(20) == 7,
    "every other": np.arange(20) % 2 == 0,
    "a third": np.random.default_rng(0).random(20) < 0.3,
}


def frame() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    texts = pd.Series(draw.choice(["Zoë", "a", "", "日本"], ROWS), dtype="str")
    return pd.DataFrame(
        {
            "number": np.where(draw.random(ROWS) < 0.2, np.nan, draw.normal(size=ROWS)),
            "text": texts,
            "with nulls": texts.where(draw.random(ROWS) < 0.7),
            "only nulls": pd.Series([None] * ROWS, dtype="str"),
            "each its own": pd.Series([f"text {n}" for n in range(ROWS)], dtype="str"),
            "level": pd.Categorical(draw.choice(["x", "y"], ROWS)),
            "flag": draw.random(ROWS) < 0.5,
            "maybe": pd.array(draw.choice([True, False, None], ROWS), dtype="boolean"),
            "large": pd.array([None if n % 7 == 0 else 2**60 + n for n in range(ROWS)], dtype="Int64"),
            "day": [datetime.date(2024, 1, 1 + n % 28) for n in range(ROWS)],
            "time": pd.date_range("2024-01-01", periods=ROWS, tz="Europe/Oslo"),
            "list": [[n, n + 1] for n in range(ROWS)],
        }
    )


def pieces(path: str) -> list[Partition]:
    with override(rows_in_memory=10, rows_per_partition=20):
        found = ReadParquet(path).partitions()
    assert found is not None
    return list(found)


@pytest.mark.parametrize("columns", [None, ["text"], ["number", "with nulls"], []])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("groups", [7, 20, ROWS])
def test_some_rows_are_those_of_the_whole_piece(columns: Sequence[str] | None, mask: str, groups: int) -> None:
    frame().to_parquet("rows.parquet", row_group_size=groups)
    for piece in pieces("rows.parquet"):
        read: Any = piece.read
        whole = read(columns)[MASKS[mask]]
        some = read.some(columns, MASKS[mask])
        pd.testing.assert_frame_equal(some, whole, check_index_type="exact")
        assert some.index.equals(whole.index) and type(some.index) is type(whole.index)


@pytest.mark.parametrize("groups", [7, 20])
def test_texts_of_some_rows_are_numbered_as_they_would_be_without_the_file(groups: int) -> None:
    frame().to_parquet("rows.parquet", row_group_size=groups)
    mask = MASKS["every other"]
    for piece in pieces("rows.parquet"):
        some = piece.read.some(None, mask)  # type: ignore[attr-defined]
        for name in ("text", "with nulls", "only nulls", "each its own"):
            numbered = numbered_texts(some[name])
            assert numbered is not None
            texts = [None if code < 0 else numbered.levels.texts[code] for code in numbered.codes]
            assert texts == [None if pd.isna(each) else each for each in some[name]]
            assert not numbered.codes.flags.writeable


def test_a_text_that_a_dictionary_holds_twice_is_one_level() -> None:
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0]), pa.array(["a", "a", "b"]))
    column = pd.Series(twice.cast(pa.large_string()).to_pandas())
    number_as(column, pa.chunked_array([twice]))
    numbered = numbered_texts(column)
    assert numbered is not None and numbered.levels.texts == ["a", "b"] and numbered.codes.tolist() == [0, 0, 1, 0]


def test_some_rows_of_many_different_texts_are_read_as_they_are() -> None:
    texts = pd.Series([f"{n:040d}" for n in range(4_000)], dtype="str")
    pd.DataFrame({"id": texts, "city": ["Oslo", "Rome"] * 2_000}).to_parquet("ids.parquet")
    with override(rows_in_memory=10, rows_per_partition=4_000):
        (piece,) = ReadParquet("ids.parquet").partitions() or ()
    assert piece.read.plan.files[0].recurring == ("city",)  # type: ignore[attr-defined]
    some = piece.read.some(None, np.arange(4_000) == 3_999)  # type: ignore[attr-defined]
    assert some["id"].tolist() == [f"{3_999:040d}"]


def test_columns_of_folders_and_conditions_hold_for_some_rows(tmp_path: Path) -> None:
    for year in (2023, 2024):
        (tmp_path / f"year={year}").mkdir()
        frame()[["number", "text"]].to_parquet(tmp_path / f"year={year}" / "rows.parquet", row_group_size=20)
    with override(rows_in_memory=10, rows_per_partition=20):
        for source in (ReadParquet(tmp_path), ReadParquet(tmp_path, where=[("text", "!=", "a")])):
            for piece in source.partitions() or ():
                read: Any = piece.read
                mask = np.arange(piece.rows or 0) % 3 == 0
                pd.testing.assert_frame_equal(read.some(None, mask), read(None)[mask])


def test_invalid_text_is_refused_though_its_row_is_in_another_part() -> None:
    bad = pa.array([b"\xff", *[b"a"] * 19]).view(pa.binary()).cast(pa.binary())
    table = pa.table({"text": pa.Array.from_buffers(pa.string(), 20, bad.buffers()), "x": np.arange(20)})
    pq.write_table(table, "bad.parquet", row_group_size=20, write_statistics=False)
    with override(rows_in_memory=10, rows_per_partition=20):
        (piece,) = ReadParquet("bad.parquet").partitions() or ()
    with pytest.raises(DataError, match="'text' of 'bad.parquet' holds an invalid value"):
        piece.read.some(["text"], np.arange(20) == 5)  # type: ignore[attr-defined]


def test_parts_of_a_kept_table_are_cut_out_of_the_file_and_sampled_alike() -> None:
    frame().to_parquet("rows.parquet", row_group_size=20)
    table = LocalEngine().hold(pieces("rows.parquet"), None)
    inside, again = np.arange(ROWS) % 3 > 0, np.arange(40) % 2 == 0
    whole = LocalEngine().hold(None, table.frame())
    for one, other in ((table.keep(inside), whole.keep(inside)), (table.keep(inside).keep(again), None)):
        expected = whole.frame()[inside][again] if other is None else other.frame()
        pd.testing.assert_frame_equal(one.frame(), expected)
        alike = LocalEngine().hold(None, expected)
        pd.testing.assert_frame_equal(one.sample(5, 3), alike.sample(5, 3))
        pd.testing.assert_frame_equal(one.frame(["text", "number"]), expected[["text", "number"]])
