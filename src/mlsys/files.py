"""Files: digests of their content, and whether they are still the same, told without reading them where possible."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import xxhash

from mlsys.errors import ConfigurationError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""A full disk, a full share of it, and a file larger than allowed."""
_BLOCK = 1 << 22
_CLOCK = 2.0
"""Seconds by which a file must be older than its stamp: file systems count time in steps of up to two seconds."""
_Stamp = tuple[str, int, int, int, int, int]


def file_digest(path: Path) -> str:
    """Return the digest of a file's bytes, or of all files in a folder by name.

    Raises
    ------
    OSError
        When it cannot be read.

    Examples
    --------
    >>> _ = Path("a.txt").write_text("a"), Path("b.txt").write_text("a")
    >>> file_digest(Path("a.txt")) == file_digest(Path("b.txt"))
    True
    """
    content = xxhash.xxh3_128()
    if path.is_dir():
        for inside in sorted(each for each in path.rglob("*") if each.is_file()):
            content.update(f"{inside.relative_to(path).as_posix()} {file_digest(inside)}\n".encode())
        return content.hexdigest()
    _add(content, path)
    return content.hexdigest()


class Watched:
    """Files by what the file system says of them; young ones by content as well, since its clock is coarse.

    Parameters
    ----------
    paths : iterable of str or Path
        Files, and folders with all that is in them.

    Raises
    ------
    OSError
        When one of them cannot be looked at.

    Examples
    --------
    >>> _ = Path("a.txt").write_text("a")
    >>> watched = Watched(["a.txt"])
    >>> watched.unchanged()
    True
    >>> _ = Path("a.txt").write_text("b")
    >>> watched.unchanged()
    False
    """

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self.paths = tuple(map(str, paths))
        self._stamps, self._young = _look(self.paths)
        self._content = _content(self._stamps) if self._young else b""

    def unchanged(self) -> bool:
        """Whether they are the files of then; a file that was replaced and put back is another one."""
        try:
            stamps, young = _look(self.paths)
            if stamps != self._stamps:
                return False
            if self._young:
                if _content(stamps) != self._content:
                    return False
                self._young = young
        except OSError:  # gone
            return False
        return True


def _look(paths: Iterable[str]) -> tuple[list[_Stamp], bool]:
    stamps, now, young = [], time.time(), False
    for file in _files(paths):
        told = os.stat(file)
        stamps.append((file, told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns))
        young = young or now - told.st_ctime < _CLOCK
    return stamps, young


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from sorted(str(each) for each in Path(path).rglob("*") if each.is_file())
        else:
            yield path


def _content(stamps: Iterable[_Stamp]) -> bytes:
    content = xxhash.xxh3_128()
    for file, *_ in stamps:
        _add(content, file)
        content.update(b"\0")
    return content.digest()


def _add(content: xxhash.xxh3_128, file: str | Path) -> None:
    with open(file, "rb") as opened:
        while block := opened.read(_BLOCK):
            content.update(block)


def refuse_no_place(path: Path) -> None:
    """Raise for a path that no file can be written to."""
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigurationError(f"nothing can be written to {str(path)!r}", "name a file in a folder that is there")
