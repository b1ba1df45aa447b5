"""Rounds of a fit: a model that is improved step by step tells a listener what it would predict so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

import pandas as pd

Says: TypeAlias = Callable[[pd.DataFrame], pd.DataFrame]
"""Rows in, prediction columns out."""
Listener: TypeAlias = Callable[[int, Says], None]
"""Called with the number of rounds so far, and what the model says by them; may raise :class:`Ended`."""

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
_FIRST = 10


class Ended(BaseException):
    """Raised by a listener to end a fit; no error, so that nothing explains or catches it on the way."""


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let models that are fitted inside tell a listener of their rounds.

    Examples
    --------
    >>> with listening(lambda rounds, says: None):
    ...     listener_of_rounds() is None
    False
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def listener_of_rounds() -> Listener | None:
    """Return who listens, if anyone does."""
    return _LISTENER.get()


def told_after(rounds: int) -> bool:
    """Whether a listener is told after so many rounds: 10, 20, 40, 80, ..., the same for fits of any length.

    Examples
    --------
    >>> [each for each in range(200) if told_after(each)]
    [10, 20, 40, 80, 160]
    """
    times, rest = divmod(rounds, _FIRST)
    return rest == 0 and times > 0 and times & (times - 1) == 0
