"""ReadCSV reads files, packed files, folders and patterns, and says what is wrong with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from mlsys.data import ReadCSV
from mlsys.errors import DataError


@pytest.fixture
def orders(own_folder: Path) -> Path:
    folder = own_folder / "orders"
    folder.mkdir()
    (folder / "2.csv").write_text("id,price,note\n3,2.5,x\n")
    (folder / "1.csv").write_text("id,price,note\n1,1,7\n2,,8\n")
    (folder / "_SUCCESS").write_text("")
    return folder


def test_a_folder_is_read_in_file_order_with_common_types(orders: Path) -> None:
    frame = ReadCSV(orders).read()
    assert frame["id"].tolist() == [1, 2, 3]
    assert frame["note"].tolist() == ["7", "8", "x"]
    assert frame["price"].dtype == "float64"
    assert isinstance(frame.index, pd.RangeIndex)


def test_patterns_and_lists_and_columns(orders: Path) -> None:
    assert ReadCSV(f"{orders}/*.csv", columns=["note", "id"]).read().columns.tolist() == ["note", "id"]
    assert ReadCSV([orders / "2.csv", orders / "1.csv"]).read()["id"].tolist() == [3, 1, 2]


def test_packed_files(orders: Path) -> None:
    text = (orders / "1.csv").read_text()
    pd.DataFrame({"id": [9]}).to_csv("one.csv.gz", index=False)
    with zipfile.ZipFile("two.csv.zip", "w") as archive:
        archive.writestr("any.csv", text)
    assert ReadCSV("one.csv.gz").read()["id"].tolist() == [9]
    assert len(ReadCSV("two.csv.zip").read()) == 2


def test_times_and_zones() -> None:
    Path("t.csv").write_text("clock,utc,mixed\n2024-07-01 12:00,2024-07-01T12:00:00Z,2024-07-01T12:00+02:00\n,,\n")
    frame = ReadCSV("t.csv", times=["clock", "utc", "mixed"], zone="Europe/Berlin").read()
    assert [str(frame[name][0]) for name in frame] == [
        "2024-07-01 12:00:00+02:00",
        "2024-07-01 14:00:00+02:00",
        "2024-07-01 12:00:00+02:00",
    ]
    assert frame["clock"].isna()[1]
    assert ReadCSV("t.csv", times=["utc"]).read()["utc"].dt.tz is not None
    assert ReadCSV("t.csv", times=["clock"]).read()["clock"].dt.tz is None


def test_times_with_several_offsets_become_utc() -> None:
    Path("t.csv").write_text("at\n2024-07-01T12:00+02:00\n2024-12-01T12:00+01:00\n")
    assert [str(each) for each in ReadCSV("t.csv", times=["at"]).read()["at"]] == [
        "2024-07-01 10:00:00+00:00",
        "2024-12-01 11:00:00+00:00",
    ]


def test_truth_values_with_nulls_and_further_nulls() -> None:
    Path("t.csv").write_text("ok,n\nTrue,1\n,-\nFalse,3\n")
    frame = ReadCSV("t.csv", nulls=["-"], dtypes={"n": "Int64"}).read()
    assert str(frame["ok"].dtype) == "boolean"
    assert frame["n"].isna().tolist() == [False, True, False]


def test_known_at_is_declared() -> None:
    Path("t.csv").write_text("a,b\n1,2\n")
    assert ReadCSV("t.csv", {"b": "arrived"}).known_at_declared() == {"b": "arrived"}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "is empty"),
        ("a,b\n", {}, "has a header but no rows"),
        ("a,b\n1,2\n1,2,3,4\n", {}, "line 3"),
        ("a,b\n1,2\n", {"columns": ["c"]}, r"columns= names 'c'.*\(its columns: "),
        ("a,b\n1,2\n", {"times": ["when"]}, "times= names 'when'"),
        ("a,b\n1,2\n", {"known_at": {"late": "b"}}, "known_at= names 'late'"),
        ("a,b\n1,soon\n", {"times": ["b"]}, "column 'b' holds 'soon' in row 0, which is not a time"),
        ("a,b\n1,5\n", {"times": ["b"]}, "column 'b' holds numbers"),
        ("a,b\n1,02/01/2024\n1,03/01/2024\n", {"times": ["b"]}, "column 'b' holds '02/01/2024' in row 0"),
        ("a,b\n1,x\n", {"dtypes": {"b": "int64"}}, "cannot read 't.csv'"),
        ("at\n2024-10-27 02:30\n", {"times": ["at"], "zone": "Europe/Berlin"}, "clock times of 'Europe/Berlin'"),
        ("at\n2024-10-27 02:30\n", {"times": ["at"], "zone": "Mars/Base"}, "clock times of 'Mars/Base'"),
    ],
)
def test_what_is_wrong_is_named_with_a_remedy(text: str, options: dict[str, object], message: str) -> None:
    Path("t.csv").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        ReadCSV("t.csv", **options).read()
    assert caught.value.remedy


def test_missing_and_foreign_files_are_named() -> None:
    with pytest.raises(DataError, match="cannot find the file 'nowhere.csv'"):
        ReadCSV("nowhere.csv").read()
    with pytest.raises(DataError, match="no file that matches"):
        ReadCSV("*.csv").read()
    Path("empty").mkdir()
    with pytest.raises(DataError, match="no file ending in"):
        ReadCSV("empty").read()
    Path("latin.csv").write_bytes("name\nJosé\n".encode("latin-1"))
    with pytest.raises(DataError, match="is not utf-8 text"):
        ReadCSV("latin.csv").read()
    assert ReadCSV("latin.csv", encoding="latin-1").read()["name"][0] == "José"


def test_paths_are_kept_as_text_so_that_equal_steps_are_equal() -> None:
    assert ReadCSV(Path("a.csv")).path == "a.csv"
    assert ReadCSV(Path("a.csv")) == ReadCSV("a.csv") != ReadCSV("b.csv")


@pytest.mark.parametrize("other", [";", "\t", "|"])
def test_a_header_that_is_not_split_is_refused(tmp_path: Path, other: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a{other}b\n1{other}2\n")
    with pytest.raises(DataError, match=r"has one column, 'a.*b'.*is split at ','") as caught:
        ReadCSV(path).read()
    assert f"separator={other!r}" in str(caught.value)
    assert ReadCSV(path, separator=other).read().to_dict("list") == {"a": [1], "b": [2]}


@pytest.mark.parametrize("text", ['"a;b"\n1;2\n', "a;b\nthree\n", "a\nx;y\n"])
def test_a_single_column_may_hold_other_separators(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert ReadCSV(path).read().shape == (1, 1)


def test_codes_that_lose_their_zeros_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "1.csv").write_text("zip,x,share\n,0,0.5\n01234,10,00.5\n00123,0,0\n")
    (tmp_path / "2.csv").write_text("zip,x,share\n05000,1,1\n")
    ReadCSV(tmp_path).read()
    (told,) = [record.message for record in caplog.records]
    assert "column 'zip'" in told
    assert "holds 01234, which is read as the number 1234; dtypes={'zip': 'str'} keeps zeros" in told
    caplog.clear()
    assert ReadCSV(tmp_path, dtypes={"zip": "str"}).read()["zip"].tolist()[1:] == ["01234", "00123", "05000"]
    assert not caplog.records
