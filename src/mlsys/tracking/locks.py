"""Locks between processes: waiting is limited, and the holder is named."""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlsys import folder
from mlsys.errors import TrackingError
from mlsys.unfinished import remove

HELD_FOR = 8.0
"""Seconds to wait for another process: creating MLflow's tables takes 2 to 5; a run may lose 10 without a store."""
REMEMBERED = 60.0
"""Seconds during which a lock that could not be obtained is tried only once, without waiting."""
_LOOK_AGAIN = 0.05
_LOCKS = Path("/proc/locks")
_in_vain: dict[Path, float] = {}

logger = logging.getLogger("mlsys")


class StillHeld(TrackingError):
    """Another process or thread did not release a lock; no store was contacted meanwhile."""


@contextmanager
def held(path: Path, what: str, seconds: float = HELD_FOR) -> Iterator[None]:
    """Lock a file during a block; a killed process releases its lock.

    Parameters
    ----------
    path : Path
        The file, created if missing, in a folder that only its owner can write to.
    what : str
        What one process does at a time; begins the sentence of the error.
    seconds : float
        How long to wait.

    Raises
    ------
    StillHeld
        If another process or thread still holds it after this many seconds; the error names it and since when.
    OSError
        If the file cannot be created.

    Notes
    -----
    On a file system without locks there is none, and nothing waits.
    """
    with _holding(_opened(path), path, what, seconds):
        yield


@contextmanager
def held_at_home(kind: str, name: str, what: str, seconds: float = HELD_FOR) -> Iterator[None]:
    """Hold a lock in the mlsys folder; none if it cannot be created, as on a read-only disk.

    Parameters
    ----------
    kind : str
        Folder in the library's own.
    name : str
        Of the lock.
    what, seconds
        As for :func:`held`.

    Raises
    ------
    StillHeld
        As for :func:`held`.
    """
    try:
        path = folder.made(kind) / name
        lock = _opened(path)
    except OSError as error:
        logger.debug("a lock cannot be created: %s", error)
        yield
        return
    with _holding(lock, path, what, seconds):
        yield


def _opened(path: Path) -> int:
    """Open a lock, created anew if something else is in its place: a lock contains nothing that could be lost."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags, 0o600)
    except OSError:
        if not os.path.lexists(path):
            raise
        if stat.S_ISREG(path.lstat().st_mode):  # that of a process which may have it: it stays the same file
            path.chmod(0o600)
        else:
            remove(path)
        return os.open(path, flags, 0o600)


@contextmanager
def _holding(lock: int, path: Path, what: str, seconds: float) -> Iterator[None]:
    try:
        _take(lock, path, what, seconds)
        _sign(lock)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing alone would leave it to a process that was forked meanwhile
    finally:
        os.close(lock)


class OneThread:
    """One thread of this process at a time; the same thread may enter again.

    A process that is forked while another thread is inside starts with nobody inside, because it lacks that thread.

    Examples
    --------
    >>> inside = OneThread("MLflow cannot be asked")
    >>> with inside.held(), inside.held():
    ...     pass
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.RLock()
        self._inside, self._depth, self._since = 0, 0, 0.0
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        if self._inside != threading.get_ident():
            self._lock, self._depth = threading.RLock(), 0

    @contextmanager
    def held(self, seconds: float = HELD_FOR) -> Iterator[None]:
        """Exclude other threads during a block.

        Raises
        ------
        StillHeld
            If another thread is still inside after this many seconds.
        """
        if not self._lock.acquire(timeout=seconds):
            raise _still_held(f"{self._what}: {_told(os.getpid(), self._since)}, and did not end within {seconds:g} s")
        try:
            if not self._depth:
                self._inside, self._since = threading.get_ident(), time.time()
            self._depth += 1
            yield
        finally:
            self._depth -= 1
            self._inside = self._inside if self._depth else 0
            self._lock.release()


def _still_held(problem: str) -> StillHeld:
    return StillHeld(problem, "wait for it, or end it if it hangs; then mlsys.sync()")


def _take(lock: int, path: Path, what: str, seconds: float) -> None:
    recent = time.monotonic() - _in_vain.get(path, float("-inf")) < REMEMBERED
    until = time.monotonic() + (0.0 if recent else seconds)
    while not _taken(lock):
        if time.monotonic() >= until:
            if not recent:
                _in_vain[path] = time.monotonic()
            raise _still_held(f"{what}: {_holder(lock)}, and did not release {path} within {seconds:g} s")
        time.sleep(_LOOK_AGAIN)
    _in_vain.pop(path, None)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a file system without locks
        logger.debug("locking is not possible: %s", error)
    return True


def _sign(lock: int) -> None:
    """Write the holder into the file; its modification time shows since when."""
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:  # a full disk
        logger.debug("a lock cannot be signed: %s", error)


def _holder(lock: int) -> str:
    """Return who holds a lock and since when, as far as that is known."""
    told = os.fstat(lock)
    return _told(_told_by_the_system(told) or _signed(lock), told.st_mtime)


def _told(process: int, since: float) -> str:
    who = f"process {process}" if process else "another process"
    if process == os.getpid():
        who = f"a thread of this process ({process})"
    return f"{who} has been busy since {time.strftime('%H:%M:%S', time.localtime(since))}"


def _told_by_the_system(told: os.stat_result) -> int:
    """Return the process that holds a lock on a file according to Linux, 0 if unknown."""
    place = f"{os.major(told.st_dev):02x}:{os.minor(told.st_dev):02x}:{told.st_ino}"
    try:
        lines = [line.split() for line in _LOCKS.read_text(encoding="ascii").splitlines()]
        return next((int(line[4]) for line in lines if line[1] == "FLOCK" and line[5] == place), 0)
    except (OSError, ValueError, IndexError):
        return 0


def _signed(lock: int) -> int:
    try:
        process = int(os.pread(lock, 20, 0))
        os.kill(process, 0)  # asks only whether it is there
        return process
    except (OSError, ValueError):
        return 0
