"""Events from a Redis stream, read without a group: the reader keeps its own place."""

from __future__ import annotations

import json
from typing import Any

from mlsys.data.feeds.clients import PATIENCE, Server, client
from mlsys.data.feeds.feed import Message, Places

_SEQUENCE = 64
"""Bits of the second half of an id."""


class RedisFeed:
    """Reads the entries of a stream in order of their ids.

    An entry of one field that holds JSON is that event; else its fields are, as texts.

    Parameters
    ----------
    server : Server
        Address and stream.
    after : mapping
        For the stream the id of the last entry read, and how many were added up to it.
    """

    grows = True

    def __init__(self, server: Server, after: Places) -> None:
        self._server = server
        self._redis: Any = client("redis", "redis", server.who)
        self._client = self._redis.Redis.from_url(
            server.address,
            username=server.user or None,
            password=server.password or None,
            socket_connect_timeout=PATIENCE,
            socket_timeout=PATIENCE,
            **server.options,
        )
        try:
            self._begin(after.get(server.topic))
        except BaseException:
            self.close()
            raise

    def _begin(self, place: Any) -> None:
        found = self._asked(self._client.type, self._server.topic)
        if found == b"none":
            raise self._server.unknown("stream", [])
        if found != b"stream":
            raise self._server.refused(f"holds a {found.decode()} under {self._server.topic!r}", "name a stream")
        said = self._asked(self._client.xinfo_stream, self._server.topic)
        first, last = (said[name][0] if said[name] else b"0-0" for name in ("first-entry", "last-entry"))
        removed = int(said.get("entries-added", said["length"])) - int(said["length"])
        self._last, self._added = ("0-0", removed) if place is None else (str(place[0]), int(place[1]))
        if _number(first) > _number(self._last) and removed > self._added:
            raise self._server.gone(f"{removed - self._added:,} entries were removed")
        self._end = _number(last)

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return the next entries."""
        topic = self._server.topic
        block = max(1, int(min(seconds, PATIENCE / 2) * 1000))
        got = self._asked(self._client.xread, {topic: self._last}, count=most, block=block)
        entries = [each for _, each in (got.items() if isinstance(got, dict) else got or ())]
        while entries and entries[0] and isinstance(entries[0][0], list):  # RESP3 has one more list around them
            entries = entries[0]
        return [self._message(*entry) for entry in (entries[0] if entries else ())]

    @property
    def at_end(self) -> bool:
        """Whether the entry that was the last one when the stream was opened has been read."""
        return _number(self._last) >= self._end

    @property
    def unfinished(self) -> str:
        """Return nothing: events come as a whole."""
        return ""

    def settle(self) -> None:
        """Do nothing: the reader keeps its own place."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _message(self, own: bytes, fields: dict[bytes, bytes]) -> Message:
        self._last = own.decode()
        self._added += 1
        values = list(fields.values())
        whole = len(values) == 1 and _is_object(values[0])
        body: Any = values[0] if whole else {_text(name): _text(value) for name, value in fields.items()}
        topic = self._server.topic
        return Message(
            topic,
            [self._last, self._added],
            body,
            _number(own),
            f"entry {self._last} of {topic!r}",
            int(self._last.partition("-")[0]) * 1000,
            flat=not whole,
        )

    def _asked(self, command: Any, *given: Any, **named: Any) -> Any:
        try:
            return command(*given, **named)
        except (self._redis.ConnectionError, self._redis.TimeoutError, OSError) as error:
            raise self._server.absent(error) from error
        except self._redis.RedisError as error:
            raise self._server.refused(f"refused to read {self._server.topic!r}: {error}", "correct topic=") from error


def _number(own: bytes | str) -> int:
    """Return an id as a number.

    Examples
    --------
    >>> _number(b"0-5"), _number("1-0") > _number("0-99")
    (5, True)
    """
    milliseconds, _, sequence = (own.decode() if isinstance(own, bytes) else own).partition("-")
    return (int(milliseconds) << _SEQUENCE) + int(sequence or 0)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _is_object(value: bytes) -> bool:
    try:
        return value.lstrip()[:1] == b"{" and isinstance(json.loads(value), dict)
    except (ValueError, RecursionError):
        return value.lstrip()[:1] == b"{"  # set aside as broken JSON
