"""Feeds of events: an iterable, files of JSON lines, Redis streams, RabbitMQ queues, Kafka topics."""

from mlsys.data.feeds.clients import Server
from mlsys.data.feeds.feed import Feed, Message, Places
from mlsys.data.feeds.lines import JSON_ENDINGS
from mlsys.data.feeds.opening import SERVERS, feed_of, is_files, scheme_of

__all__ = ["JSON_ENDINGS", "SERVERS", "Feed", "Message", "Places", "Server", "feed_of", "is_files", "scheme_of"]
