"""What a step does without a pipeline: functions that stand above the steps, and that the package root provides.

Nothing is imported before it is called, so that ``import mlsys`` stays light.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Find = Callable[[str], Callable[..., Any]]
_provided: list[Find] = []


def provide(find: Find) -> None:
    """Say how the functions are found by name."""
    _provided[:] = [find]


def detached(name: str, /, *given: Any, **named: Any) -> Any:
    """Call the function of that name: ``fit``, ``select``, ``labels``, ``split``, ``resample``, ``report``, ..."""
    return _provided[0](name)(*given, **named)
