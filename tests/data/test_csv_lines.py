"""Rows of another length are found in the bytes of a CSV file as Python's own reader finds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.data import _csv_lines
from mlsys.data._csv_content import Content
from mlsys.data._csv_lines import without_ragged

FIELDS = st.sampled_from(["", "1", "-2.5", "Rome", '"a, b"', '"two\nlines"', '"5"" pipe"', "é", " "])
ROWS = st.lists(st.lists(FIELDS, min_size=1, max_size=5), max_size=12)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_csv_lines, "_BLOCK", 16)


def records(text: str) -> Iterator[list[str]]:
    """Yield rows as Python reads them; lines of nothing but spaces are none."""
    for record in csv.reader(io.StringIO(text, newline="")):
        if record and not (len(record) == 1 and not record[0].strip() and record[0] != ""):
            yield record


def read(content: Content) -> str:
    with content.opened() as opened:
        return opened.read().decode()


@settings(max_examples=40)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 3))
def test_rows_of_another_length_are_cut_out_and_told(rows: list[list[str]], end: str, ends: bool, width: int) -> None:
    header = ",".join("abc"[:width])
    text = end.join([header, *(",".join(row).replace("\n", end) for row in rows)]) + end * ends
    content, ragged = without_ragged(Content("rows.csv", text.encode()), width, ",") or pytest.fail("it can be told")
    expected = list(records(text))
    odd = [(row, len(fields)) for row, fields in enumerate(expected[1:]) if len(fields) != width]
    assert [(each.row, each.fields) for each in ragged] == odd
    assert [next(records(each.text)) for each in ragged] == [expected[row + 1] for row, _ in odd]
    assert list(records(read(content))) == [each for each in expected if len(each) == width]


def test_a_row_may_have_thousands_of_fields() -> None:
    rows = "a,b\n1,2\n" + "," * 257 + "\n3,4\n"
    content, ragged = without_ragged(Content("rows.csv", rows.encode()), 2, ",") or pytest.fail("it can be told")
    assert [(each.row, each.fields) for each in ragged] == [(1, 258)]
    assert read(content) == "a,b\n1,2\n3,4\n"


def test_a_row_of_empty_fields_between_tabs_is_no_blank_line() -> None:
    content, ragged = without_ragged(Content("rows.tsv", b"a\tb\n\t\n \n\t\t\n1\t2"), 2, "\t") or pytest.fail("told")
    assert [(each.row, each.fields) for each in ragged] == [(1, 3)]
    assert read(content) == "a\tb\n\t\n \n1\t2"


def test_a_quote_inside_a_field_is_read_as_python_reads_it() -> None:
    content, ragged = without_ragged(Content("rows.csv", b'a,b\n5" pipe,1\n6" pipe,2,3\n'), 2, ",") or pytest.fail(
        "told"
    )
    assert [(each.row, each.text) for each in ragged] == [(1, '6" pipe,2,3')]
    assert read(content) == 'a,b\n5" pipe,1\n'


@pytest.mark.parametrize("text", [b"a,b\n1,2\r3,4\n", b"a,b\n1,\x002\n", b"a,b\n1,2,\xff\n"], ids=repr)
def test_what_cannot_be_told_is_said(text: bytes) -> None:
    assert without_ragged(Content("rows.csv", text), 2, ",") is None
