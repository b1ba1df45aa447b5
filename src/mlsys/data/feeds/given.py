"""Events from an iterable: those of a list, or of what a function returns each time it is called."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from mlsys.data.feeds.feed import Message, Places
from mlsys.errors import DataError

_NAME = "events"


class GivenFeed:
    """Counts the events of an iterable, which yields the same ones again after a restart.

    Parameters
    ----------
    source : iterable or callable
        Mappings, or JSON as text or bytes.
    after : mapping
        How many were read.
    who : str
        For messages.
    """

    grows = False

    def __init__(self, source: Iterable[Any] | Callable[[], Iterable[Any]], after: Places, who: str) -> None:
        self._who = who
        self._read = int(after.get(_NAME, 0))
        made = source() if callable(source) else source
        if not isinstance(made, Iterable) or isinstance(made, (str, bytes, Mapping, pd.DataFrame)):
            raise DataError(
                f"{who}: the function returned {type(made).__name__}, not events",
                "return or yield one dict an event, such as table.to_dict('records')",
            )
        self._events: Iterator[Any] = iter(made)
        skipped = sum(1 for _ in itertools.islice(self._events, self._read))
        if skipped < self._read:
            raise DataError(
                f"{who} read {self._read:,} events before, and now there are only {skipped:,}",
                "give the same events in the same order, or begin anew with another progress file",
            )
        self._ended = False

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return the next events; an iterable is not waited for."""
        found = []
        for body in itertools.islice(self._events, most):
            self._read += 1
            found.append(Message(_NAME, self._read, body, self._read, f"event {self._read - 1:,}"))
        self._ended = len(found) < most
        return found

    @property
    def at_end(self) -> bool:
        """Whether the iterable has ended."""
        return self._ended

    @property
    def unfinished(self) -> str:
        """Return nothing: events come as a whole."""
        return ""

    def settle(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Close a generator."""
        close = getattr(self._events, "close", None)
        if close is not None:
            close()
