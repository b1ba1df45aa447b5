"""JSON lines as Arrow tables, every digit and every text as it is written."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.json as arrow_json

from mlsys.data._csv_content import content_of
from mlsys.data._json_texts import Lines, with_digits
from mlsys.errors import DataError
from mlsys.settings import settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from mlsys.schemas import Unread

_PIECE = 1 << 24
"""Bytes that become one table; each piece of a longer file is typed by itself, then all together."""
_BLOCK = 1 << 22
"""Bytes that Arrow parses in one go, unless a line is longer."""
_START = 1 << 20
"""Bytes that a first guess of types is made of."""
Data = bytes | memoryview
_MARK = b"\xef\xbb\xbf"


class JSONFile:
    """Read the records of one file.

    Parameters
    ----------
    file : str
        Path or address; unpacked by its ending.
    encoding : str
        Of its text.
    who : str
        For messages.
    columns : sequence of str, optional
        Those to read; by default all.
    texts : collection of str
        Columns whose numbers and truth values are read as texts, as they are written.
    loses : bool
        Whether lines that are no record are left out rather than refused, and a column of values of several kinds is
        read as text.

    Attributes
    ----------
    unread : list of Unread
        Lines that were left out.
    """

    def __init__(
        self,
        file: str,
        encoding: str,
        who: str,
        columns: Sequence[str] | None = None,
        texts: Collection[str] = (),
        loses: bool = False,
    ) -> None:
        self.file, self.who, self._loses = file, who, loses
        self.unread: list[Unread] = []
        self._encoding, self._texts = encoding, frozenset(texts)
        self._columns = None if columns is None else list(dict.fromkeys(columns))
        self._types: dict[str, pa.DataType] = {}  # as the first lines tell them

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield the records in pieces, each with what messages call it."""
        line = 1
        for data, whole in self._pieces():
            if whole:
                yield self.file, self.table(Lines(data, line, self.file, self.who))
                return
            end = line + int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))) - 1
            yield f"{self.file}, lines {line:,} to {end:,}", self.table(Lines(data, line, self.file, self.who))
            line = end + 1

    def _pieces(self) -> Iterator[tuple[Data, bool]]:
        """Yield the content in pieces that end where a line ends, each with whether it is all of it."""
        with content_of(self.file, self._encoding, self.who).opened() as opened:
            first = opened.read(_PIECE)
            data: Data = first[len(_MARK) :] if first.startswith(_MARK) else first
            if first[:_START].removeprefix(_MARK).lstrip().startswith(b"["):
                data = self._as_lines(bytes(data) + opened.read())
            whole = len(first) < _PIECE
            while data:
                if not whole:
                    data = _to_the_line_end(data, opened)
                if not bytes(data[:_START]).isspace() or not bytes(data).isspace():
                    yield data, whole
                data = opened.read(_PIECE)
                whole = False

    def _as_lines(self, data: bytes) -> bytes:
        """Return a document that is one array as lines, a record each."""
        try:
            records = json.loads(data)
        except ValueError as error:
            raise DataError(f"{self.who}: {self.file!r} is no JSON: {error}", "give a complete file") from error
        return b"".join(json.dumps(each).encode() + b"\n" for each in records)

    def table(self, lines: Lines) -> pa.Table:
        """Return some lines as a table."""
        try:
            table = self._parsed(lines)
        except (pa.ArrowException, RecursionError) as error:
            if self._loses:
                return self._without_broken(lines)
            lines.refuse()
            raise DataError(f"{self.who} cannot read {self.file!r}: {error}", "correct this line") from error
        table = table if self._columns is None else table.select([c for c in self._columns if c in table.column_names])
        for name in table.column_names:
            try:
                table.column(name).validate(full=True)
            except pa.ArrowInvalid:  # Arrow takes any bytes for text
                if self._loses:
                    return self._without_broken(lines)
                lines.refuse_other_bytes()
                raise
        return with_digits(table, lines)

    def _without_broken(self, lines: Lines) -> pa.Table:
        data, broken, mixed = lines.without_broken()
        self.unread += broken
        texts = sorted(self._texts | mixed)
        rest = Lines(data, lines.first, self.file, self.who)
        return JSONFile(self.file, self._encoding, self.who, self._columns, texts).table(rest)

    def _parsed(self, lines: Lines) -> pa.Table:
        """Parse by types that the first lines tell; what is to be text is made text where it is not."""
        try:
            types = self._types = self._types or _guessed(lines.data)
            if all(_is_text(types[name]) for name in self._texts if name in types):
                return self._by_types(lines.data, types)
        except pa.ArrowInvalid:
            if not self._texts:
                raise
        data = lines.with_texts(self._texts)
        return self._by_types(data, _guessed(data))

    def _by_types(self, data: Data, types: Mapping[str, pa.DataType]) -> pa.Table:
        narrow = None if self._columns is None else self._narrow(types)
        if narrow is not None:
            try:
                return _read(data, narrow, "ignore")
            except pa.ArrowInvalid:  # a type that a later line changes: told from all columns
                pass
        try:
            table = _read(data, {name: kind for name, each in types.items() if (kind := _stated(each)) is not None})
        except pa.ArrowInvalid:  # a type that a later line changes: told from all lines, but for texts
            table = _read(data, {name: kind for name, each in types.items() if (kind := _texts_of(each)) is not None})
        more = {field.name: kind for field in table.schema if (kind := _texts_of(field.type, times=True)) is not None}
        if more:
            table = _read(data, {field.name: _stated(field.type, all_known=True) for field in table.schema})
        there = dict.fromkeys(table.column_names)
        return table.select(
            [*(name for name in types if name in there), *(name for name in there if name not in types)]
        )

    def _narrow(self, types: Mapping[str, pa.DataType]) -> dict[str, pa.DataType] | None:
        """Return types of the columns to read, ``None`` where some can only be told from all records."""
        assert self._columns is not None
        found = {name: pa.string() if _is_text(types[name]) else types[name] for name in self._columns if name in types}
        plain = all(not pa.types.is_nested(kind) and not pa.types.is_null(kind) for kind in found.values())
        return found if plain and len(found) == len(self._columns) else None


def table_of_texts(texts: Sequence[str | None], first: int, label: str, who: str) -> pa.Table:
    """Return documents, of which messages call the first one line ``first`` of ``label``; of a null all is null."""
    lines = ("{}" if text is None else text.replace("\r", " ").replace("\n", " ") for text in texts)
    data = "".join(f"{line}\n" for line in lines).encode()
    return JSONFile(label, "utf-8", who).table(Lines(data, first, label, who))


def _to_the_line_end(data: Data, opened: Any) -> Data:
    """Return what was read up to its last line's end, and go back to it in the file."""
    cut = bytes(data).rfind(b"\n") + 1
    if not cut:
        return bytes(data) + bytes(opened.readline())
    opened.seek(cut - len(data), io.SEEK_CUR)
    return memoryview(data)[:cut]


def _guessed(data: Data) -> dict[str, pa.DataType]:
    """Return the types that the first lines tell, in which texts that look like times are times."""
    start = bytes(data[: 2 * _START])
    first = start[: start.find(b"\n", _START) + 1] or data
    return {field.name: field.type for field in _read(first, {}).schema}


def _read(data: Data, types: Mapping[str, pa.DataType], unexpected: str = "infer") -> pa.Table:
    stated = [(name, pa.large_string() if pa.types.is_string(kind) else kind) for name, kind in types.items()]
    options = arrow_json.ParseOptions(
        explicit_schema=pa.schema(stated), newlines_in_values=False, unexpected_field_behavior=unexpected
    )
    threads = settings().threads > 1
    try:
        return arrow_json.read_json(pa.BufferReader(data), arrow_json.ReadOptions(threads, _BLOCK), options)
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
    return arrow_json.read_json(pa.BufferReader(data), arrow_json.ReadOptions(threads, len(data) + 1), options)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_timestamp(kind))


def _stated(kind: pa.DataType, all_known: bool = False) -> pa.DataType | None:
    """Return a type in which texts that look like times are texts.

    Parameters
    ----------
    kind : DataType
        As Arrow guesses it.
    all_known : bool
        Whether it is told by all lines; otherwise nothing is stated of what was null so far.
    """
    if pa.types.is_null(kind):
        return kind if all_known else None
    if pa.types.is_list(kind):
        inside = _stated(kind.value_type, all_known)
        return None if inside is None else pa.list_(inside)
    if pa.types.is_struct(kind):
        fields = [(each.name, _stated(each.type, all_known)) for each in kind]
        return None if any(inside is None for _, inside in fields) else pa.struct(fields)
    return pa.string() if pa.types.is_timestamp(kind) else kind


def _texts_of(kind: pa.DataType, times: bool = False) -> pa.DataType | None:
    """Return a type with the texts of another alone: what stands beside them is told by all lines.

    Parameters
    ----------
    kind : DataType
        As Arrow guesses it: texts that look like times are times.
    times : bool
        Whether only those texts count that were guessed to be times.
    """
    if pa.types.is_timestamp(kind) or (pa.types.is_string(kind) and not times):
        return pa.string()
    if pa.types.is_list(kind):
        inside = _texts_of(kind.value_type, times)
        return None if inside is None else pa.list_(inside)
    if pa.types.is_struct(kind):
        fields = [pa.field(each.name, inside) for each in kind if (inside := _texts_of(each.type, times)) is not None]
        return pa.struct(fields) if fields else None
    return None
