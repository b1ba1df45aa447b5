"""Warnings of the code that a run calls: shown once, by the first call that counts; trying code out says nothing."""

from __future__ import annotations

import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from mlsys.autologging import no_autologging

_watched: ContextVar[bool] = ContextVar("warnings are watched", default=False)
_hushed: ContextVar[bool] = ContextVar("warnings are held back", default=False)


class _WhereHushed:
    """A filter's pattern that fits every module, in the threads alone that hold warnings back.

    Filters belong to the whole process, and whoever changes them for a moment puts the old ones back, also under
    another thread: a filter that fits by thread does no harm where it is left, and can stand before it is needed.
    """

    @property
    def pattern(self) -> str:
        """What fits now, as text: scikit-learn hands the filters of a thread on to its workers by it."""
        return "" if _hushed.get() else "(?!)"

    def match(self, module: str) -> bool:
        return _hushed.get()


_BY_THREAD: Any = ("ignore", None, Warning, _WhereHushed(), 0)
_standing = Counter[str]()
_at_the_count = threading.Lock()


@contextmanager
def hushed() -> Iterator[None]:
    """Hold warnings back, also where they are errors: of code that is only tried out, of what no user can mend."""
    with ready_to_hush():
        token = _hushed.set(True)
        try:
            with nullcontext() if _beside() else warnings.catch_warnings():
                if not _beside():
                    warnings.simplefilter("ignore")  # for threads that the code starts as well
                yield
        finally:
            _hushed.reset(token)


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
    with no_autologging(), ready_to_hush(), _watching():
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


@contextmanager
def ready_to_hush() -> Iterator[None]:
    """Have the filter that fits by thread come first, from before a run until it is written.

    A library that changes filters for a moment puts back the list that it found: the filter is lost, in every thread,
    unless that list already had it.
    """
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    with _at_the_count:
        _standing["runs"] += 1
        if not (filters and filters[0] is _BY_THREAD):
            filters.insert(0, _BY_THREAD)
    try:
        yield
    finally:
        with _at_the_count:
            _standing["runs"] -= 1
            filters = warnings.filters  # type: ignore[assignment]
            if not _standing["runs"]:
                filters[:] = [each for each in filters if each is not _BY_THREAD]


def _beside() -> bool:
    """Whether this is not the main thread: filters are those of the whole process, and not ours to change there."""
    return threading.current_thread() is not threading.main_thread()
