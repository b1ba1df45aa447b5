"""What some steps can do beyond their kind, as protocols that the runner asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from mlsys.tables import Table


@runtime_checkable
class OnDemand(Protocol):
    """A step that can be supplied, and says whether rows need it."""

    def needed_for(self, parts: Mapping[str, Table], features: Sequence[str]) -> str:
        """Return why the open parts need the step, in words that follow "because"; empty where they do not."""
        ...


@runtime_checkable
class StandsFor(Protocol):
    """A step that chooses other steps by looking at training rows."""

    def explicit(self, state: Any, /) -> Sequence[Any]:
        """Return the steps that it stands for, once it has learned."""
        ...

    def in_words(self, state: Any, /) -> str:
        """Return what it does to which columns, in one line."""
        ...

    def left_out(self, state: Any, /) -> Mapping[str, str]:
        """Return the features that it leaves out, each with the reason."""
        ...
