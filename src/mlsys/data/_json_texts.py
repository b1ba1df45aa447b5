"""JSON lines as Python reads them, slowly: where something does not fit, and where a number has many digits."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from mlsys.errors import DataError
from mlsys.schemas import Unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LARGEST = 2**53
"""Whole numbers up to here keep their value as float64."""
_SHOWN = 60
"""Characters of a value in a message."""


class _Digits(str):
    """A number as it is written."""

    __slots__ = ()


class Lines:
    """Some lines of a file.

    Parameters
    ----------
    data : bytes or memoryview
        Their bytes, to the end of the last line.
    first : int
        Number of the first line.
    file, who : str
        For messages.
    """

    def __init__(self, data: bytes | memoryview, first: int, file: str, who: str) -> None:
        self.data, self.first, self.file, self.who = data, first, file, who

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each record with its line; numbers as they are written."""
        for number, line in enumerate(bytes(self.data).split(b"\n"), self.first):
            if not line.strip():
                continue
            try:
                record = json.loads(
                    line, parse_int=_Digits, parse_float=_Digits, parse_constant=_refuse, object_pairs_hook=_once
                )
            except (ValueError, RecursionError) as error:
                raise self.refused(number, f"is no JSON: {error}", "give one complete object a line") from error
            if not isinstance(record, dict):
                raise self.refused(number, f"holds {_named(record)}, not an object", 'write {"column": value, ...}')
            yield number, record

    def refuse_other_bytes(self) -> None:
        """Raise for the first line that is not UTF-8."""
        data = bytes(self.data)
        try:
            data.decode()
        except UnicodeDecodeError as error:
            line = self.first + data.count(b"\n", 0, error.start)
            raise self.refused(line, f"is not UTF-8 text ({error.reason})", "name its encoding=") from error

    def refuse(self) -> None:
        """Raise for the first line that is no record, or whose value is of another kind than one before."""
        met: dict[str, tuple[str, int, Any]] = {}
        for number, record in self.records():
            for path, value in _inside(record, ""):
                if _is_beyond(value):
                    raise DataError(
                        f"{self.who}: column {path!r} of {self.file!r} holds {_named(value)} in line {number:,}, which "
                        "is beyond what a number can be",
                        f'correct it, or read all as text: dtypes={{"{path}": "str"}}',
                    )
                kind = _kind(value)
                before = met.setdefault(path, (kind, number, value))
                if kind != before[0]:
                    raise DataError(
                        f"{self.who}: column {path!r} of {self.file!r} holds {_named(value)} in line {number:,}, and "
                        f"{_named(before[2])} in line {before[1]:,}",
                        f'write values of one kind, or read all as text: dtypes={{"{path}": "str"}}',
                    )

    def without_broken(self) -> tuple[bytes, list[Unread], set[str]]:
        """Return the lines that are records, those that are none, and the columns to be read as text.

        These hold several kinds of values, or numbers beyond what a number can be.
        """
        whole: list[bytes] = []
        broken: list[Unread] = []
        kinds: dict[str, set[str]] = {}
        for number, line in enumerate(bytes(self.data).split(b"\n"), self.first):
            if not line.strip():
                continue
            try:
                ((_, record),) = Lines(line, number, self.file, self.who).records()
                line.decode()
            except (DataError, UnicodeDecodeError) as error:
                said = error.problem if isinstance(error, DataError) else f"is not UTF-8 text ({error.reason})"
                reason = said.partition(f"{self.file!r} ")[2] or said
                broken.append(Unread(f"line {number} of {self.file!r}", reason, line.decode("utf-8", "replace")))
                continue
            whole.append(line)
            for name, value in record.items():
                kinds.setdefault(name, set()).update({_kind(value)} - {"NoneType"})
                kinds[name].update({"text"} if _is_beyond(value) else ())
        return b"\n".join([*whole, b""]), broken, {name for name, met in kinds.items() if len(met) > 1}

    def with_texts(self, columns: Collection[str]) -> bytes:
        """Return the lines with the values of some columns as texts, digits as they are written."""
        made = []
        for _, record in self.records():
            changed = {name: _text(each) if name in columns else _plain(each) for name, each in record.items()}
            made.append(json.dumps(changed, ensure_ascii=False))
        return ("\n".join(made) + "\n").encode()

    def numbers(self, name: str) -> Iterator[tuple[int, str | None]]:
        """Yield the numbers of a column as they are written, with their lines; ``None`` for null."""
        for line, record in self.records():
            value = record.get(name)
            yield line, None if value is None else str(value)

    def refused(self, line: int, what: str, remedy: str) -> DataError:
        """Return an error about a line."""
        return DataError(f"{self.who}: line {line:,} of {self.file!r} {what}", remedy)


def _is_beyond(value: Any) -> bool:
    """Whether a number is too large for a float."""
    return isinstance(value, _Digits) and math.isinf(float(value))


def is_large(values: pa.ChunkedArray | pa.Array) -> bool:
    """Whether floats may have lost digits of whole numbers."""
    both = pc.min_max(values)
    low, high = both["min"].as_py(), both["max"].as_py()
    return low is not None and max(-low, high) >= LARGEST


def with_digits(table: pa.Table, lines: Lines) -> pa.Table:
    """Return a table whose whole numbers have every digit: unsigned or text beyond 64 bits.

    Raises
    ------
    DataError
        When they stand beside decimals or inside a record, and lose digits.
    """
    for place, field in enumerate(table.schema):
        if pa.types.is_floating(field.type) and is_large(table.column(place)):
            table = table.set_column(place, field.name, _exact(field.name, table.column(place), lines))
        elif pa.types.is_nested(field.type):
            if any(is_large(each) for each in _floats(table.column(place).combine_chunks())):
                _refuse_lost(field.name, lines)
    return table


def _exact(name: str, values: pa.ChunkedArray, lines: Lines) -> pa.ChunkedArray:
    written = list(lines.numbers(name))
    known = [text for _, text in written if text is not None]
    if all(_is_whole(text) for text in known):
        texts = pa.array([text for _, text in written], pa.string())
        try:
            return pa.chunked_array([texts.cast(pa.uint64())])
        except pa.ArrowInvalid:
            return pa.chunked_array([texts])
    for line, text in written:
        if text is not None and _loses(text):
            raise _lost(name, line, text, lines)
    return values


def _refuse_lost(name: str, lines: Lines) -> None:
    for line, record in lines.records():
        for path, value in _inside({name: record.get(name)}, ""):
            if isinstance(value, _Digits) and _loses(value):
                raise _lost(path, line, value, lines)


def _lost(name: str, line: int, text: str, lines: Lines) -> DataError:
    return DataError(
        f"{lines.who}: column {name!r} of {lines.file!r} holds {text} in line {line:,}, which loses digits as a "
        "decimal",
        f'give its type: dtypes={{"{name}": "str"}} keeps every digit, "float64" rounds; inside records write it as '
        "text",
    )


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _loses(text: str) -> bool:
    return _is_whole(text) and int(text) != int(float(text)) if len(text) < 300 else _is_whole(text)  # noqa: PLR2004


def _floats(values: pa.Array) -> Iterator[pa.Array]:
    """Yield the floats inside lists and structs."""
    if pa.types.is_floating(values.type):
        yield values
    elif pa.types.is_list(values.type):
        yield from _floats(values.flatten())
    elif pa.types.is_struct(values.type):
        for each in values.flatten():
            yield from _floats(each)


def _inside(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each value that is no null, with the path to it."""
    if isinstance(value, dict):
        if path:
            yield path, value
        for name, each in value.items():
            yield from _inside(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, value
        for each in value:
            yield from _inside(each, f"{path}[]")
    elif value is not None:
        yield path, value


def _kind(value: Any) -> str:
    if isinstance(value, _Digits):
        return "number"
    return type(value).__name__


def _named(value: Any) -> str:
    names = {dict: "an object", list: "an array", bool: "the truth value", str: "the text", type(None): "null"}
    name = "the number" if isinstance(value, _Digits) else names[type(value)]
    shown = str(value) if isinstance(value, _Digits) else json.dumps(value, ensure_ascii=False)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return name if isinstance(value, (dict, list)) or value is None else f"{name} {shown}"


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a value with numbers in place of their digits."""
    if isinstance(value, _Digits):
        return int(value) if _is_whole(value) else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, where JSON writes null")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it names {twice!r} twice")
    return record
