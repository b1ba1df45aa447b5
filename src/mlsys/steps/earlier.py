"""Models that were trained earlier, by reference: a step that builds on one has what it learned in its key."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from mlsys.detached import detached
from mlsys.states import digest


def as_reference(given: Any) -> Any:
    """Return a folder as the text of its whole path, which a served model keeps; anything else as it is."""
    return str(given.expanduser().resolve()) if isinstance(given, Path) else given


def earlier_model(reference: str | Path) -> Any:
    """Return a model by its reference, read once: ``models:/name@alias``, a run id, or a folder."""
    return _read(str(reference))


def earlier_digest(reference: str | Path) -> str:
    """Return the digest of what a model has learned, as it is now: an alias may have moved, a folder changed."""
    _read.cache_clear()
    steps = earlier_model(reference).steps
    return digest([(name, fitted.held.digest or digest(fitted.state)) for name, fitted in steps])


@functools.lru_cache(maxsize=4)
def _read(reference: str) -> Any:
    return detached("load", reference)
