"""Rows of a CSV file by where they lie in its bytes: their lengths are told block by block, no value is read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.data._csv_content import Content, has_stray_quote, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedIOBase

    from numpy.typing import NDArray

_BLOCK = 1 << 19
"""Bytes looked at in one go: they and what is made of them stay in the processor's cache."""
_SPACES = list(b" \t\r\n")


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


class _Untold(Exception):
    """It cannot be told from single bytes where rows begin."""


@dataclass(frozen=True)
class _Odd:
    """A row of another length: its number with the header as the first, where it lies, its bytes and fields."""

    number: int
    begin: int
    data: bytes
    fields: int


def without_ragged(content: Content, width: int, separator: str) -> tuple[Content, list[Ragged]] | None:
    """Return the text without rows of another number of fields than the header, and these rows.

    Returns ``None`` where it cannot be told where rows begin (lines that end in different ways, null characters), or
    such a row is not UTF-8.
    """
    try:
        found = list(_odd(content, width, separator))
    except _Untold:
        try:
            found = list(_odd_by_python(content, width, separator))
        except _Untold:
            return None
    ragged = _as_ragged(found)
    return (
        None if ragged is None else (content.cut((each.begin, each.begin + len(each.data)) for each in found), ragged)
    )


def _odd(content: Content, width: int, separator: str) -> Iterator[_Odd]:
    """Yield rows of another length."""
    for _, odd, _ in _told(content, width, separator):
        yield from odd


def _told(content: Content, width: int, separator: str) -> Iterator[tuple[NDArray[np.int64], list[_Odd], int]]:
    """Yield where the records of each block begin that have as many fields as the header, the others, and its end."""
    number = begin = 0
    with content.opened() as opened:
        for data, quoted in _blocks(opened):
            starts, fields = _shape(data, separator, quoted)
            looked_at = fields != width
            if width == 1:  # as many fields as a blank line
                looked_at |= np.isin(data[starts], _SPACES)
            blank, odd, whole = 0, [], ~looked_at
            for place in np.flatnonzero(looked_at).tolist():
                start, end = starts[place], starts[place + 1] if place + 1 < len(starts) else len(data)
                row = data[start:end].tobytes()
                if fields[place] == 1 and not row.strip():
                    blank += 1
                elif fields[place] != width:
                    odd.append(_Odd(number + place - blank, begin + int(start), row, int(fields[place])))
                else:
                    whole[place] = True
            yield starts[whole].astype(np.int64) + begin, odd, begin + len(data)
            number += len(starts) - blank
            begin += len(data)


@dataclass(frozen=True)
class Part:
    """Some rows of a file by the bytes in which they stand.

    Parameters
    ----------
    begin, end : int
        The bytes; rows of another length among them are left out.
    first, rows : int
        The number of the first row among those that are not left out, and how many there are.
    """

    begin: int
    end: int
    first: int
    rows: int


def parts_of(content: Content, width: int, separator: str, rows: int) -> tuple[list[Part], list[Ragged]] | None:
    """Return a file in parts of so many rows, and the rows of another length; ``None`` where it cannot be told.

    The header is in front of the first part.
    """
    bounds: list[int] = []
    odd: list[_Odd] = []
    met = length = 0
    try:
        for starts, others, length in _told(content, width, separator):  # noqa: B007  the last one's is the file's
            chosen = np.arange((1 - met) % rows if met else 1, len(starts), rows)
            bounds += starts[chosen].tolist()
            met += len(starts)
            odd += others
    except _Untold:
        return None
    ragged = _as_ragged(odd)
    if ragged is None:
        return None
    firsts = range(0, max(met - 1, 0), rows)
    ends = [*bounds[1:], length][: len(bounds)]
    parts = [
        Part(begin, until, first, min(rows, met - 1 - first))
        for begin, until, first in zip(bounds, ends, firsts, strict=True)
    ]
    return parts, ragged


def _as_ragged(odd: Sequence[_Odd]) -> list[Ragged] | None:
    try:
        return [Ragged(each.number - 1, each.fields, each.data.decode().rstrip("\r\n")) for each in odd]
    except UnicodeDecodeError:
        return None


def _blocks(opened: BufferedIOBase) -> Iterator[tuple[NDArray[np.uint8], bool]]:
    """Yield the text in blocks that end where a line ends, outside quotes, and whether one has quotes.

    A block is gone when the next one comes.
    """
    buffer = bytearray(2 * _BLOCK)
    view, letters = memoryview(buffer), np.frombuffer(buffer, dtype=np.uint8)
    while read := opened.readinto(view[:_BLOCK]):
        more = [opened.readline()]
        quoted = buffer.find(b'"', 0, read) >= 0 or b'"' in more[0]
        inside = quoted and (buffer.count(b'"', 0, read) + more[0].count(b'"')) % 2
        while inside and (line := opened.readline()):
            more.append(line)
            inside ^= line.count(b'"') % 2
        if inside:
            raise _Untold
        filled = read + sum(map(len, more))
        if filled <= len(buffer):
            view[read:filled] = b"".join(more)
            _refuse_untold(buffer, filled)
            yield letters[:filled], quoted
        else:
            joined = b"".join([view[:read], *more])
            _refuse_untold(joined, filled)
            yield np.frombuffer(joined, dtype=np.uint8), quoted


def _refuse_untold(data: bytes | bytearray, length: int) -> None:
    """Raise for null characters, and for lines that end in different ways."""
    if data.find(b"\0", 0, length) >= 0:
        raise _Untold
    if data.find(b"\r", 0, length) >= 0 and data.count(b"\r", 0, length) != data.count(b"\r\n", 0, length):
        raise _Untold


def _shape(data: NDArray[np.uint8], separator: str, quoted: bool) -> tuple[NDArray[np.intp], NDArray[np.integer[Any]]]:
    """Return where each line begins, blank ones too, and how many fields it has."""
    ends, between = np.flatnonzero(data == ord("\n")), data == ord(separator)
    if quoted:  # what stands inside quotes ends nothing
        quotes = np.flatnonzero(data == ord('"'))
        if has_stray_quote(data, quotes, separator):
            raise _Untold
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
        places = np.flatnonzero(between)
        between[places[np.searchsorted(quotes, places) % 2 == 1]] = False
    if data[-1] == ord("\n"):
        ends = ends[:-1]
    starts = np.append(0, ends + 1)
    counts = np.add.reduceat(between.view(np.uint8), starts, dtype=np.uint8)  # ten times as fast as wider numbers
    if int(counts.sum()) != np.count_nonzero(between):  # a row of more than 255
        return starts, np.add.reduceat(between, starts, dtype=np.int64) + 1
    return starts, counts.astype(np.int64) + 1


def _odd_by_python(content: Content, width: int, separator: str) -> Iterator[_Odd]:
    """Yield rows of another length where a quote stands inside a field: slowly."""
    with content.opened() as opened:
        data = opened.read()
    _refuse_untold(data, len(data))
    lines = [0, *accumulate(map(len, data.splitlines(keepends=True)))] if b"\n" in data else [0]
    found = [(lines[line - 1], len(each)) for line, each in content.records(separator) if not is_blank(each)]
    ends = [*(begin for begin, _ in found[1:]), len(data)]
    for number, ((begin, fields), end) in enumerate(zip(found, ends, strict=True)):
        if fields != width and number:
            yield _Odd(number, begin, data[begin:end], fields)
