"""Readers that are killed at random moments leave each event once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 10
EVENTS = 5_000


def event(number: int) -> str:
    at = f"2024-05-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    return json.dumps({"number": number, "at": at})


READER = """
import sys, json, os, time, random
from pydantic import SecretStr
from mlsys import ReadEvents
source, topic, password = sys.argv[1:4]
where = dict(topic=topic) if topic else {}
if password: where["password"] = SecretStr(password)
events = ReadEvents(source, "at", "1min", id="number", dtypes={"number": "int64", "at": "datetime64[us]"}, **where)
print("begun", flush=True)
for batch in events.batches("progress.json", follow=True, size=random.randint(20, 200), wait="0.05s"):
    time.sleep(random.random() / 50)
    making = f"out/{batch.name}.part"
    with open(making, "w") as opened:
        json.dump(batch.rows["number"].tolist(), opened)
    os.replace(making, f"out/{batch.name}.json")
"""


def kill_and_start_again(folder: Path, arguments: list[str], wanted: int, kills: int, seed: int) -> None:
    """Read with processes that are killed at random moments, until all events are there."""
    draw = random.Random(seed)
    (folder / "out").mkdir()
    (folder / "reader.py").write_text(READER)
    killed, until = 0, time.monotonic() + 180
    while time.monotonic() < until:
        process = subprocess.Popen(
            [sys.executable, "reader.py", *arguments], cwd=folder, stdout=subprocess.PIPE, env=os.environ
        )
        assert process.stdout is not None
        process.stdout.readline()
        moment = time.monotonic() + (draw.random() * 0.8 if killed < kills else 60)
        while time.monotonic() < moment and process.poll() is None:
            time.sleep(0.01)
            if killed >= kills and len(read_out(folder)) >= wanted:
                break
        assert process.poll() is None, "the reader ended by itself"
        process.kill()
        process.wait()
        process.stdout.close()
        killed += 1
        if killed > kills:
            break


def read_out(folder: Path) -> list[int]:
    return [each for file in sorted((folder / "out").glob("*.json")) for each in json.loads(file.read_text())]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["lines", "redis", "rabbit", "kafka"])
def test_each_event_is_written_once_whenever_the_reader_is_killed(
    kind: str, own_folder: Path, password: str, request: pytest.FixtureRequest
) -> None:
    numbers = range(EVENTS)
    if kind == "lines":
        with open("events.jsonl", "w") as opened:
            opened.writelines(event(number) + "\n" for number in numbers)
        arguments = ["events.jsonl", "", ""]
    elif kind == "redis":
        address, client = request.getfixturevalue("redis")
        with client.pipeline(transaction=False) as pipe:
            for number in numbers:
                pipe.xadd("killed", {"event": event(number)})
            pipe.execute()
        arguments = [address, "killed", password]
    elif kind == "rabbit":
        address, connection = request.getfixturevalue("rabbit")
        channel = connection.channel()
        channel.queue_declare("killed")
        for number in numbers:
            channel.basic_publish("", "killed", event(number))
        arguments = [address, "killed", ""]
    else:
        address, producer = request.getfixturevalue("kafka")
        for number in numbers:
            producer.produce("killed", event(number), partition=number % 4)
            producer.poll(0)
        producer.flush()
        arguments = [address, "killed", ""]
    kill_and_start_again(own_folder, arguments, EVENTS, KILLS, seed=len(kind))
    assert sorted(read_out(own_folder)) == list(numbers)
