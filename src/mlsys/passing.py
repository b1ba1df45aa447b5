"""Folders for a moment: removed by whoever made them, and by a later process where theirs was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlsys import folder
from mlsys.unfinished import remove

PARITY = "parity"
"""Where rows lie while a fresh process answers them."""
SENDING = "sending"
"""Where files lie while MLflow takes them."""
_LOCK = "lock"
_YOUNG = 3600.0
"""Seconds for which a folder without a lock may be one that is just being made."""
_ENOUGH = 1 << 30
"""Free bytes with which a disk is not looked at twice."""
_held: dict[Path, int] = {}
"""Locks of the folders of this process; given back when it ends, however it ends."""


def passing(kind: str) -> Path:
    """Return a new folder inside the library's own, which :func:`sweep` leaves alone while this process lives.

    Examples
    --------
    >>> place = passing("parity")
    >>> sweep("parity")
    >>> place.is_dir()
    True
    >>> removed(place)
    """
    for gone in [path for path in _held if not path.exists()]:
        os.close(_held.pop(gone))
    place = Path(tempfile.mkdtemp(dir=folder.made(kind)))
    made = place / f".{_LOCK}"
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    made.rename(place / _LOCK)  # seen by others from now on, and taken
    _held[place] = descriptor
    return place


@contextmanager
def passed(kind: str) -> Iterator[Path]:
    """Give a new folder for the time of a block; a temporary one where the library's own has no room."""
    try:
        sweep(kind)
        place = passing(kind) if _has_room(folder.made(kind)) else _temporary(kind)
    except OSError:
        place = _temporary(kind)
    try:
        yield place
    finally:
        removed(place)


def removed(place: Path) -> None:
    """Remove such a folder, its lock last: who is killed at it leaves one that :func:`sweep` still knows as left."""
    with suppress(OSError):
        for each in place.iterdir():
            if each.name != _LOCK:
                remove(each)
    remove(place)


def _has_room(place: Path) -> bool:
    """Whether a disk has room for what is not known yet: much, or more than the one for temporary files has."""
    free = shutil.disk_usage(place).free
    return free > _ENOUGH or free >= shutil.disk_usage(tempfile.gettempdir()).free


def _temporary(kind: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"mlsys-{kind}-"))


def sweep(kind: str) -> None:
    """Remove folders whose process has ended without removing them; nothing is waited for, nothing raised."""
    for place in (folder.home() / kind).glob("*/"):
        if not place.is_symlink() and _is_left(place):
            removed(place)


def _is_left(place: Path) -> bool:
    try:
        descriptor = os.open(place / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return place.exists() and time.time() - place.stat().st_mtime > _YOUNG
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:  # its process lives
        return False
    finally:
        os.close(descriptor)
