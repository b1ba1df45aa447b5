"""What pandas reads of a CSV file without a word, told: fields that are not split, and codes that lose their zeros."""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlsys.data._csv_content import Content
    from mlsys.data._csv_file import CSVFile

logger = logging.getLogger("mlsys")

_FIRST_ROWS = 1_000
"""Rows of a file in which zeros before numbers are looked for."""


def refuse_other_separator(content: Content, separator: str, who: str) -> None:
    """Raise where the header is one name without quotes that holds another separator, as often as the next line."""
    with content.opened() as opened:
        header, row = (opened.readline().decode("utf-8", "replace").strip("\r\n") for _ in range(2))
    if '"' in header or separator in row:
        return
    for other in ";\t|,":
        if other != separator and row.count(other) == header.count(other) > 0:
            raise DataError(
                f"{who}: {content.file!r} has one column, {header!r}, since nothing in its header is split at "
                f"{separator!r}",
                f"give separator={other!r}, or put quotes around a name that contains {other!r}",
            )


def warn_of_zeros(files: Sequence[CSVFile], numbers: Collection[str], who: str) -> None:
    """Log once a column of whole numbers that codes such as ``01234`` lose their zeros."""
    left = set(numbers)
    for file in files:
        places = [(name, place) for place, name in enumerate(file.header) if name in left]
        for _, record in islice(file.records(), 1, _FIRST_ROWS + 1) if places else ():
            for name, place in places:
                text = record[place].strip() if place < len(record) else ""
                if name in left and len(text) > 1 and text[0] == "0" and text.isdecimal():
                    left.discard(name)
                    logger.warning(
                        "%s: column %r of %r holds %s, which is read as the number %d; dtypes={%r: 'str'} keeps zeros",
                        *(who, name, file.file, text, int(text), name),
                    )
