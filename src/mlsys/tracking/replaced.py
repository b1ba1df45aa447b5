"""Names inside MLflow that are ours for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def replaced(module: ModuleType, name: str, by: Any) -> Iterator[None]:
    """Have a name of a module replaced for the time of a block; one that a later version does not call does no harm."""
    before = getattr(module, name, None)
    setattr(module, name, by)
    try:
        yield
    finally:
        setattr(module, name, before)
