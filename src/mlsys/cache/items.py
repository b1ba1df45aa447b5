"""What lies in the cache folder: plain files and folders of ours; what is odd is removed; looking never raises."""

from __future__ import annotations

import functools
import logging
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger("mlsys")

KINDS = ("columns", "states", "entries", "latest")


@dataclass(frozen=True)
class Item:
    """One file or folder.

    Parameters
    ----------
    path : Path
        Where it is.
    kind : str
        Of :data:`KINDS`.
    used : float
        When it was last used, in seconds since the epoch.
    size : int
        Its bytes.
    """

    path: Path
    kind: str
    used: float
    size: int


def items(top: Path) -> list[Item]:
    """Return what a cache folder holds; what other programs left beside it is no part of it."""
    return [
        Item(path, kind, *_used(path)) for kind in KINDS for shard in _inside(top / kind) for path in _inside(shard)
    ]


def _inside(folder: Path) -> Iterator[Path]:
    try:
        yield from list(folder.iterdir())
    except OSError:  # a file of another program, or gone
        return


def _used(path: Path) -> tuple[float, int]:
    try:
        told = path.lstat()
        files = [each.lstat() for each in path.iterdir()] if stat.S_ISDIR(told.st_mode) else [told]
        return told.st_mtime, sum(each.st_size for each in files)
    except OSError:  # another run removed it
        return 0.0, 0


def is_file(path: Path) -> bool:
    """Say whether a plain file is there; anything else in its place is removed and told of.

    A named pipe would be waited for, a link may lead anywhere, a folder cannot be written over.
    """
    return _is(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Say whether a folder of plain files is there; anything else in its place is removed and told of."""
    if not _is(path, stat.S_ISDIR):
        return False
    found = [_mode(each) for each in _inside(path)]
    if None in found:  # another run replaces it meanwhile: a miss, and no damage
        return False
    if all(stat.S_ISREG(mode) for mode in found if mode is not None):
        return True
    damaged(path)
    return False


def room_for_folder(path: Path) -> None:
    """Remove what stands where a folder of ours has to be."""
    if os.path.lexists(path) and not path.is_dir():
        damaged(path)


def _is(path: Path, wanted: Callable[[int], bool]) -> bool:
    if _mode_is(path, wanted):
        return True
    if os.path.lexists(path):
        damaged(path)
    return False


def _mode_is(path: Path, wanted: Callable[[int], bool]) -> bool:
    mode = _mode(path)
    return mode is not None and wanted(mode)


def _mode(path: Path) -> int | None:
    """Return what kind of thing is there, ``None`` where nothing is, or is no longer."""
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def damaged(path: Path) -> None:
    """Remove what is not what its name says; tell of the first of its kind, of each for those who ask for details."""
    _tell_once(path.parent.parent)
    logger.debug("cache: %s was incomplete, or does not match its name", path)
    remove(path)


@functools.cache
def _tell_once(folder: Path) -> None:
    logger.warning(
        "cache: an entry in %s was incomplete or did not match its name; it is removed and its step runs again", folder
    )


def remove(path: Path) -> None:
    """Remove a file or folder, as far as that can be done."""
    try:
        if _mode_is(path, stat.S_ISDIR):
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        logger.debug("cache: %s cannot be removed: %s", path, error)


def touch(path: Path) -> None:
    """Note that an item was used."""
    try:
        os.utime(path)
    except OSError:
        return
