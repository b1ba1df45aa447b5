"""The two forms of a history: one looks at the past of each row, the other keeps a state of each key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mlsys.errors import ConfigurationError

_PAIR = {"absorb": "absorb(state, rows)", "features": "features(rows, state)"}


class Absorbs:
    """Hooks of a history that keeps a state of each key; written together, in place of ``apply``."""

    def absorb(self, state: Any, rows: pd.DataFrame, /) -> Any:
        """Return the state of a key once ``rows`` of it are known too; ``None`` is the state before the first."""
        raise TypeError("a History writes apply(frame, past), or absorb(state, rows) and features(rows, state)")

    def features(self, rows: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the columns that are added to rows of a key; ``state`` is what was known before they are decided."""
        raise TypeError("a History writes apply(frame, past), or absorb(state, rows) and features(rows, state)")


def absorbs(step: Absorbs | type[Any]) -> bool:
    """Whether a history, or its class, keeps a state of each key."""
    return _writes(step if isinstance(step, type) else type(step), "absorb")


def check_forms(cls: type[Any], where: str) -> None:
    """Raise for a history that writes half a form, or both."""
    if not issubclass(cls, Absorbs):
        return
    written = [hook for hook in _PAIR if _writes(cls, hook)]
    if len(written) == 1:
        other = next(hook for hook in _PAIR if hook not in written)
        raise ConfigurationError(
            f"{where} writes {written[0]}() without {other}()",
            f"write {_PAIR[other]} too: features() makes columns from what absorb() kept",
        )
    if written and any("apply" in vars(base) and "required_hooks" not in vars(base) for base in _below(cls)):
        raise ConfigurationError(
            f"{where} writes apply() beside absorb() and features()",
            "write apply(frame, past), or absorb(state, rows) and features(rows, state): either is a complete history",
        )


def _below(cls: type[Any]) -> Iterator[type[Any]]:
    """Yield the class and its parents down to the bare kind."""
    for base in cls.__mro__:
        if "required_hooks" in vars(base):
            return
        yield base


def _writes(cls: type[Any], hook: str) -> bool:
    return getattr(cls, hook, None) is not getattr(Absorbs, hook)
