"""Texts are read alike one by one and many at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.features._meanings.reading import cleaned, moments, number_of, numbers, text_of, texts, truths

MANY = 100
WRITTEN = st.one_of(
    st.text(alphabet="0123456789.,-+$€% eE'", max_size=9),
    st.floats(allow_nan=False).map(repr),
    st.integers().map("{:,}".format),
    st.sampled_from(["", " ", "NA", " n/a ", "?", "yes", "No ", "nan", "\x1c", "\u2003a\u2003", "inf"]),
)


@given(st.lists(st.one_of(st.none(), WRITTEN), min_size=1, max_size=30))
def test_many_are_read_as_each_alone(values: list[str | None]) -> None:
    few, many = pd.Series(values, dtype="str"), pd.Series((values * MANY)[: 65 + len(values)], dtype="str")
    for read in (texts, truths, lambda each: numbers(each, "."), lambda each: numbers(each, ",")):
        one, other = pd.Series(read(few)), pd.Series(read(many)).head(len(few))
        pd.testing.assert_series_equal(one, other, check_exact=True)


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("$ 5", ".", 5),
        ("-$5", ".", -5),
        ("5 %", ".", 5),
        ("1,23,456", ".", 123456),
        ("1 234,5", ",", 1234.5),
        ("1'234", ",", 1234),
        ("1e3", ".", 1000),
        (".5", ".", 0.5),
        ("+7", ".", 7),
        ("1,5", ".", np.nan),
        ("--5", ".", np.nan),
        ("5-", ".", np.nan),
        ("1e999", ".", np.nan),
        ("12 34", ".", np.nan),
        ("0x1F", ".", np.nan),
    ],
)
def test_numbers_as_people_write_them(text: str, mark: str, number: float) -> None:
    np.testing.assert_equal(number_of(text, mark), number)
    np.testing.assert_equal(numbers(pd.Series([text] * MANY, dtype="str"), mark), np.full(MANY, number))


def test_what_says_nothing() -> None:
    assert [text_of(each) for each in (" ", "NA", "N/a", "?", "-", "NaN", "null", b" x ", 3.0, True)] == [
        *[None] * 7, "x", "3", "True",
    ]  # fmt: skip
    assert cleaned(pd.Series(["a", None, "?"], dtype=object)) == ["a", None, None]


def test_moments_in_one_format_in_utc() -> None:
    written = pd.Series(["2024-01-02T03:04:05+02:00", "never", None])
    for column in (written, pd.concat([written] * MANY, ignore_index=True)):
        read = moments(column, "ISO8601").head(3)
        assert read.tolist() == [pd.Timestamp("2024-01-02 01:04:05"), pd.NaT, pd.NaT]


def test_clean_texts_are_returned_as_they_are() -> None:
    for rows in (3, MANY):
        column = pd.Series(["a", "b c"] * rows, dtype="str")
        assert texts(column) is column
