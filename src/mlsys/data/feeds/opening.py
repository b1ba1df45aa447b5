"""Which feed reads a source."""

from __future__ import annotations

from typing import Any

from mlsys.data.feeds.clients import Server
from mlsys.data.feeds.feed import Feed, Places
from mlsys.data.feeds.given import GivenFeed
from mlsys.data.feeds.kafka_topic import KafkaFeed
from mlsys.data.feeds.lines import LinesFeed
from mlsys.data.feeds.rabbitmq_queue import RabbitFeed
from mlsys.data.feeds.redis_stream import RedisFeed

SERVERS = ("redis", "rediss", "amqp", "amqps", "kafka")
"""Beginnings of addresses."""


def scheme_of(source: Any) -> str:
    """Return how the address of a server begins; empty for anything else.

    Examples
    --------
    >>> scheme_of("kafka://one:9092,two:9092"), scheme_of("events.jsonl")
    ('kafka', '')
    """
    return source.partition("://")[0].lower() if isinstance(source, str) and "://" in source else ""


def is_files(source: Any) -> bool:
    """Whether a source names files: a path, a pattern, a folder, or a list of these.

    Examples
    --------
    >>> is_files("events.jsonl"), is_files(["a.jsonl", "b.jsonl"]), is_files(['{"x": 1}']), is_files([{"x": 1}])
    (True, True, False, False)
    """
    if isinstance(source, str):
        return not scheme_of(source)
    several = isinstance(source, (list, tuple)) and len(source) > 0
    return several and all(isinstance(each, str) and not each.lstrip().startswith("{") for each in source)


def feed_of(source: Any, server: Server | None, after: Places, has_id: bool, who: str) -> Feed:
    """Return an open feed that goes on after given places."""
    if server is None:
        return LinesFeed(source, after, who) if is_files(source) else GivenFeed(source, after, who)
    if scheme_of(source) == "kafka":
        return KafkaFeed(server, after)
    return RedisFeed(server, after) if scheme_of(source).startswith("redis") else RabbitFeed(server, after, has_id)
