"""Rows of several CSV files: their names in messages, and those that were left out."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from mlsys.schemas import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlsys.data._csv_file import CSVFile


def row_names(files: Sequence[CSVFile], rows: Sequence[int]) -> Callable[[int], str]:
    """Return a function that names the row at a position among those that were read of all files."""
    ends = list(accumulate(rows))
    numbers = [file.rows_read(count) for file, count in zip(files, rows, strict=True)]

    def name(place: int) -> str:
        at = bisect_right(ends, place)
        inside = place - (ends[at - 1] if at else 0)
        known = numbers[at]
        return _row(inside if known is None else int(known[inside]), files, files[at])

    return name


def unread(files: Sequence[CSVFile]) -> list[Unread]:
    """Return the rows that were left out since they have another number of fields than the header."""
    return [
        Unread(
            _row(each.row, files, file),
            f"has {'more' if each.fields > len(file.header) else 'fewer'} fields than the header",
            each.text,
        )
        for file in files
        for each in file.ragged
    ]


def _row(number: int, files: Sequence[CSVFile], file: CSVFile) -> str:
    return f"row {number}" if len(files) == 1 else f"row {number} of {file.file!r}"
