"""Redis, RabbitMQ and Kafka: what they hand out, and servers that are absent or forgot."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest
from pydantic import SecretStr

from mlsys import ReadEvents
from mlsys.errors import ConfigurationError, DataError

PASSWORD = "0f-nobody-else"
TYPES = {"number": "int64", "at": "datetime64[us]"}


def event(number: int) -> dict[str, Any]:
    return {"number": number, "at": f"2024-05-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"}


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme, package, extra in [("redis", "redis", "redis"), ("amqp", "pika", "rabbitmq"),
                                   ("kafka", "confluent_kafka", "kafka")]:  # fmt: skip
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ConfigurationError, match=rf"mlsys\[{extra}\]"):
            next(ReadEvents(f"{scheme}://127.0.0.1:1", topic="t", id="x").batches())


@pytest.mark.parametrize(
    ("source", "given", "said"),
    [
        ("redis://host:6379", {}, "got no topic="),
        ("mqtt://host:1883", {"topic": "x"}, "cannot read mqtt://"),
        ("a.jsonl", {"topic": "x"}, "not a server"),
        ("a.jsonl", {"password": SecretStr(PASSWORD)}, "not a server"),
        ("redis://host:6379", {"topic": "x", "password": [PASSWORD]}, "a hidden value"),
    ],
)
def test_what_no_server_can_be_read_with_is_refused(source: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ReadEvents(source, **given)
    assert said in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_passwords_are_not_shown() -> None:
    step = ReadEvents(
        f"redis://me:{PASSWORD}@host:6379",
        topic="orders",
        options={"ssl_password": SecretStr(PASSWORD), "sasl.password": PASSWORD},
    )
    assert PASSWORD not in repr(step)
    assert PASSWORD not in repr(ReadEvents("redis://host:6379", topic="x", password=PASSWORD))  # type: ignore[arg-type]
    one, other = (step.with_(password=SecretStr(each)) for each in (PASSWORD, "another-one"))
    assert one.digest == other.digest


def test_a_pipeline_does_not_train_on_a_queue_that_forgets() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read again"):
        ReadEvents("amqp://127.0.0.1:1", topic="t", id="x").read()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["redis", "amqp", "kafka"])
def test_a_server_that_is_absent_is_told_within_ten_seconds(scheme: str, dead_port: int) -> None:
    pytest.importorskip({"redis": "redis", "amqp": "pika", "kafka": "confluent_kafka"}[scheme])
    begun = time.monotonic()
    with pytest.raises(DataError, match="cannot be reached within 10 s") as refused:
        next(ReadEvents(f"{scheme}://me:{PASSWORD}@127.0.0.1:{dead_port}", topic="t", id="x").batches())
    assert time.monotonic() - begun < 15
    assert PASSWORD not in str(refused.value)


@pytest.mark.long
def test_redis_entries_are_events(redis: tuple[str, Any]) -> None:
    address, client = redis
    client.xadd("mixed", {"event": json.dumps(event(1))})
    client.xadd("mixed", {name: str(value) for name, value in event(2).items()})
    client.xadd("mixed", {"event": '{"number": '})
    read = ReadEvents(
        address, "at", dtypes=TYPES, topic="mixed", password=SecretStr(PASSWORD), arrived="arrived", lost=0.5
    ).read()
    assert read["number"].tolist() == [1, 2]
    assert abs(time.time() - read["arrived"].iloc[0].timestamp()) < 60


@pytest.mark.long
def test_redis_streams_that_are_not_there_or_were_trimmed_are_told(redis: tuple[str, Any]) -> None:
    address, client = redis
    with pytest.raises(DataError, match="has no stream 'nothing'"):
        ReadEvents(address, topic="nothing", password=SecretStr(PASSWORD)).read()
    client.set("text", "x")
    with pytest.raises(DataError, match="holds a string"):
        ReadEvents(address, topic="text", password=SecretStr(PASSWORD)).read()
    with pytest.raises(DataError, match="cannot be reached|refused"):
        ReadEvents(address, topic="text", password=SecretStr("wrong-one")).read()
    for number in range(10):
        client.xadd("short", event(number))
    events = ReadEvents(address, topic="short", dtypes=TYPES, password=SecretStr(PASSWORD))
    next(events.batches("progress", size=4)).commit()
    client.xtrim("short", maxlen=6, approximate=False)
    next(events.batches("progress", size=2)).commit()
    client.xtrim("short", maxlen=1, approximate=False)
    with pytest.raises(DataError, match="3 entries were removed"):
        next(events.batches("progress"))


@pytest.mark.long
def test_rabbit_queues_that_are_not_there_and_events_without_ids_are_told(rabbit: tuple[str, Any]) -> None:
    address, connection = rabbit
    with pytest.raises(DataError, match="has no queue 'nothing'"):
        next(ReadEvents(address, topic="nothing", id="number").batches())
    channel = connection.channel()
    channel.queue_declare("plain")
    channel.basic_publish("", "plain", json.dumps(event(1)))
    with pytest.raises(DataError, match="without message_id"):
        next(ReadEvents(address, topic="plain").batches())
    (batch,) = ReadEvents(address, topic="plain", id="number").batches("progress")
    assert batch.rows["number"].tolist() == [1]
    assert not list(ReadEvents(address, topic="plain", id="number").batches("progress"))


@pytest.mark.long
def test_kafka_partitions_are_read_to_their_ends(kafka: tuple[str, Any]) -> None:
    address, producer = kafka
    for number in range(300):
        producer.produce("orders", json.dumps(event(number)), partition=number % 4)
    producer.flush()
    events = ReadEvents(address, "at", "1s", dtypes=TYPES, topic="orders", arrived="arrived")
    read = events.read()
    assert sorted(read["number"]) == list(range(300))
    assert read["arrived"].notna().all()
    seen = [each for batch in events.batches("progress", size=70) for each in batch.rows["number"]]
    assert sorted(seen) == list(range(300))
    producer.produce("orders", json.dumps(event(300)), partition=1)
    producer.flush()
    (batch,) = events.batches("progress")
    assert batch.rows["number"].tolist() == [300]
    with pytest.raises(DataError, match="has no topic 'nothing'"):
        ReadEvents(address, topic="nothing").read()


@pytest.mark.long
def test_offsets_that_a_kafka_topic_does_not_have_are_told(kafka: tuple[str, Any]) -> None:
    address, producer = kafka
    producer.produce("new", json.dumps(event(0)), partition=0)
    producer.flush()
    with pytest.raises(DataError, match="ends before offset 1, 8 is next"):
        next(ReadEvents(address, topic="new").batches(after={"places": {"new/0": 7}}))
