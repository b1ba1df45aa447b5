"""Events from files of JSON lines, which may still grow."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import time
import zlib
from collections import deque
from typing import IO, Any

import xxhash

from mlsys.data._paths import files_of
from mlsys.data.feeds.feed import Message, Places
from mlsys.errors import DataError

_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
JSON_ENDINGS = tuple(f".{kind}{packed}" for kind in ("jsonl", "ndjson", "json") for packed in ("", *_PACKED))
_BLOCK = 1 << 20
_TOLD_BY = 64
"""Bytes before a place that must be the same when reading goes on there."""
_LONGEST = 1 << 28
"""Bytes: a line without end is not held in memory."""
_PAUSE = 0.05
_BOM = b"\xef\xbb\xbf"
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, OSError)


class LinesFeed:
    """Reads files in sorted order, each from the place after the last line that was read.

    A line counts once it ends, or, where nothing follows, once it is a whole object.

    Parameters
    ----------
    path : str or sequence of str
        Files, patterns, folders.
    after : mapping
        For each file: bytes and lines read, and a digest of the last of these bytes.
    who : str
        For messages.
    """

    grows = True

    def __init__(self, path: Any, after: Places, who: str) -> None:
        self._path, self._who = path, who
        self._after: dict[str, list[Any]] = {file: list(place) for file, place in after.items()}
        self._open: _Tail | None = None
        self._waiting = deque(self._files())
        self._ended = False

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return the next lines of the first file that has some."""
        until = time.monotonic() + seconds
        while True:
            while self._waiting:
                found = self._lines(self._waiting[0], most)
                if found:
                    return found
                self._waiting.popleft()
            first, self._ended = not self._ended, True
            if first or time.monotonic() >= until:
                return []
            time.sleep(_PAUSE)
            self._waiting.extend(self._files())

    @property
    def at_end(self) -> bool:
        """Whether no file had another line."""
        return self._ended

    @property
    def unfinished(self) -> str:
        """Where the last file ends within an event; empty if it does not."""
        tail = self._open
        return f"line {tail.line + 1:,} of {tail.file!r}" if tail is not None and tail.unfinished else ""

    def settle(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()

    def _files(self) -> list[str]:
        """Return the files that may hold more than was read."""
        files = files_of(self._path, JSON_ENDINGS, self._who)
        return [file for file in files if file not in self._after or self._after[file][0] != os.path.getsize(file)]

    def _lines(self, file: str, most: int) -> list[Message]:
        if self._open is None or self._open.file != file:
            self.close()
            self._open = _Tail(file, self._after.get(file, [0, 0, _told_by(b"")]), self._who)
        found = self._open.lines(most)
        if found:
            self._after[file] = found[-1].place
        return found


class _Tail:
    """One file, from a place on."""

    def __init__(self, file: str, place: list[Any], who: str) -> None:
        self.file, self._who = file, who
        self._at, self.line = int(place[0]), int(place[1])
        self._before, self._told_by = b"", str(place[2])
        self._waiting: deque[bytes] = deque()
        self._shown = repr(file)
        self._left = b""
        self._stream = _opened(file)
        self._skip()

    def lines(self, most: int) -> list[Message]:
        """Return the next lines, the last one with the place after it; blank ones are no events."""
        found: list[Message] = []
        taken: list[bytes] = []
        while len(found) < most and (line := self._next()) is not None:
            taken.append(line)
            self._take(line, found)
        self._remember(taken)
        if found:
            found[-1] = found[-1]._replace(place=[self._at, self.line, _told_by(self._before)])
        return found

    @property
    def unfinished(self) -> bool:
        """Whether the file ends within an event."""
        return bool(self._left.strip())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _next(self) -> bytes | None:
        while not self._waiting:
            if not self._more():
                line, whole = self._left, _is_whole(self._left)
                self._left = b"" if whole else line
                return line if whole else None
        return self._waiting.popleft() + b"\n"

    def _take(self, line: bytes, found: list[Message]) -> None:
        self._at += len(line)
        self.line += 1
        body = (line.removeprefix(_BOM) if self._at == len(line) else line).strip()
        if body:
            found.append(Message(self.file, None, body, self._at, f"line {self.line:,} of {self._shown}"))

    def _remember(self, taken: list[bytes]) -> None:
        """Keep the last bytes of what was read."""
        before = b""
        while taken and len(before) < _TOLD_BY:
            before = taken.pop() + before
        self._before = (self._before + before)[-_TOLD_BY:]

    def _more(self) -> bool:
        if len(self._left) > _LONGEST:
            raise DataError(
                f"{self._who}: line {self.line + 1:,} of {self.file!r} has more than {_LONGEST:,} bytes",
                "give a file of JSON lines, one event a line",
            )
        block = self._read(_BLOCK)
        *lines, self._left = (self._left + block).split(b"\n")
        self._waiting.extend(lines)
        return bool(block)

    def _read(self, most: int) -> bytes:
        try:
            return self._stream.read(most)
        except _DAMAGED as error:
            raise DataError(
                f"{self._who} cannot read {self.file!r} after line {self.line:,}: {error}",
                "give a whole file; a compressed one cannot be read while it is written",
            ) from error

    def _skip(self) -> None:
        """Go to the place, where the bytes before it must be those that were read."""
        if not self._at:
            return
        try:
            self._stream.seek(max(self._at - _TOLD_BY, 0))
        except _DAMAGED:
            pass
        self._before = self._read(min(_TOLD_BY, self._at))
        if _told_by(self._before) != self._told_by:
            self.close()
            raise DataError(
                f"{self._who} read {self.line:,} lines of {self.file!r} before, and now it is another file: it was "
                "shortened or replaced",
                "give new files new names, or begin anew with another progress file",
            )


def _told_by(content: bytes) -> str:
    """Return what tells content from other content, without showing it."""
    return xxhash.xxh3_128_hexdigest(content)


def _opened(file: str) -> IO[bytes]:
    made = next((each for ending, each in _PACKED.items() if file.lower().endswith(ending)), open)
    opened: IO[bytes] = made(file, "rb")
    return opened


def _is_whole(line: bytes) -> bool:
    """Whether a line that nothing ends is complete all the same, rather than the beginning of an event."""
    try:
        return bool(line) and isinstance(json.loads(line.removeprefix(_BOM)), (dict, list))
    except (ValueError, RecursionError):
        return False
