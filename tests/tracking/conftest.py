"""Real stores: databases, a server on loopback that can be killed, and a gate before it that fails as asked."""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

import mlsys.tracking.reach
from mlsys.tracking.store import store


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address at which nothing listens."""
    address = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    return address


@pytest.fixture
def forgotten() -> Iterator[Callable[[], None]]:
    """Lets time pass since an address was silent."""
    yield mlsys.tracking.reach._silent.clear
    mlsys.tracking.reach._silent.clear()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing in them; making one takes seconds, copying it none."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    with store(uri=f"sqlite:///{path}"):
        return path


@pytest.fixture
def address(tmp_path: Path, empty_database: Path) -> str:
    """A database of the test's own."""
    (tmp_path / "store").mkdir()
    shutil.copy(empty_database, tmp_path / "store" / "back.db")
    return f"sqlite:///{tmp_path}/store/back.db"


class Server:
    """A real ``mlflow server`` on loopback, which can be killed and started again at its address."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.store = store or f"sqlite:///{folder}/server.db"
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [
            str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--backend-store-uri", self.store,
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]  # fmt: skip
        environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
        with open(self.folder / "log.txt", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        _wait_until_healthy(f"{self.address}/health", self.process, self.folder / "log.txt")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)  # the session that was started above: the server and its worker
            self.process.wait(timeout=20)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def server(own_server: Server) -> str:
    return own_server.address


@pytest.fixture
def server_on(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    """Starts servers that keep their runs in a given store."""
    started: list[Server] = []

    def start(address: str) -> Server:
        started.append(Server(tmp_path, address))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture(scope="module")
def unused_port() -> int:
    return free_port()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


class Gate(ThreadingHTTPServer):
    """Stands before a server and does with each request what ``rule`` says of its number.

    ``"pass"``; ``"refuse"``: hang up; ``"lose"``: let the server do it, then hang up; ``"error"``: 500;
    ``"silence"``: no answer until the test ends; a number: wait so many seconds, then pass.
    """

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        self.rule: Callable[[int], str | float] = lambda number: "pass"
        self.requests: list[str] = []
        self.over = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that gave up


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gate

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(f"{self.command} {self.path.partition('?')[0]}")
        rule = self.server.rule(len(self.server.requests))
        if rule == "silence":
            self.server.over.wait()
        elif isinstance(rule, float) and self.server.over.wait(rule):
            rule = "refuse"
        if rule in {"refuse", "silence"}:
            self.close_connection = True
        elif rule == "error":
            self.send_error(500)
        else:
            self._forward(body, reply=rule != "lose")

    def _forward(self, body: bytes, reply: bool) -> None:
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in {"host", "connection"}}
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if not reply:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *given: Any) -> None:
        pass


@pytest.fixture
def gate_before() -> Iterator[Callable[[str], Gate]]:
    """Makes gates before servers."""
    made: list[Gate] = []

    def make(behind: str) -> Gate:
        made.append(Gate(behind))
        return made[-1]

    yield make
    for gate in made:
        gate.close()


@pytest.fixture
def odd() -> ModuleType:
    """The tests of odd values, whose record and check other stores are held to as well."""
    path = Path(__file__).parent / "test_odd_values.py"
    spec = importlib.util.spec_from_file_location("odd_values", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def check_complete() -> Callable[..., Any]:
    """Asserts that a run is in a store once, with everything in it once."""
    return _check_complete


def _check_complete(address: str, mlsys_id: str, *, spans: int | None = None) -> Any:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    experiments = [each.experiment_id for each in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.`mlsys.run_id` = '{mlsys_id}'")
    assert len(found) == 1, f"{len(found)} runs"
    run, experiment = found[0], found[0].info.experiment_id
    assert run.info.status == "FINISHED"
    assert {"seed", "role.target"} <= set(run.data.params)
    assert "mlflow.note.content" in run.data.tags and "mlsys.journal" not in run.data.tags
    for name in ("roc_auc", "validation/roc_auc"):
        assert len(client.get_metric_history(run.info.run_id, name)) == 1
    assert sorted(tag.value for each in run.inputs.dataset_inputs for tag in each.tags) == [
        "test", "training", "validation",
    ]  # fmt: skip
    names = {each.path for each in client.list_artifacts(run.info.run_id)}
    assert {"manifest.json", "report.html", "pipeline.json", "evaluate.parquet", "environment.txt"} <= names
    assert len(run.outputs.model_outputs) == 1
    models = client.search_logged_models([experiment])
    mine = [each for each in models if each.tags.get("mlsys.run_id") == mlsys_id]
    assert [str(each.status) for each in mine] == ["READY"]
    assert mine[0].model_id == run.outputs.model_outputs[0].model_id
    traces = client.search_traces(locations=[experiment], run_id=run.info.run_id)
    assert len(traces) == 1
    assert spans is None or len(traces[0].data.spans) == spans
    return run
