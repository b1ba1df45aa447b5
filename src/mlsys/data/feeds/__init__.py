"""Feeds of events: an iterable, files of JSON lines, Redis streams, RabbitMQ queues, Kafka topics."""

from mlsys.data.feeds.feed import Feed, Message, Places
from mlsys.data.feeds.given import GivenFeed
from mlsys.data.feeds.lines import JSON_ENDINGS, LinesFeed

__all__ = ["JSON_ENDINGS", "Feed", "GivenFeed", "LinesFeed", "Message", "Places"]
