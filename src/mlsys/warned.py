"""Warnings of the code that a run calls: shown once, by the first call that counts; trying code out says nothing."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from mlsys.autologging import no_autologging

_watched: ContextVar[bool] = ContextVar("warnings are watched", default=False)


@contextmanager
def tried_out() -> Iterator[None]:
    """Call code to find out what it does: its warnings are for the call that counts, also where they are errors."""
    if _beside():
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def as_errors(category: type[Warning]) -> Iterator[None]:
    """Let warnings of one category be raised.

    Examples
    --------
    >>> with as_errors(UserWarning):
    ...     warnings.warn("odd")
    Traceback (most recent call last):
    UserWarning: odd
    """
    if _beside():
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", category)
        yield


@contextmanager
def once_a_run() -> Iterator[None]:
    """Let each warning through once: those of one line of code that differ in numbers alone are one.

    Python's own rule, once for each line, is undone by every library that changes filters for a moment. What others
    log of estimators by themselves is held off meanwhile.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as shown, once_a_run():
    ...     warnings.simplefilter("always")
    ...     for rows in (3, 4):
    ...         warnings.warn(f"{rows} rows are odd")
    >>> len(shown)
    1
    """
    with no_autologging(), _watching():
        yield


@contextmanager
def _watching() -> Iterator[None]:
    if _watched.get() or _beside():  # a run inside a run
        yield
        return
    shown, seen, going_on = warnings.showwarning, set[tuple[Any, ...]](), [True]

    def show(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
        key = (category, re.sub(r"\d+", "0", str(message)), filename, lineno)
        if not (going_on and key in seen):
            seen.add(key)
            shown(message, category, filename, lineno, file, line)

    token = _watched.set(True)
    warnings.showwarning = show
    try:
        yield
    finally:
        _watched.reset(token)
        going_on.clear()  # whoever holds on to it sees everything again
        if warnings.showwarning is show:
            warnings.showwarning = shown


def _beside() -> bool:
    """Whether this is not the main thread: filters are those of the whole process, and not ours to change there."""
    return threading.current_thread() is not threading.main_thread()
