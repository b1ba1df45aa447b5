"""Events from a Kafka topic, all partitions, read without a group: the reader keeps its own offsets."""

from __future__ import annotations

import logging
import time
from typing import Any

from mlsys.data.feeds.clients import PATIENCE, Server, client
from mlsys.data.feeds.feed import Message, Places

logger = logging.getLogger("mlsys.kafka")

_SLICE = 0.1
"""Seconds: the client hands out what it has when this time is over, or when there is enough."""


class KafkaFeed:
    """Reads all partitions of a topic, each in order of its offsets.

    Parameters
    ----------
    server : Server
        Brokers and topic; ``options`` are those of librdkafka.
    after : mapping
        For each partition the offset of the last event read.
    """

    grows = True

    def __init__(self, server: Server, after: Places) -> None:
        self._server = server
        self._kafka: Any = client("confluent_kafka", "kafka", server.who)
        login = {"sasl.username": server.user, "sasl.password": server.password} if server.user else {}
        self._consumer = self._made(
            {
                "bootstrap.servers": server.address.partition("://")[2].rstrip("/"),
                "group.id": "mlsys",  # asked for by the client; nothing is committed to it
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "allow.auto.create.topics": False,
                "socket.connection.setup.timeout.ms": PATIENCE * 1000,
                **login,
                **server.options,
            }
        )
        try:
            self._ends = {each: self._begin(each, after) for each in self._partitions()}
            starts = [self._kafka.TopicPartition(server.topic, each, start) for each, (start, _) in self._ends.items()]
            self._left = {each for each, (start, end) in self._ends.items() if start < end}
            self._consumer.assign(starts)
            self._heard = time.monotonic()
        except BaseException:
            self.close()
            raise

    def poll(self, most: int, seconds: float) -> list[Message]:
        """Return the next events, as they come from the partitions."""
        until = time.monotonic() + seconds
        while True:
            got = self._consumer.consume(most, timeout=_SLICE)
            found = [made for each in got if (made := self._message(each)) is not None]
            self._heard = time.monotonic() if got or self.at_end else self._heard
            if time.monotonic() - self._heard > PATIENCE:
                raise self._server.refused(
                    f"has handed out nothing of {self._server.topic!r} for {PATIENCE} s, though there is more",
                    "see whether its brokers are up",
                )
            if found or time.monotonic() >= until or (got and self.at_end):
                return found

    @property
    def at_end(self) -> bool:
        """Whether all partitions were read up to where they ended when they were opened."""
        return not self._left

    @property
    def unfinished(self) -> str:
        """Return nothing: events come as a whole."""
        return ""

    def settle(self) -> None:
        """Do nothing: the reader keeps its own offsets."""

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _made(self, options: dict[str, Any]) -> Any:
        try:
            return self._kafka.Consumer(options, logger=logger)
        except (self._kafka.KafkaException, ValueError, TypeError) as error:
            said = error.args[0] if error.args else error
            raise self._server.refused(f"cannot be read with these options: {said}", "correct options=") from error

    def _partitions(self) -> list[int]:
        try:
            told = self._consumer.list_topics(self._server.topic, timeout=PATIENCE).topics[self._server.topic]
            if told.error is None:
                return sorted(told.partitions)
            known = self._consumer.list_topics(timeout=PATIENCE).topics
        except self._kafka.KafkaException as error:
            raise self._server.absent(error) from error
        raise self._server.unknown("topic", [name for name in known if name != self._server.topic])

    def _begin(self, partition: int, after: Places) -> tuple[int, int]:
        """Return the offset to begin with, and the one at which the partition ends now."""
        topic = self._server.topic
        try:
            low, high = self._consumer.get_watermark_offsets(
                self._kafka.TopicPartition(topic, partition), timeout=PATIENCE
            )
        except self._kafka.KafkaException as error:
            raise self._server.absent(error) from error
        last = after.get(f"{topic}/{partition}")
        start = low if last is None else int(last) + 1
        if start < low:
            raise self._server.gone(f"partition {partition} begins at offset {low:,}, {start:,} is next")
        if start > high:
            raise self._server.gone(f"partition {partition} ends before offset {high:,}, {start:,} is next")
        return start, high

    def _message(self, got: Any) -> Message | None:
        partition, error = got.partition(), got.error()
        if error is not None:
            if error.code() == self._kafka.KafkaError._PARTITION_EOF:
                self._left.discard(partition)
                return None
            raise self._server.refused(f"stopped reading {self._server.topic!r}: {error.str()}", "see the server's log")
        offset = got.offset()
        if offset + 1 >= self._ends[partition][1]:
            self._left.discard(partition)
        kind, sent = got.timestamp()
        topic = self._server.topic
        return Message(
            f"{topic}/{partition}",
            offset,
            got.value() or b"",
            offset,
            f"offset {offset:,} of partition {partition} of {topic!r}",
            None if kind == self._kafka.TIMESTAMP_NOT_AVAILABLE else int(sent) * 1000,
        )
