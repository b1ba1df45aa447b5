"""A value that is available, or read when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Held:
    """A value that is available, or read when needed.

    Parameters
    ----------
    value : object
        The value; not needed with ``load``.
    load : callable, optional
        Returns it.
    digest : str, optional
        Of the value; ``None`` where it has no content that can be compared.

    Examples
    --------
    >>> Held(load=lambda: 3).get()
    3
    """

    def __init__(self, value: Any = None, load: Callable[[], Any] | None = None, digest: str | None = None) -> None:
        self._value, self._load = value, load
        self.digest = digest

    def get(self) -> Any:
        """Return the value."""
        if self._load is not None:
            self._value, self._load = self._load(), None
        return self._value

    def __repr__(self) -> str:
        return "Held(not read yet)" if self._load is not None else f"Held({self._value!r})"
