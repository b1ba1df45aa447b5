"""Check that each row of a CSV file has as many fields as its header; pandas silently repairs such rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as arrow_csv

from mlsys.data._csv_content import Content, is_blank
from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCK = 1 << 22
"""Bytes that pyarrow splits in one go; a file with a longer row is split by Python."""


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
