"""Real processes: a script that logs a model and is gone, and ``mlflow models serve`` on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import mlsys

from ..forks import Forks

MLFLOW = str(Path(sys.executable).parent / "mlflow")


def _environment(store: Path) -> dict[str, str]:
    """Variables of a process that knows where MLflow is, and of this checkout the package that is tested alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "MLSYS", "PYTHON"))}
    return {
        **kept,
        "PYTHONPATH": str(Path(mlsys.__file__).parents[1]),  # an installed one may be another version
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # as in an activated environment
        "MLFLOW_TRACKING_URI": f"sqlite:///{store}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_NUM_THREADS": "1",
    }


def _run_script(forks: Forks, files: dict[str, str], store: Path, *, stdin: bool = False) -> dict[str, Any]:
    """Run ``main.py`` in a folder that is removed afterwards; return the JSON that its last line holds."""
    place = store / "scripts"
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(textwrap.dedent(text), encoding="utf-8")
    command, given = str(place / "main.py"), None
    if stdin:
        command, given = "-", (place / "main.py").read_text()
        (place / "main.py").unlink()
    done = forks.run([command], cwd=store, env=_environment(store), input=given)
    shutil.rmtree(place)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Server:
    """A served model."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, body: Any, kind: str = "application/json") -> tuple[int, Any]:
        """Post a request; return status and what the answer holds."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        sent = urllib.request.Request(f"{self.address}/invocations", data, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(sent, timeout=30) as answer:
                return answer.status, json.loads(answer.read())["predictions"]
        except urllib.error.HTTPError as error:
            with error:
                said = json.loads(error.read())
                return error.code, said["message"] + said.get("stack_trace", "")


@contextmanager
def _serving(model: str, store: Path) -> Iterator[Server]:
    """Serve a model from an empty folder."""
    place = store / "elsewhere"
    place.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [MLFLOW, "models", "serve", "-m", model, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    with open(store / "server.txt", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--workers", "1"],
            cwd=place,
            env=_environment(store),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, store / "server.txt")
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            if process.poll() is None:  # the session that was started above: the server and its worker
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def environment() -> Callable[[Path], dict[str, str]]:
    """Return variables of a process that knows a store, and of this checkout the package alone."""
    return _environment


@pytest.fixture(scope="session")
def run_script(forks: Forks) -> Callable[..., dict[str, Any]]:
    """Return a function that runs ``main.py`` in a folder that is gone afterwards."""
    return partial(_run_script, forks)


@pytest.fixture(scope="session")
def serving() -> Callable[[str, Path], AbstractContextManager[Server]]:
    """Return a context in which a model is served from an empty folder."""
    return _serving
