"""Real servers on loopback, each in a folder of its own, and stopped by its own id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PASSWORD = "0f-nobody-else"


@pytest.fixture(scope="session")
def password() -> str:
    return _PASSWORD


@pytest.fixture
def dead_port() -> int:
    """A port that nobody listens at."""
    return free_port()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path, answers: Callable[[], Any], **environment: str) -> Iterator[None]:
    """Run a command until the block ends; the block begins when ``answers`` raises nothing."""
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment})
    try:
        until = time.monotonic() + 60
        while True:
            try:
                answers()
                break
            except Exception:
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail((folder / "server.log").read_text(errors="replace")[-2_000:])
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Give the address of a Redis with a password, and a client."""
    package, folder = pytest.importorskip("redis"), tmp_path_factory.mktemp("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("needs: apt-get install redis-server")
    port = free_port()
    client = package.Redis(port=port, password=_PASSWORD)
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--requirepass", _PASSWORD, "--save", ""]
    with running(command, folder, client.ping):
        yield f"redis://127.0.0.1:{port}/0", client
    client.close()


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Give the address of a RabbitMQ, and a connection."""
    pika, folder = pytest.importorskip("pika"), tmp_path_factory.mktemp("rabbit")
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if not program.exists() or shutil.which("epmd") is None:
        pytest.skip("needs: apt-get install rabbitmq-server")
    port, names = free_port(), free_port()
    (folder / "plugins").write_text("[].")
    (folder / "rabbit.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{port}\n")
    own = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": f"mlsys{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbit.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
    }
    address = f"amqp://127.0.0.1:{port}/%2F"
    opened: list[Any] = []

    def answers() -> None:
        opened.append(pika.BlockingConnection(pika.URLParameters(address)))

    epmd = folder / "epmd"
    epmd.mkdir()
    with (
        running(["epmd", "-port", str(names)], epmd, lambda: socket.create_connection(("127.0.0.1", names)).close()),
        running([str(program)], folder, answers, **own),
    ):
        yield address, opened[0]
        if opened[0].is_open:
            opened[0].close()


@pytest.fixture(scope="session")
def kafka() -> Iterator[tuple[str, Any]]:
    """Give the address of librdkafka's own test cluster, and a producer; it lives as long as the producer.

    It speaks Kafka's protocol and keeps what is produced in memory; it is no Kafka broker.
    """
    kafka = pytest.importorskip("confluent_kafka")
    producer = kafka.Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    yield f"kafka://{broker.host}:{broker.port}", producer
    producer.flush()
