"""Hooks shared by steps that learn: preparing a state for serving, and storing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlsys.errors import ConfigurationError


class Learns:
    """Hooks of every step that learns; ``save`` and ``load`` are written together or not at all."""

    allow_pickle = ""
    """A reason for pickling the state; a field of steps that leave it to their users."""

    def prepare(self, state: Any, /) -> Any:
        """Return the state in the form that the step uses when it serves single rows."""
        return state

    def save(self, state: Any, folder: Path, /) -> None:
        """Write what ``learn`` returned into an empty folder, in files of any form; ``load`` reads them."""
        raise TypeError("a step whose state is not plain data writes save(state, folder) and load(folder)")

    def load(self, folder: Path, /) -> Any:
        """Return the state that ``save`` wrote."""
        raise TypeError("a step whose state is not plain data writes save(state, folder) and load(folder)")


def check_both(cls: type[Any], where: str) -> None:
    """Raise for a step class that writes one of ``save`` and ``load`` without the other."""
    written = [name for name in ("save", "load") if writes(cls, name)]
    if len(written) == 1:
        other = {"save": "load(folder)", "load": "save(state, folder)"}[written[0]]
        raise ConfigurationError(
            f"{where} writes {written[0]}() without {other.partition('(')[0]}()",
            f"write {other} too: one must read what the other writes",
        )


def writes(cls: type[Any], hook: str) -> bool:
    """Whether a step class writes the hook ``save`` or ``load``."""
    found = getattr(cls, hook, None)
    return issubclass(cls, Learns) and callable(found) and found is not getattr(Learns, hook)
