"""Times are read by one declared rule, or refused with the row and the option to give."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.data import ReadCSV
from mlsys.data._times import as_times
from mlsys.errors import DataError


def read(*texts: str | None, **options: Any) -> list[str]:
    return [str(each) for each in as_times(pd.Series(list(texts), name="d", dtype="str"), "ReadCSV", **options)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["25/02/2024", "01/02/2024"], ["2024-02-25", "2024-02-01"]),
        (["01/02/2024", "25/02/2024"], ["2024-02-01", "2024-02-25"]),
        (["01/02/2024", "02/25/2024"], ["2024-01-02", "2024-02-25"]),
        (["01.02.2024", "13.02.2024"], ["2024-02-01", "2024-02-13"]),
        (["01/01/2024", "02/02/2024"], ["2024-01-01", "2024-02-02"]),
        (["2024/02/01", "2024/2/3"], ["2024-02-01", "2024-02-03"]),
        (["5 Feb 2024", "6 Mar 2024"], ["2024-02-05", "2024-03-06"]),
        (["February 5, 2024", "March 6, 2024"], ["2024-02-05", "2024-03-06"]),
        (["9999-12-31", "0001-01-01"], ["9999-12-31", "0001-01-01"]),
        (["31/12/9999", "01/01/0001"], ["9999-12-31", "0001-01-01"]),
    ],
)
def test_dates_are_read_in_the_one_way_that_all_rows_allow(texts: list[str], expected: list[str]) -> None:
    assert read(*texts) == [f"{day} 00:00:00" for day in expected]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["01.02.2024", "03.02.2024"], r"'01.02.2024' in row 0, which could be .*\n.*%d.%m.%Y"),
        (["01/25/2024", "25/01/2024"], "'25/01/2024' in row 1 and '01/25/2024' in row 0, .* different formats"),
        (["01/02/24"], "'01/02/24' in row 0, a year without its century"),
        (["2024-01-01", "soon"], "'soon' in row 1, which is not a time"),
        (["2024-01-01", "05/13/2024"], "'05/13/2024' in row 1, whose format differs"),
        (["2024-01-01", "now"], "'now' in row 1"),
        (["May"], "'May' in row 0, which is not a time"),
        (["2024-10-27T12:30:00+02:00", "2024-10-28T02:30:00"], "clock time '2024-10-28T02:30:00' in row 1 beside"),
        (["9999-12-31", "2024-01-01T00:00:00.123456789"], "nanoseconds no type can"),
    ],
)
def test_what_could_be_either_or_neither_is_refused_with_its_row(texts: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(*texts)


def test_clock_times_beside_offsets_are_read_in_the_zone_that_is_given() -> None:
    texts = ["2024-10-27T12:30:00+02:00", "2024-10-28T02:30:00", "2024-10-28T02:30:00Z", None]
    assert read(*texts, zone="America/New_York") == [
        "2024-10-27 06:30:00-04:00",
        "2024-10-28 02:30:00-04:00",
        "2024-10-27 22:30:00-04:00",
        "NaT",
    ]
    with pytest.raises(DataError, match="row 1"):
        read("2024-10-26 02:30", "2024-10-27 02:30", zone="Europe/Berlin")


moments = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)).map(lambda each: each.replace(microsecond=0))
ways = ["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]


@settings(max_examples=100, deadline=None)
@given(st.lists(moments, min_size=1, max_size=5), st.sampled_from(ways))
def test_a_text_is_its_own_time_or_refused_and_given_its_way_it_is_always_read(
    times: list[dt.datetime], way: str
) -> None:
    texts = pd.Series([f"{each:{way}}" for each in times], name="d")
    expected = [pd.Timestamp(each) for each in times]
    assert as_times(texts, "ReadCSV", written=way).tolist() == expected
    try:
        assert as_times(texts, "ReadCSV").tolist() == expected
    except DataError as error:
        assert "could be" in str(error)


def test_the_option_is_named_and_works(capfd: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("d,n\n01.02.2024,20240301\n03.02.2024,20240302\n")
    with pytest.raises(DataError, match=r"times=\{'d': '%d.%m.%Y'\}"):
        ReadCSV("t.csv", times=["d"]).read()
    frame = ReadCSV("t.csv", times={"d": "%d.%m.%Y", "n": "%Y%m%d"}).read()
    assert frame["d"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01", "2024-02-03"]
    assert frame["n"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-01", "2024-03-02"]
    Path("u.csv").write_text("d,n\nx,20240301\n")
    with pytest.raises(DataError, match="'x' in row 0 of 'u.csv', which is not written"):
        ReadCSV(["t.csv", "u.csv"], times={"d": "%d.%m.%Y"}).read()
    assert capfd.readouterr().err == ""
