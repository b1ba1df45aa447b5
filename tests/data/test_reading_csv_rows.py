"""No row of a CSV file is repaired: each has the header's fields, each value the digits that were written."""

from __future__ import annotations

import csv
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.data import Join, ReadCSV
from mlsys.errors import ConfigurationError, DataError

BIG = 1582218195625938945


def read(text: str | bytes, **options: Any) -> pd.DataFrame:
    Path("a.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return ReadCSV("a.csv", **options).read()


def read_two(first: str, second: str, **options: Any) -> pd.DataFrame:
    Path("1.csv").write_text(first)
    Path("2.csv").write_text(second)
    return ReadCSV(["1.csv", "2.csv"], **options).read()


@pytest.mark.parametrize("columns", [None, ["a"], ["c", "a"]])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,3,4\n5,6,7\n", "'a.csv': its header has 3 fields and line 2 has 4 fields"),
        ("a,b,c\n1,2,3,4\n5,6,7,8\n", r"line 2 has 4 fields \(2 such rows\)"),
        ("a,b,c\n0,1,2,3\n1,1,2,3\n2,1,2,3\n", "line 2 has 4 fields"),
        ("a,b,c\n1,2,3\n5,6,7,8\n", "line 3 has 4 fields"),
        ("a,b,c\n1,2,3\n\n5,6\n", "line 4 has 2 fields"),
        ("a,b,c\n1,2\n5,6,7,8\n", r"line 2 has 2 fields \(2 such rows\)"),
        ("a,b,c\r\n1,2,3\r\n5\r\n", "line 3 has 1 field"),
        ('a,b,c\n"x\ny",2,3\n5,6\n', "line 4 has 2 fields"),
        ("a,b,c\n1,2,3\n5,6,7,,8\n", "line 3 has 5 fields"),
        ("a,b,c\n1,2,3\nTotal: 1\n", "line 3 has 1 field"),
        ('a,b,c\n1,2,3\n""\n', "line 3 has 1 field"),
    ],
)
def test_rows_of_another_length_are_refused_with_line_and_counts(
    text: str, said: str, columns: list[str] | None
) -> None:
    with pytest.raises(DataError, match=said):
        read(text, columns=columns)


@pytest.mark.parametrize("columns", [None, ["qty", "id"]])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name,qty\n1,Smith, John,\n2,Doe, Jane,\n", r"line 2 has 4 fields \(2 such rows\), empty after the last"),
        ("id,price,qty\n1,2.5,7,\n2,3.5,8,\n", r"line 2 has 4 fields \(2 such rows\), empty after the last"),
        ("id,price,qty\n1,2.5,7\n2,3.5,8,,\n", "line 3 has 5 fields, empty after the last"),
        ("id,price,qty\n1,2.5,7,\n2,3.5,8\n", "line 2 has 4 fields, empty after the last"),
        ("id,price,qty\n1,2.5,7,\n2,3.5\n", r"line 2 has 4 fields \(2 such rows\)$"),
    ],
)
def test_empty_fields_behind_the_last_column_are_refused(text: str, said: str, columns: list[str] | None) -> None:
    """They may be the last column, moved by a separator inside a text."""
    with pytest.raises(DataError) as caught:
        read(text, columns=columns)
    assert re.search(said, caught.value.problem)


def test_a_header_that_ends_as_its_rows_do_gives_a_column_without_a_name() -> None:
    assert read("id,qty,\n1,7,\n2,8,\n", columns=["qty", "id"])["id"].tolist() == [1, 2]


@pytest.mark.parametrize("header", [",a,b", "a,,b", "a,b,", '"",a,b', 'a,"",b'])
def test_a_column_without_a_name_keeps_its_values_and_has_none(header: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mlsys"):
        frame = read(f"{header}\n1,2,3\n4,5,6\n")
    names = [name.strip('"') for name in header.split(",")]
    assert list(frame.columns) == names and frame.to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    assert f"column {names.index('') + 1} of 'a.csv' has no name" in caplog.text
    assert read(f"{header}\n1,2,3\n", columns=["b"])["b"].tolist() == [names.index("b") + 1]


def test_several_columns_without_a_name_are_refused_with_their_places() -> None:
    with pytest.raises(DataError, match=r"has 2 columns '' \(columns 1, 3\)"):
        read(",a,\n1,2,3\n")
    assert read(",a,\n1,2,3\n", columns=["a"])["a"].tolist() == [2]
    assert read("k,a,k\n1,2,\n", columns=["a"])["a"].tolist() == [2]


def test_files_of_one_column() -> None:
    assert read("a\n1\n\n3\n")["a"].tolist() == [1, 3]
    with pytest.raises(DataError, match="'a.csv': its header has 1 field and line 2 has 2 fields"):
        read("a\n1,\n3,\n")
    with pytest.raises(DataError, match="'a.csv': its header has 1 field and line 2 has 2 fields"):
        read("a;b\n1;2,5\n")


fields = st.text(st.sampled_from('ab1 ,"\n\r;é'), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(fields, min_size=1, max_size=4), min_size=1, max_size=6), st.booleans())
def test_what_is_read_is_what_pythons_reader_reads_or_is_refused(rows: list[list[str]], narrow: bool) -> None:
    """Against the csv module: equal cells when all rows have the header's fields, an error when one does not."""
    with open("p.csv", "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["x", "y", "z"], *rows])
    step = ReadCSV("p.csv", dtypes=dict.fromkeys("xyz", "str"), columns=["y"] if narrow else None)
    if all(len(row) == 3 for row in rows):
        names = ["y"] if narrow else ["x", "y", "z"]
        expected = [[row["xyz".index(name)] for name in names] for row in rows]
        assert step.read().fillna("").to_numpy().tolist() == expected
    else:
        with pytest.raises(DataError, match="'p.csv': its header has 3 fields"):
            step.read()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a,b\n1,"x\n2,"y\n', "line 2 of 'a.csv' has a stray quote"),
        ('a,b\n1,"x\n2,y\n', "line 2 of 'a.csv' opens a quote that is never closed"),
    ],
)
def test_a_forgotten_quote_makes_no_field_of_several_rows(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(text)
    assert read('a,b\n1,"5"" pipe\nlong"\n')["b"].tolist() == ['5" pipe\nlong']
    assert read('a,b\n1,5" pipe\n')["b"].tolist() == ['5" pipe']


def test_whole_numbers_keep_every_digit() -> None:
    ids = read(f"id,x\n{BIG},1\n,2\n{BIG + 1},3\n")["id"]
    assert ids.dtype == "Int64"
    assert ids.dropna().tolist() == [BIG, BIG + 1]
    assert read(f"id,x\n{2**64 - 1},1\n,2\n")["id"].dropna().tolist() == [2**64 - 1]
    assert read("id,x\n5,1\n,2\n")["id"].dtype == "float64"
    assert read(f"id\n{2**70}\n1\n")["id"].tolist() == [str(2**70), "1"]
    with pytest.raises(DataError, match=f"'{BIG}' in row 0, which loses digits"):
        read(f"id\n{BIG}\n2.5\n")


@pytest.mark.parametrize(
    ("first", "second", "dtype", "values"),
    [
        (f"k,a\n{2**63 + 5},1\n", "k,a\n7,1\n", "uint64", [2**63 + 5, 7]),
        (f"k,a\n{2**63 + 5},1\n", "k,a\n-7,1\n", "str", [str(2**63 + 5), "-7"]),
        (f"k,a\n{BIG},1\n", "k,a\n7,1\n,2\n", "Int64", [BIG, 7, None]),
        (f"k,a\n{BIG},1\n", "a\n2\n", "Int64", [BIG, None]),
        ("k,a\nTrue,1\n", "a\n2\n", "boolean", [True, None]),
        ("k,a\nTrue,1\n", "k,a\n1,2\n", "str", ["True", "1"]),
        ("k,a\nx,1\n", "k,a\n01,2\n", "str", ["x", "01"]),
        ("k,a\n5,1\n", "k,a\n", "int64", [5]),
        ("k,a\n", "k,a\n5,1\n", "int64", [5]),
        ("k,a\n5,1\n", "k,a\n,2\n", "float64", [5.0, None]),
        ("k,a\nx,1\n", "k,a\n,2\n", "str", ["x", None]),
        ("k,a\n,1\n", "k,a\n,2\n", "float64", [None, None]),
    ],
)
def test_several_files_have_the_types_of_one(first: str, second: str, dtype: str, values: list[Any]) -> None:
    column = read_two(first, second)["k"]
    assert str(column.dtype) == dtype
    assert column.astype(object).where(column.notna(), None).tolist() == values


def test_no_type_for_large_ids_and_decimals_names_column_and_files() -> None:
    with pytest.raises(DataError, match="column 'k' holds whole numbers above .* in '1.csv' and decimals in '2.csv'"):
        read_two(f"k\n{BIG}\n", "k\n7.5\n")
    assert read_two(f"k\n{BIG}\n", "k\n7.5\n", dtypes={"k": "str"})["k"].tolist() == [str(BIG), "7.5"]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("id,x\n1,é\n".encode("utf-16"), {}, "begins with the mark of utf-16"),
        ("id,x\n1,é\n".encode("utf-8-sig"), {"encoding": "latin-1"}, "begins with the mark of utf-8"),
        ("id,x\n1,e\n".encode("utf-16-le"), {}, "holds null characters"),
        ("id,x\n1,b\n2,é\n".encode("latin-1"), {}, r"is not utf-8 text \(line 3"),
        (b"id,id,x\n1,2,3\n", {}, r"has 2 columns 'id' \(columns 1, 2\)"),
        (b"a,b\n1,2\n", {"dtypes": {"aa": "str"}}, "dtypes= names 'aa'"),
        (b"a,b\n1,2\n3,x\n", {"dtypes": {"b": "int64"}}, "column 'b' holds 'x' in row 1, which int64 cannot represent"),
        (b"a,b\n1,2\n3,\n", {"dtypes": {"b": "int64"}}, "column 'b' holds nothing in row 1"),
        (b"a,b\n1,2\n3,300\n", {"dtypes": {"b": "Int8"}}, "column 'b' holds '300' in row 1"),
        (b"a,b\n1,x\n3,y\n", {"dtypes": {"b": pd.CategoricalDtype(["x"])}}, "column 'b' holds 'y' in row 1"),
    ],
)
def test_what_cannot_be_right_is_our_error(text: bytes, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(text, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "utf8-sigg"},
        {"encoding": "base64"},
        {"separator": "||"},
        {"separator": '"'},
        {"decimal": ".."},
        {"dtypes": {"a": "datetime64[ns]"}},
        {"dtypes": {"a": "itn64"}},
        {"times": {"a": "soon"}},
        {"times": ["a"], "dtypes": {"a": "str"}},
    ],
)
def test_options_that_no_file_can_be_read_with_are_refused_when_the_step_is_made(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        ReadCSV("a.csv", **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])
def test_encodings_and_their_marks(encoding: str) -> None:
    assert read("id,x\n1,é\n".encode(encoding), encoding=encoding).to_dict("list") == {"id": [1], "x": ["é"]}
    marked = b"\xff\xfe" + "id,x\n1,é\n".encode("utf-16-le")
    assert list(read(marked, encoding="utf-16-le")) == ["id", "x"]


def test_texts_that_mean_null_can_be_given() -> None:
    assert read("country,x\nNA,1\nDE,\n", null_values=[])["country"].tolist() == ["NA", "DE"]
    frame = read("country,x\nNA,-\nDE,2\n", null_values=["-"])
    assert frame["country"].tolist() == ["NA", "DE"]
    assert frame["x"].isna().tolist() == [True, False]


def test_folders_named_by_key_and_value_are_columns() -> None:
    for year, site, v in ((2023, "a", 1), (2024, "__HIVE_DEFAULT_PARTITION__", 2)):
        folder = Path(f"h/year={year}/site={site}")
        folder.mkdir(parents=True)
        (folder / "x.csv").write_text(f"v\n{v}\n")
    frame = ReadCSV("h").read()
    assert frame.dtypes.astype(str).to_dict() == {"v": "int64", "year": "int32", "site": "str"}
    assert frame["year"].tolist() == [2023, 2024]
    assert frame["site"].isna().tolist() == [False, True]
    assert list(ReadCSV("h", columns=["year"]).read()) == ["year"]
    assert ReadCSV("h/*/*/*.csv", dtypes={"year": "str"}).read()["year"].tolist() == ["2023", "2024"]
    assert Join("h", on="year", columns=["v"]).apply(pd.DataFrame({"year": [2024]}))["v"].tolist() == [2]
    Path("h/year=2023/site=a/x.csv").write_text("v,year\n1,2022\n")
    with pytest.raises(DataError, match="column 'year' is '2022' in row 0 of .* and its folder says year=2023"):
        ReadCSV("h").read()


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zip"])
def test_damaged_packed_files_are_named(ending: str) -> None:
    pd.DataFrame({"a": np.arange(1000), "b": np.arange(1000) ** 2}).to_csv(f"whole.csv.{ending}", index=False)
    content = Path(f"whole.csv.{ending}").read_bytes()
    assert ReadCSV(f"whole.csv.{ending}").read()["b"].iloc[-1] == 999**2
    for name, damaged in (("cut", content[: len(content) // 2]), ("not", b"a,b\n1,2\n")):
        Path(f"{name}.csv.{ending}").write_bytes(damaged)
        with pytest.raises(DataError, match=f"{name}.csv.{ending}"):
            ReadCSV(f"{name}.csv.{ending}").read()


def test_a_long_field_in_a_row_with_too_many_is_refused_like_any_other() -> None:
    Path("long.csv").write_text(f"a,b\n1,\n2,{'x' * 200_000},3\n")
    with pytest.raises(DataError, match="line 3 has 3 fields"):
        ReadCSV("long.csv").read()


@pytest.mark.parametrize("schema", [None, {"a": "int"}])
def test_null_characters_are_refused_with_their_line(schema: Any) -> None:
    Path("null.csv").write_bytes(b"a,b\n1,x\n2,y\0z\n")
    with pytest.raises(DataError, match="line 3 of 'null.csv' holds a null character"):
        ReadCSV("null.csv", schema=schema).read()


def test_a_row_of_too_many_fields_in_another_encoding_is_refused_for_its_encoding() -> None:
    Path("other.csv").write_bytes("a,b\n1,2\n2,zwölf,3\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"'other.csv' is not utf-8 text \(line 3"):
        ReadCSV("other.csv").read()
