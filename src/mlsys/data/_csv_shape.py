"""Check that each row of a CSV file has as many fields as its header; pandas silently repairs such rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from mlsys.data._csv_content import Content, has_stray_quote
from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_BLOCK = 1 << 22
"""Bytes that pyarrow splits in one go; a file with a longer row is split by Python."""


_SPACES = list(b" \t\r\n")


@dataclass
class Shape:
    """Count rows with another number of fields than the header, and those with only empty fields at the end.

    Parameters
    ----------
    width : int
        Fields of the header.
    separator : str
        What stands between fields.
    """

    width: int
    separator: str
    ragged: int = 0
    padded: int = 0

    def take(self, fields: Sequence[str]) -> None:
        """Count a row."""
        self.ragged += len(fields) != self.width
        self.padded += len(fields) > self.width and not any(fields[self.width :])


def is_blank(record: Sequence[str]) -> bool:
    """Whether a record is a line of nothing but spaces, which is not a row."""
    return not record or (len(record) == 1 and record[0].isspace())


def refuse_ragged(content: Content, width: int, separator: str, who: str) -> None:
    """Raise when a row has more or fewer fields than the header, with its line.

    Empty fields behind the last column are fields: where a text holds the separator without quotes, all that follows
    moves by one, and what is left out would be a value.
    """
    shape = _shape_of(content, width, separator)
    if not shape.ragged:
        return
    found = Shape(width, separator)
    where = "other rows have a different number"
    for line, record in content.records(separator):
        if not is_blank(record):
            found.take(record)
        if found.ragged:
            where = f"line {line} has {_fields(len(record))}"
            break
    more = f" ({shape.ragged:,} such rows)" if shape.ragged > 1 else ""
    empty = ", empty after the last column" if shape.padded == shape.ragged else ""
    raise DataError(
        f"{who} cannot read {content.file!r}: its header has {_fields(width)} and {where}{more}{empty}",
        f"end the header with {separator!r} too if each row does, or remove it from these rows; put quotes around "
        f"fields that contain {separator!r}"
        if empty
        else f"correct these rows, put quotes around fields that contain {separator!r}, remove lines above the header "
        f"and below the rows, or say what stands between fields with separator= (now {separator!r})",
    )


@dataclass(frozen=True)
class Ragged:
    """A row with another number of fields than the header.

    Parameters
    ----------
    row : int
        Its number among the rows, from 0.
    fields : int
        How many it has.
    text : str
        As it is written.
    """

    row: int
    fields: int
    text: str


def without_ragged(content: Content, width: int, separator: str) -> tuple[Content, list[Ragged]] | None:
    """Return the text without rows of another number of fields than the header, and these rows.

    Returns ``None`` where it cannot be told where rows begin: lines that end in different ways.
    """
    with content.opened() as opened:
        data = opened.read()
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    bounds, fields = _records(content, data, separator)
    ragged, kept, start = [], [], 0
    for row in (np.flatnonzero(fields[1:] != width)).tolist():
        begin, end = int(bounds[row + 1]), int(bounds[row + 2])
        text = data[begin:end].decode(errors="replace").rstrip("\r\n")
        ragged.append(Ragged(row, int(fields[row + 1]), text))
        kept.append(data[start:begin])
        start = end
    return Content(content.file, b"".join([*kept, data[start:]])), ragged


def _records(content: Content, data: bytes, separator: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each record begins that is not blank, and where the text ends; and how many fields each has."""
    letters = np.frombuffer(data, dtype=np.uint8)
    ends, quotes = np.flatnonzero(letters == ord("\n")), np.flatnonzero(letters == ord('"'))
    if len(quotes) and has_stray_quote(letters, quotes, separator):
        lines = np.concatenate([[0], ends + 1])
        found = [(lines[line - 1], len(each)) for line, each in content.records(separator) if not is_blank(each)]
        return np.array([*(begin for begin, _ in found), len(data)]), np.array([fields for _, fields in found])
    between = np.flatnonzero(letters == ord(separator))
    if len(quotes):  # what stands inside quotes ends nothing
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    lines = np.concatenate([[0], ends + 1, [len(data)]])
    full = np.diff(lines) > 0
    for line in np.flatnonzero(full & np.isin(letters[np.minimum(lines[:-1], len(data) - 1)], _SPACES)).tolist():
        full[line] = bool(data[lines[line] : lines[line + 1]].strip())
    fields = np.diff(np.searchsorted(between, lines)) + 1
    if len(quotes):
        inside = np.searchsorted(between, quotes[1::2]) - np.searchsorted(between, quotes[::2])
        of_record = np.searchsorted(lines, quotes[::2], side="right") - 1
        fields -= np.bincount(of_record, inside, len(fields)).astype(np.int64)
    return np.append(lines[:-1][full], len(data)), fields[full]


def refuse_stray_quote(content: Content, separator: str, who: str) -> None:
    """Raise when a quote is never closed, or something stands behind a closed one, with its line.

    A quote that was forgotten makes one field of all that stands before the next.
    """
    if not content.has_stray_quote(separator):
        return
    line = 1
    try:
        for start, record in content.records(separator, strict=True):
            line = start + 1 + sum(field.count("\n") for field in record)
    except csv.Error as error:
        what = "opens a quote that is never closed" if "end of data" in str(error) else f"has a stray quote ({error})"
        raise DataError(
            f"{who}: line {line} of {content.file!r} {what}",
            'write a quote inside a quoted field twice, as in "5"" pipe", and close every quote',
        ) from None


def _fields(count: int) -> str:
    return f"{count:,} field{'' if count == 1 else 's'}"


def _shape_of(content: Content, width: int, separator: str) -> Shape:
    try:
        return _by_pyarrow(content, width, separator)
    except pa.ArrowException:  # a row longer than a block, or a quote that is never closed
        shape = Shape(width, separator)
        for _, record in content.records(separator):
            if not is_blank(record):
                shape.take(record)
        return shape


def _by_pyarrow(content: Content, width: int, separator: str) -> Shape:
    shape = Shape(width, separator)

    def take(row: arrow_csv.InvalidRow) -> str:
        more = row.actual_columns - width
        if row.text.strip():
            shape.ragged += 1
            shape.padded += more > 0 and row.text.endswith(separator * more)
        return "skip"

    with content.opened() as opened:
        arrow_csv.read_csv(
            pa.PythonFile(opened, mode="r"),
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, invalid_row_handler=take
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=["\0"], include_missing_columns=True, check_utf8=False
            ),
        )
    return shape
