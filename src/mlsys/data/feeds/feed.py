"""What every feed of events does: hand out messages after given places, and say when what was there has been read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

Places = Mapping[str, Any]
"""For each partition of a feed the place of the last event that was read, as plain data."""


class Message(NamedTuple):
    """One event as it arrives.

    Parameters
    ----------
    partition : str
        Within which order is kept: a file, a topic and its partition.
    place : object
        Plain data after which reading goes on; needed of the last message that ``poll`` returns alone.
    body : bytes, str or mapping
        JSON, or what it says.
    number : int
        The place as a number that grows within the partition; two messages with one number are one event.
    where : str
        For messages to the user: the line, the offset, the id.
    arrived : int, optional
        When the feed took it in, in microseconds since 1970.
    id : str, optional
        What the producer calls it.
    flat : bool
        Whether the values are texts because the feed knows nothing else.
    """

    partition: str
    place: Any
    body: bytes | str | Mapping[str, Any]
    number: int
    where: str
    arrived: int | None = None
    id: str | None = None
    flat: bool = False


class Feed(Protocol):
    """An open source of events."""

    grows: bool
    """Whether more events may come once all that were there have been handed out."""

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return up to ``most`` messages, none if nothing comes within ``seconds``."""
        ...

    @property
    def at_end(self) -> bool:
        """Whether everything that was there when the feed was opened has been handed out."""
        ...

    @property
    def unfinished(self) -> str:
        """Where an event begins that is not there as a whole; empty if there is none."""
        ...

    def settle(self) -> None:
        """Tell the server that what was handed out is dealt with, where it wants to know."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
