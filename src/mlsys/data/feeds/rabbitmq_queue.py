"""Events from a RabbitMQ queue, which forgets an event once it is told that the event is dealt with."""

from __future__ import annotations

import time
from typing import Any

from mlsys.data.feeds.clients import PATIENCE, Server, client
from mlsys.data.feeds.feed import Message, Places

_PREFETCHED = 20_000
"""Events that the server may hand out before it hears of the first; twice what is read together."""
_SLICE = 0.1
"""Seconds: what came by then is handed out."""
_HEARTBEAT = 600
"""Seconds for which the body of a loop may keep the connection silent."""


class RabbitFeed:
    """Reads a queue; an event is acknowledged once its batch is done.

    A process that is killed between the two gets the events of that batch again, so that each needs an id.

    Parameters
    ----------
    server : Server
        Address and queue.
    after : mapping
        For the queue, how many events were read.
    has_id : bool
        Whether a field of events identifies them; otherwise they need a ``message_id``.
    """

    grows = True

    def __init__(self, server: Server, after: Places, has_id: bool) -> None:
        self._server, self._has_id = server, has_id
        self._pika: Any = client("pika", "rabbitmq", server.who)
        self._read = int(after.get(server.topic, 0))
        self._waiting = 0
        self._tag = self._acknowledged = 0
        self._connection = self._connected()
        try:
            self._channel = self._connection.channel()
            self._channel.basic_qos(prefetch_count=_PREFETCHED)
            self._waiting = int(self._declared().method.message_count)
        except BaseException:
            self.close()
            raise

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return the next events of the queue."""
        found: list[Message] = []
        until = time.monotonic() + seconds
        try:
            for method, properties, body in self._channel.consume(self._server.topic, inactivity_timeout=_SLICE):
                if method is not None:
                    found.append(self._message(method, properties, body))
                if len(found) == most or (method is None and (found or time.monotonic() >= until)):
                    break
            if not found:  # others may have taken what waited
                self._waiting = int(self._declared().method.message_count)
        except self._pika.exceptions.AMQPError as error:
            raise self._server.absent(error) from error
        return found

    @property
    def at_end(self) -> bool:
        """Whether as many events were read as waited when the queue was opened."""
        return self._waiting <= 0

    @property
    def unfinished(self) -> str:
        """Return nothing: events come as a whole."""
        return ""

    def settle(self) -> None:
        """Acknowledge what was read, and wait until the server has heard it."""
        if self._tag > self._acknowledged:
            try:
                self._channel.basic_ack(self._tag, multiple=True)
                self._declared()  # answered after what was sent before
            except self._pika.exceptions.AMQPError as error:
                raise self._server.absent(error) from error
            self._acknowledged = self._tag

    def close(self) -> None:
        """Close the connection; what was not acknowledged goes back to the queue."""
        try:
            if self._connection.is_open:
                self._connection.close()
        except self._pika.exceptions.AMQPError:
            pass

    def _message(self, method: Any, properties: Any, body: bytes) -> Message:
        topic = self._server.topic
        own = properties.message_id
        if not (self._has_id or own):
            raise self._server.refused(
                f"handed out an event of {topic!r} without message_id, so that one that comes again cannot be told",
                "publish events with a message_id, or name the field that identifies them with id=",
            )
        self._tag = method.delivery_tag
        self._read += 1
        self._waiting -= 1
        sent = properties.timestamp
        arrived = None if sent is None else int(sent) * 1_000_000
        return Message(topic, self._read, body, self._read, f"event {self._read:,} of {topic!r}", arrived, own)

    def _connected(self) -> Any:
        pika, server = self._pika, self._server
        given = pika.URLParameters(server.address)
        given.socket_timeout = given.stack_timeout = given.blocked_connection_timeout = PATIENCE
        given.connection_attempts, given.heartbeat = 1, _HEARTBEAT
        if server.user:
            given.credentials = pika.PlainCredentials(server.user, server.password)
        for name, value in server.options.items():
            setattr(given, name, value)
        try:
            return pika.BlockingConnection(given)
        except (pika.exceptions.AMQPError, OSError) as error:
            raise server.absent(error.__cause__ or error) from error

    def _declared(self) -> Any:
        exceptions = self._pika.exceptions
        try:
            return self._channel.queue_declare(self._server.topic, passive=True)
        except exceptions.ChannelClosedByBroker as error:
            if error.reply_code == 404:
                raise self._server.unknown("queue", []) from error
            raise self._server.refused(f"refused the queue: {error.reply_text}", "correct topic= or user=") from error
