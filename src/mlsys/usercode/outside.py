"""Notice what user code reads from outside while a step runs: files, addresses, databases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from mlsys.usercode.installed import is_installed, lies_among_packages

_CODE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth", ".egg-link")
_OF_THE_SYSTEM = ("/dev/", "/proc/", "/sys/", "/etc/", "/usr/share/", "/usr/lib/")
_IMPORTING = frozenset({"importlib._bootstrap", "importlib._bootstrap_external", "linecache", "tokenize"})
_WORKERS = frozenset({"joblib", "loky", "multiprocessing", "concurrent"})
_DEEPEST = 100
"""Frames between a call of the user's and the file it opens."""


@dataclass(eq=False)
class Outside:
    """What steps were seen to read from outside.

    Attributes
    ----------
    read : dict of str to list of str
        By step, in words: files, addresses, databases.
    """

    read: dict[str, list[str]] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _step: str = ""

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Notice what one step reads; threads of its own count as long as nobody else is watched."""
        _install()
        before, self._step = self._step, step
        token = _watched.set(self)
        _all.append(self)
        try:
            yield
        finally:
            _all.remove(self)
            _watched.reset(token)
            self._step = before

    def _note(self, said: str) -> None:
        told = self.read.setdefault(self._step, [])
        if said not in told:
            told.append(said)

    def _take(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event if code of the user's brought it about."""
        if event == "open":
            path = _path_of(arguments[0])
            if path is None or _is_no_data(path):
                return
            if _writes(*arguments[1:]):
                self._written.add(path)
            elif path not in self._written and not os.path.isdir(path) and _is_the_user_s(sys._getframe(2)):
                self._note(f"the file {_short(path)}")
        elif _is_the_user_s(sys._getframe(2)):
            self._note(_EVENTS[event].format(_target_of(event, arguments)))


_EVENTS: Mapping[str, str] = {
    "open": "the file {}",
    "socket.connect": "the address {}",
    "urllib.Request": "the address {}",
    "sqlite3.connect": "the database {}",
    "subprocess.Popen": "what the program {} writes",
}
_watched: ContextVar[Outside | None] = ContextVar("mlsys_outside", default=None)
_all: list[Outside] = []
_installed = False
_installing = Lock()


def _install() -> None:
    """Install an audit hook, permanently: it cannot be removed, so it checks whether anybody observes."""
    global _installed  # noqa: PLW0603
    with _installing:
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _all or event not in _EVENTS:
        return
    watcher = _watched.get() or (_all[0] if len(_all) == 1 else None)  # a thread begins without our context
    if watcher is None:
        return
    _all.remove(watcher)  # what the look itself opens is nobody's
    try:
        watcher._take(event, arguments)
    except Exception:  # whatever a look brings about must not stop what was looked at
        return
    finally:
        _all.append(watcher)


def _path_of(given: Any) -> str | None:
    """Return the path of a file; nothing for a number of the system's."""
    try:
        return os.path.abspath(os.fsdecode(given)) if isinstance(given, (str, bytes, os.PathLike)) else None
    except (ValueError, TypeError):
        return None


def _is_no_data(path: str) -> bool:
    return path.endswith(_CODE) or path.startswith(_OF_THE_SYSTEM) or lies_among_packages(path)


def _writes(mode: Any = None, flags: Any = 0) -> bool:
    """Whether a file was opened to be written, not read."""
    if isinstance(mode, str):
        return "r" not in mode and "+" not in mode
    return isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) == os.O_WRONLY


def _is_the_user_s(frame: FrameType | None) -> bool:
    """Whether code of the user's asked for it, before code of this library did; imports and workers are nobody's."""
    for _ in range(_DEEPEST):
        if frame is None:
            return False
        module = str(frame.f_globals.get("__name__", ""))
        top = module.partition(".")[0]
        if top == "mlsys" or top in _WORKERS or module in _IMPORTING:
            return False
        if not is_installed(module) and not frame.f_code.co_filename.startswith("<frozen"):
            return True
        frame = frame.f_back
    return False


def _target_of(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "socket.connect":
        address = arguments[1]
        return ":".join(map(str, address[:2])) if isinstance(address, tuple) else _short(str(address))
    if event == "urllib.Request":
        return str(urlsplit(str(arguments[0])).hostname)  # the rest may hold a secret
    return _short(os.fsdecode(arguments[0])) if isinstance(arguments[0], (str, bytes)) else str(arguments[0])


def _short(path: str) -> str:
    """Return a path from the working directory where it lies in it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
