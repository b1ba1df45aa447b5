"""A CSV file whose fields are not split, which pandas reads as one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.errors import DataError

if TYPE_CHECKING:
    from mlsys.data._csv_content import Content


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
