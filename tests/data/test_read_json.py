"""ReadJSON reads what Python's own reader reads, with every digit, and names what it cannot."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Column, Pipeline, Schema, quarantined
from mlsys.data import ReadJSON, _json_lines
from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.settings import override

FIRST = {"id": 1, "price": 2.5, "city": "Rome"}


def written(text: str | bytes, name: str = "rows.jsonl") -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def lines(*records: Any) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in records)


VALUES = {
    "n": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "x": st.one_of(st.none(), st.floats(-(2.0**52), 2.0**52)),
    "s": st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=8)),
    "b": st.one_of(st.none(), st.booleans()),
}


@given(st.lists(st.fixed_dictionaries({"id": st.integers(0, 9)}, optional=VALUES), min_size=1, max_size=12))
def test_values_are_those_of_pythons_reader(records: list[dict[str, Any]]) -> None:
    path = written("".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in records))
    expected = [json.loads(line) for line in Path(path).read_text().split("\n") if line]
    frame = ReadJSON(path).read()
    assert frame.columns.tolist() == list(dict.fromkeys(name for each in expected for name in each))
    for name in frame.columns:
        values = [each.get(name) for each in expected]
        for found, value in zip(frame[name], values, strict=True):
            assert pd.isna(found) if value is None else (found == value and (name != "n" or int(found) == value))


def test_texts_that_look_like_times_or_numbers_stay_texts() -> None:
    frame = ReadJSON(written(lines({"t": "2024-01-01", "z": "007"}, {"t": "2024-01-02T00:00:00Z", "z": "1"}))).read()
    assert frame.to_dict("list") == {"t": ["2024-01-01", "2024-01-02T00:00:00Z"], "z": ["007", "1"]}
    late = lines(*[{"a": None}] * 3, {"a": "2024-01-01"}, {"a": "x", "late": "2024-01-01"})
    assert ReadJSON(written(late)).read()["late"].tolist()[-1] == "2024-01-01"


def test_digits_beyond_64_bits_are_kept() -> None:
    assert ReadJSON(written('{"a": 18446744073709551615}\n')).read()["a"].tolist() == [2**64 - 1]
    assert ReadJSON(written('{"a": 18446744073709551616}\n{"a": 1}\n')).read()["a"].tolist() == [str(2**64), "1"]
    frame = ReadJSON(written('{"a": 9007199254740993}\n{}\n')).read()
    assert frame["a"].tolist() == [2**53 + 1, pd.NA]


def test_declared_texts_are_as_they_are_written() -> None:
    path = written('{"zip": 1.10, "x": 1}\n{"zip": "020", "x": "2"}\n{"zip": true, "x": null}\n')
    frame = ReadJSON(path, dtypes={"zip": "str", "x": "str"}).read()
    assert frame["zip"].tolist() == ["1.10", "020", "true"]
    assert frame["x"].tolist()[:2] == ["1", "2"]
    with pytest.raises(DataError, match=r"column 'x' holds 'two' in row 1, which float64 cannot represent"):
        ReadJSON(written(lines({"x": "1"}, {"x": "two"})), dtypes={"x": "float64"}).read()
    assert ReadJSON(written(lines({"x": "1"}, {"x": None})), dtypes={"x": "Int64"}).read()["x"].tolist() == [1, pd.NA]
    with pytest.raises(DataError, match="holds 1.5 in row 0, which int64 cannot represent"):
        ReadJSON(written(lines({"x": 1.5})), dtypes={"x": "int64"}).read()


def test_times_are_read_by_their_format() -> None:
    path = written(lines({"t": "03.04.2024"}, {"t": "13.04.2024"}))
    frame = ReadJSON(path, times={"t": "%d.%m.%Y"}, zone="Europe/Berlin").read()
    assert frame["t"].tolist() == list(pd.to_datetime(["2024-04-03", "2024-04-13"]).tz_localize("Europe/Berlin"))
    with pytest.raises(DataError, match="row 1"):
        ReadJSON(written(lines({"t": "2024-01-01"}, {"t": "never"})), times=["t"]).read()


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
def test_compressed_files(ending: str) -> None:
    data = lines(FIRST, {"id": 2}).encode()
    name = f"rows.jsonl.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(name, "w") as packed:
            packed.writestr("rows.jsonl", data)
    else:
        written({"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[ending](data), name)
    assert ReadJSON(name).read()["id"].tolist() == [1, 2]
    written(Path(name).read_bytes()[:-9], name)
    with pytest.raises(DataError, match=rf"cannot read '{name}'"):
        ReadJSON(name).read()


def test_folders_patterns_and_columns() -> None:
    written(lines({"x": 1}, {"x": 2}), "all/year=2023/a.jsonl")
    written(lines({"x": 3.5, "more": "a"}), "all/year=2024/b.jsonl")
    frame = ReadJSON("all").read()
    assert frame.to_dict("list") == {"x": [1.0, 2.0, 3.5], "year": [2023, 2023, 2024], "more": [np.nan, np.nan, "a"]}
    assert ReadJSON("all/*/*.jsonl", columns=["year"], where=[("x", ">", 1)]).read()["year"].tolist() == [2023, 2024]
    with pytest.raises(DataError, match="columns= names 'nope', which no record has"):
        ReadJSON("all", columns=["nope"]).read()
    with pytest.raises(DataError, match="known_at= names the column 'y'"):
        ReadJSON("all", known_at={"y": "1D"}).read()


def test_an_array_of_objects_is_read_too() -> None:
    assert ReadJSON(written(json.dumps([FIRST, {"id": 2}], indent=1), "rows.json")).read()["id"].tolist() == [1, 2]


def test_columns_come_in_the_order_of_their_first_appearance() -> None:
    text = lines({"b": 1, "a": "2024-01-01", "c": None}, {"d": "x", "c": "y"})
    assert ReadJSON(written(text)).read().columns.tolist() == ["b", "a", "c", "d"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"a": 1}\n{"a": "x"}\n',
            r"column 'a' of 'rows.jsonl' holds the text \"x\" in line 2, and the number 1 in line 1",
        ),
        ('{"a": 1}\n\n{"a": true}\n', "the truth value true in line 3"),
        ('{"a": {"b": 1}}\n{"a": {"b": "x"}}\n', "column 'a.b'"),
        ('{"a": [1]}\n{"a": 1}\n', "the number 1 in line 2, and an array in line 1"),
        ('{"a": 1}\n{"a": 2, "a": 3}\n', "line 2 of 'rows.jsonl' is no JSON: it names 'a' twice"),
        ('{"a": 1}\n[1]\n', "line 2 of 'rows.jsonl' holds an array, not an object"),
        ('{"a": 1}\n{"a":', "line 2 of 'rows.jsonl' is no JSON: Expecting value"),
        ('{"a": 1}\nnot JSON\n', "line 2"),
        ('{"a": 1}\n{"a": "\x00"}\n', "line 2"),
        (b'{"a": "x"}\n{"a": "\xff"}\n', "line 2 of 'rows.jsonl' is not UTF-8"),
        (b"\xff\xfe{\x00}\x00", "begins with the mark of utf-16"),
        ("", "has no records"),
        ("\n \n", "has no records"),
        ("[1, 2]", "holds the number 1, not an object"),
        ("[{", "is no JSON"),
        ('{"a": 9007199254740993}\n{"a": 0.5}\n', "holds 9007199254740993 in line 1, which loses digits"),
        ('{"a": {"b": 9007199254740993}}\n{"a": {"b": 0.5}}\n', "column 'a.b' .* loses digits"),
        ('{"a": 1e400}\n{"a": [}\n', "column 'a' .* holds the number 1e400 in line 1, which is beyond"),
        ('{"a": 1}\n{"a": [}\n', "line 2"),
    ],
)
def test_a_bad_line_is_named(text: str | bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        ReadJSON(written(text)).read()


def test_files_that_differ_are_named() -> None:
    written(lines({"x": 1}), "all/a.jsonl")
    written(lines({"x": "one"}), "all/b.jsonl")
    with pytest.raises(
        DataError, match=r"differ in the type of a column: 'x' is int64 in 'all/a.jsonl' and string in 'al"
    ):
        ReadJSON("all").read()
    assert ReadJSON("all", dtypes={"x": "str"}).read()["x"].tolist() == ["1", "one"]


def test_pieces_of_a_long_file_are_typed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"n": place, "x": None if place < 40 else place / 2, "t": "2024-01-01"} for place in range(60)]
    records[50]["t"], records[59]["late"] = "no time", 1
    path = written(lines(*records))
    whole = ReadJSON(path).read()
    monkeypatch.setattr(_json_lines, "_PIECE", 500)
    monkeypatch.setattr(_json_lines, "_BLOCK", 120)
    monkeypatch.setattr(_json_lines, "_START", 120)
    pd.testing.assert_frame_equal(ReadJSON(path).read(), whole)
    pd.testing.assert_frame_equal(ReadJSON(path, columns=["late", "t"]).read(), whole[["late", "t"]])
    assert whole["t"].tolist() == [each["t"] for each in records]
    with open(path, "a") as more:
        more.write(lines(*[{"n": "x"}] * 60))
    with pytest.raises(DataError, match='the text "x" in line 61|string in \'rows.jsonl, lines'):
        ReadJSON(path).read()


def test_a_line_longer_than_a_block_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json_lines, "_BLOCK", 64)
    monkeypatch.setattr(_json_lines, "_START", 64)
    frame = ReadJSON(written(lines({"a": "x" * 1000}, {"a": "y"}))).read()
    assert frame["a"].str.len().tolist() == [1000, 1]


def test_rows_beyond_memory_are_put_aside_once_and_removed(own_folder: Path) -> None:
    path = written(lines(*({"n": place, "s": str(place)} for place in range(25))))
    whole = ReadJSON(path).read()
    with override(rows_in_memory=10, rows_per_partition=8, folder=str(own_folder / "private")):
        pieces = ReadJSON(path).open()
        os.remove(path)
        spooled = list((own_folder / "private" / "spool").iterdir())
        assert [piece.rows for piece in pieces] == [8, 8, 8, 1]
        pd.testing.assert_frame_equal(pd.concat([piece.read(None) for piece in pieces]), whole)
        assert pieces[1].read(["s"])["s"].tolist() == [str(place) for place in range(8, 16)]
    assert len(spooled) == 1 and spooled[0].stat().st_mode & 0o077 == 0
    del pieces
    assert not spooled[0].exists()


@pytest.mark.long
def test_a_pipeline_reads_it_and_finds_it_unchanged(shop: pd.DataFrame) -> None:
    from sklearn.tree import DecisionTreeClassifier

    shop.head(300).to_json("shop.jsonl", orient="records", lines=True, date_format="iso")
    pipeline = Pipeline(
        [ReadJSON("shop.jsonl", columns=["price", "country", "returned"]), DecisionTreeClassifier()], target="returned"
    )
    pipeline.run(track=False)
    report = pipeline.run(track=False).cache_report()
    assert report.loc[report["step"] == "ReadJSON", "outcome"].tolist() == ["hit"]


def test_rows_that_do_not_fit_a_schema_are_set_aside_with_lines_that_are_no_record() -> None:
    records = [{"id": place, "x": place, "t": "2024-01-01"} for place in range(100)]
    texts = [json.dumps(each) for each in records]
    texts[5], texts[7], texts[9] = '{"id": 5', '{"id": 7, "x": "bad"}', '{"id": 9, "x": -5}'
    written("\n".join(texts), "all/a.jsonl")
    written(lines({"id": 100, "x": "worse"}), "all/b.jsonl")
    schema = Schema(
        {"id": int, "x": Column(int, least=0), "t": Column("datetime", null=True)}, bad_rows="quarantine", most=0.1
    )
    step = ReadJSON("all", schema=schema)
    frame = step.read()
    assert frame["x"].tolist() == [place for place in range(100) if place not in (5, 7, 9)]
    assert frame.dtypes.astype(str).to_dict() == {"id": "int64", "x": "int64", "t": "datetime64[us]"}
    aside = quarantined(step)
    assert len(frame) + len(aside) == 101
    assert aside["where"].tolist() == [
        "row 6 of 'all/a.jsonl'", "row 8 of 'all/a.jsonl'", "row 0 of 'all/b.jsonl'", "line 6 of 'all/a.jsonl'",
    ]  # fmt: skip
    with pytest.raises(DataError, match="row 0 of 'all/b.jsonl': x is 'worse', not a whole number"):
        ReadJSON("all", schema=schema.with_(bad_rows="raise")).read()
    with override(rows_in_memory=10, rows_per_partition=30):
        with pytest.raises(DataError, match="1 rows cannot be read\n  line 6 of 'all/a.jsonl' is no JSON"):
            ReadJSON("all", schema=schema.with_(bad_rows="raise")).open()
        table = LocalEngine().hold(step.open(), None)
        assert (table.note.rows, table.note.lost, table.rows) == (101, 4, 97)
        pd.testing.assert_frame_equal(pd.concat(table.frames()), frame.reset_index(drop=True))
        in_pieces = quarantined(step)
        assert sorted(in_pieces["reason"]) == sorted(aside["reason"]) and len(in_pieces) == 4
    written(lines(*records, {"id": 7, "x": -1}), "all/a.jsonl")
    with override(rows_in_memory=10, rows_per_partition=30):
        pieces = ReadJSON("all/a.jsonl", schema=schema).open()
        assert sum(len(piece.read(None)) for piece in pieces) == 100
