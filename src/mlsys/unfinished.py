"""Files and folders that are whole or not there: written beside their place under another name, then renamed."""

from __future__ import annotations

import ctypes
import glob
import hashlib
import itertools
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_END = ".unfinished"
_LONGEST = 40
"""Characters of the name that are kept: a file system has room for 255 bytes, whatever the alphabet."""
_OLD = 86_400.0
"""Seconds after which nobody writes any more; processes of other machines cannot be asked."""
_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux: renameat2(2)."""
_number = itertools.count()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name to write a file or folder under; it gets its own name when the block has ended well.

    Whoever looks finds what was there before, or the new one. A process that is killed leaves the other name only,
    which the next one that writes the same, and :func:`sweep`, remove.

    Raises
    ------
    OSError
        When it cannot get its name: a folder that is not empty stands there, for example.

    Examples
    --------
    >>> with whole(Path("a.txt")) as making:
    ...     _ = making.write_text("a")
    >>> Path("a.txt").read_text()
    'a'
    """
    with beside(path) as making:
        yield making
        making.replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name to write a folder under; it takes the place of the one that is there when the block has ended well.

    Linux exchanges the two in one step. Elsewhere the old one is moved away first, so that for a moment there is none;
    it comes back if the new one cannot take its place.

    Examples
    --------
    >>> for text in ("old", "new"):
    ...     with replacing(Path("folder")) as making:
    ...         making.mkdir()
    ...         _ = (making / "a.txt").write_text(text)
    >>> Path("folder/a.txt").read_text()
    'new'
    """
    with beside(path) as making:
        yield making
        if not path.exists():
            making.replace(path)
        elif not _exchanged(making, path):
            with beside(path) as old:
                path.replace(old)
                try:
                    making.replace(path)
                except OSError:
                    old.replace(path)
                    raise


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step, where the system can."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a name beside a file or folder to write under; what bears it at the end is removed.

    Examples
    --------
    >>> with beside(Path("a.txt")) as making:
    ...     _ = making.write_text("a")
    >>> making.exists()
    False
    """
    start = f".{path.name[:_LONGEST]}"
    _remove_left(path.parent.glob(f"{glob.escape(start)}.*{_END}*"))
    making = path.with_name(f"{start}.{_host()}.{os.getpid()}.{next(_number)}{_END}")
    try:
        yield making
    finally:
        remove(making)


def sweep(folder: Path) -> None:
    """Remove what processes that have ended were writing anywhere in a folder; nothing is raised."""
    with suppress(OSError):
        _remove_left(folder.rglob(f".*{_END}*"))


def remove(path: Path) -> None:
    """Remove a file or a folder, as far as that can be done; a link is not followed."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _remove_left(found: Iterator[Path]) -> None:
    for path in list(found):
        if not _is_written(path):
            remove(path)


def _is_written(path: Path) -> bool:
    """Whether a process may still be writing what bears its number."""
    try:
        host, process = path.name.rpartition(_END)[0].rsplit(".", 3)[1:3]
        if host != _host():
            return time.time() - path.lstat().st_mtime < _OLD
        os.kill(int(process), 0)  # asks only whether it is there
    except (ProcessLookupError, FileNotFoundError):
        return False
    except (ValueError, OSError):  # no name of ours, or another user's process
        return True
    return True


@cache
def _host() -> str:
    """Return a short name for this machine or container, whose processes can be asked."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
