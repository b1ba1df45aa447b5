"""The text of one CSV file: opened, unpacked, decoded, with its first record."""

from __future__ import annotations

import codecs
import csv
import io
import lzma
import sys
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.io.common import get_handle  # type: ignore[import-not-found]

from mlsys.data._paths import is_url, opening
from mlsys.errors import ConfigurationError, DataError
from mlsys.secrets import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_UTF_8 = frozenset({"utf-8", "utf-8-sig"})
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", frozenset({"utf-8", "utf-8-sig"})),
    (codecs.BOM_UTF32_LE, "utf-32", frozenset({"utf-32", "utf-32-le"})),
    (codecs.BOM_UTF32_BE, "utf-32", frozenset({"utf-32", "utf-32-be"})),
    (codecs.BOM_UTF16_LE, "utf-16", frozenset({"utf-16", "utf-16-le"})),
    (codecs.BOM_UTF16_BE, "utf-16", frozenset({"utf-16", "utf-16-be"})),
)
"""The mark a file begins with, the encoding it tells, and the encodings that agree with it."""

_PACKED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar")
_DAMAGED = (OSError, EOFError, ValueError, ImportError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
"""What opening, fetching and unpacking raise for what is not there, not so packed, or cut short."""

_BLOCK = 1 << 20
"""Bytes looked at in one go: they stay in the processor's cache."""


def refuse_encoding(encoding: str, who: str) -> None:
    """Raise if Python has no text encoding of that name."""
    try:
        known = codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        known = False
    if not known:
        raise ConfigurationError(
            f"{who} got encoding={encoding!r}, which is not a text encoding",
            'name one that Python knows, such as "utf-8", "utf-16", "latin-1" or "cp1252"',
        )


@dataclass(frozen=True)
class Content:
    """The text of one file as UTF-8: the file itself if it is local, plain and UTF-8, else bytes in memory."""

    file: str
    data: bytes | None = None
    _cut: tuple[tuple[int, int], ...] = ()

    def opened(self) -> io.BufferedReader | io.BytesIO:
        """Open the bytes for reading."""
        whole = open(self.file, "rb") if self.data is None else io.BytesIO(self.data)
        return io.BufferedReader(_Cut(whole, self._cut), _BLOCK) if self._cut else whole

    def cut(self, ranges: Iterable[tuple[int, int]]) -> Content:
        """Return the text without some ranges of bytes, in order, each with its begin and its end."""
        return Content(self.file, self.data, tuple(ranges))

    def part(self, begin: int, end: int, header: bytes) -> Content:
        """Return a header and the bytes of some rows."""
        with self.opened() as opened:
            opened.seek(begin)
            return Content(self.file, header + opened.read(end - begin))

    def for_pandas(self) -> Any:
        """Return what pandas reads fastest."""
        return self.file if self.data is None and not self._cut else self.opened()

    def separators(self, separator: str) -> int | None:
        """Count the separators; ``None`` where some may stand inside quotes."""
        count, block = 0, bytearray(_BLOCK)
        values = np.frombuffer(block, dtype=np.uint8)
        with self.opened() as opened:
            while read := opened.readinto(block):
                if block.find(b'"', 0, read) >= 0:
                    return None
                count += int(np.count_nonzero(values[:read] == ord(separator)))
        return count

    def has_stray_quote(self, separator: str) -> bool:
        """Whether a quote may be misplaced: one that opens stands behind no separator, one that closes before none."""
        with self.opened() as opened:
            values = np.frombuffer(opened.read(), dtype=np.uint8)
        return has_stray_quote(values, np.flatnonzero(values == ord('"')), separator)

    def is_text(self) -> bool:
        """Whether the bytes are UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.opened() as opened:
            try:
                while block := opened.read(_BLOCK):
                    if not block.isascii() or decoder.getstate()[0]:
                        decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    def records(self, separator: str, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """Yield each record with the line it begins on, as Python's own reader sees them; slow."""
        longest = csv.field_size_limit(sys.maxsize)
        try:
            with io.TextIOWrapper(self.opened(), encoding="utf-8-sig", errors="replace", newline="") as text:
                reader = csv.reader(text, delimiter=separator, strict=strict)
                line = 1
                for record in reader:
                    yield line, record
                    line = reader.line_num + 1
        finally:
            csv.field_size_limit(longest)


class _Cut(io.RawIOBase):
    """Bytes of which ranges are left out."""

    def __init__(self, whole: io.BufferedReader | io.BytesIO, ranges: Sequence[tuple[int, int]]) -> None:
        self._whole, self._ranges, self._at = whole, ranges, 0
        self._next = 0  # of the ranges

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes there were."""
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            begin, end = self._ranges[self._next] if self._next < len(self._ranges) else (sys.maxsize, 0)
            if self._at == begin:
                self._at = self._whole.seek(end)
                self._next += 1
                continue
            read = self._whole.readinto(view[filled : filled + begin - self._at])
            if not read:
                break
            filled, self._at = filled + read, self._at + read
        return filled

    def close(self) -> None:
        """Close what is read."""
        self._whole.close()
        super().close()


def is_blank(record: Sequence[str]) -> bool:
    """Whether a record is a line of nothing but spaces, which is not a row."""
    return not record or (len(record) == 1 and record[0].isspace())


def has_stray_quote(values: NDArray[np.uint8], quotes: NDArray[np.intp], separator: str) -> bool:
    """Whether one of the quotes at these places may be misplaced."""
    if len(quotes) % 2:
        return True
    beside = np.zeros(256, dtype=bool)
    beside[[ord(each) for each in (separator, "\n", "\r", '"')]] = True
    starts, closing = quotes[::2], quotes[1::2]
    starts, closing = starts[starts > 0], closing[closing < len(values) - 1]  # the ends of the text are ends
    return not (beside[values[starts - 1]].all() and beside[values[closing + 1]].all())


def content_of(file: str, encoding: str, who: str) -> Content:
    """Open, unpack and decode a file."""
    codec = codecs.lookup(encoding).name
    plain = not is_url(file) and not file.lower().endswith(_PACKED)
    if plain and codec in _UTF_8:
        with _reading(file, who) as handle:
            _refuse_mark(handle.read(4), file, encoding, who)
        return Content(file)
    with _reading(file, who) as handle:
        try:
            data = handle.read()
        except _DAMAGED as error:
            raise _damaged(file, who, error) from cleaned(error)
    _refuse_mark(data[:4], file, encoding, who)
    return Content(file, data if codec in _UTF_8 else _decoded(data, file, encoding, who))


def not_text(file: str, encoding: str, content: Content, who: str) -> DataError:
    """Return the error of a file that is not text in its encoding, with the line."""
    with content.opened() as opened:
        data = opened.read()
    try:
        _decoded(data, file, encoding, who)
    except DataError as error:
        return error
    return DataError(f"{who}: the file {file!r} is not {encoding} text", 'name its encoding, such as encoding="cp1252"')


def refuse_null_characters(content: Content, who: str) -> None:
    """Raise if a row holds a null character: pandas ends the value there, without a word."""
    before, block = 0, bytearray(_BLOCK)
    with content.opened() as opened:
        while read := opened.readinto(block):
            at = block.find(b"\0", 0, read)
            if at >= 0:
                opened.seek(0)
                line = opened.read(before + at).count(b"\n") + 1
                raise DataError(
                    f"{who}: line {line} of {content.file!r} holds a null character, so it is damaged or not text",
                    'remove the character, or name the encoding of the file, for example encoding="utf-16-le"',
                )
            before += read


class _reading:  # noqa: N801  reads as the function it stands for
    """Open a file or an address for bytes, unpacked by its ending."""

    def __init__(self, file: str, who: str) -> None:
        self._file, self._who = file, who

    def __enter__(self) -> Any:
        given = opening(self._file)
        try:
            self._handles = get_handle(
                given["filepath_or_buffer"],
                "rb",
                is_text=False,
                compression="infer",
                storage_options=given["storage_options"],
            )
        except _DAMAGED as error:
            raise _damaged(self._file, self._who, error) from cleaned(error)
        return self._handles.handle

    def __exit__(self, *_: object) -> None:
        self._handles.close()


def _damaged(file: str, who: str, error: BaseException) -> DataError:
    said = str(error) or type(error).__name__
    return DataError(
        f"{who} cannot read {file!r}: {said}",
        "check that the file is complete and compressed as its extension says"
        if file.lower().endswith(_PACKED)
        else "check that it can be opened and read",
    )


def _refuse_mark(start: bytes, file: str, encoding: str, who: str) -> None:
    if start == b"PAR1":
        raise DataError(f"{who}: the file {file!r} is Parquet, not text", f"read it with ReadParquet({file!r})")
    for mark, told, agree in _MARKS:
        if start.startswith(mark):
            if codecs.lookup(encoding).name not in agree:
                raise DataError(
                    f"{who}: the file {file!r} begins with the mark of {told} and is to be read as {encoding}",
                    f'give encoding="{told}"',
                )
            return


def _decoded(data: bytes, file: str, encoding: str, who: str) -> bytes:
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        before = data[: getattr(error, "start", 0)].decode(encoding, errors="ignore")
        line = before.count("\n")
        raise DataError(
            f"{who}: the file {file!r} is not {encoding} text (line {line + 1}: {getattr(error, 'reason', error)})",
            'name its encoding, for example encoding="latin-1" or "cp1252"',
        ) from error
