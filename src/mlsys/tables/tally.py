"""What rows hold that training rows did not, counted by column while they are changed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pandas as pd

UNSEEN, NEW_NULL, OTHER_TYPE = "unseen level", "new null", "other type"

Counted = Counter[tuple[str, str]]
_open: ContextVar[Counted | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[Counted]:
    """Collect what steps tell inside.

    Examples
    --------
    >>> with counting() as counted:
    ...     tell("carrier", UNSEEN, 3)
    >>> counted["carrier", UNSEEN]
    3
    """
    counted: Counted = Counter()
    token = _open.set(counted)
    try:
        yield counted
    finally:
        _open.reset(token)


def is_counting() -> bool:
    """Whether anybody collects."""
    return _open.get() is not None


def tell(column: str, what: str, rows: int) -> None:
    """Tell in how many rows a column holds what training rows did not; nothing where nobody collects.

    Several steps that read one column see the same rows: the most that one of them tells counts.
    """
    counted = _open.get()
    if counted is not None and rows:
        counted[column, what] = max(counted[column, what], rows)


class Tally:
    """Counts over requests, kept by a model; threads may add to it at the same time.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.add(Counter({("carrier", UNSEEN): 1}), 4)
    >>> tally.table()
        column          what  rows  share
    0  carrier  unseen level     1   0.25
    """

    def __init__(self) -> None:
        self._counted: Counted = Counter()
        self._rows = 0
        self._lock = threading.Lock()

    def add(self, counted: Counted, rows: int) -> None:
        """Add what was counted in some rows."""
        with self._lock:
            self._rows += rows
            if counted:
                self._counted.update(counted)

    def table(self) -> pd.DataFrame:
        """Return ``column``, ``what``, ``rows`` and their ``share`` of all rows, the most frequent first."""
        with self._lock:
            counted, rows = dict(self._counted), self._rows
        lines = [(column, what, count, count / rows) for (column, what), count in counted.items()]
        lines.sort(key=lambda line: (-line[2], line[0], line[1]))
        return pd.DataFrame(lines, columns=["column", "what", "rows", "share"])

    def __reduce__(self) -> Any:
        return Tally, ()  # a copy in another process counts for itself
