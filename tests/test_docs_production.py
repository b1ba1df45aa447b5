"""The page on production: every command runs in order against a real store, and ends as the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import mlsys
from mlsys.cli import _parser

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "examples" / "production"
PAGE = (ROOT / "docs" / "production.rst").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^   \$ (.+?)(?: +# status (\d))?$", PAGE, re.MULTILINE)
ELSEWHERE = ("docker", "curl")  # no container here: what its last line does is tested by itself
CRON = re.compile(r"^(?:\S+ ){5} *(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((RECIPE / "workflow.yml").read_text(encoding="utf-8"))
    return found


def lines_of(workflow: dict[str, Any]) -> list[str]:
    steps = workflow["jobs"]["loans"]["steps"]
    return [line for step in steps if "run" in step for line in step["run"].splitlines()]


def test_the_workflow_runs_what_the_page_runs(workflow: dict[str, Any]) -> None:
    shown = {command.partition("sh watch.sh")[1] or command for command, _ in COMMANDS}
    lines = lines_of(workflow)
    assert lines[0] == "pip install -r requirements.txt"
    assert set(lines[1:]) <= shown
    assert {"sh watch.sh", "python train.py", "mlsys promote loans challenger", "mlsys roll-back loans"} <= set(lines)
    actions = workflow[True]["workflow_dispatch"]["inputs"]["action"]["options"]  # YAML reads "on" as true
    assert actions == ["train", "promote", "roll-back"]
    conditions = [step["if"] for step in workflow["jobs"]["loans"]["steps"] if "if" in step]
    assert [f"inputs.action == '{action}'" in conditions for action in actions] == [True] * 3


def test_the_schedules_of_cron_and_of_the_workflow_are_the_same(workflow: dict[str, Any]) -> None:
    line = (RECIPE / "crontab").read_text(encoding="utf-8").splitlines()[-1]
    assert line.startswith(workflow[True]["schedule"][0]["cron"] + " ")
    assert "sh watch.sh" in line


def test_commands_of_mlsys_on_the_page_exist() -> None:
    script = (RECIPE / "watch.sh").read_text(encoding="utf-8")
    commands = [command for command, _ in COMMANDS] + re.findall(r"^mlsys .*$", script, re.MULTILINE)
    ours = [shlex.split(command)[1:] for command in commands if command.startswith("mlsys ")]
    assert {words[0] for words in ours} == {"plan", "check", "promote", "roll-back"}
    for words in ours:
        assert _parser().parse_args(words).command == words[0]


def test_files_of_the_recipe_stand_on_the_page() -> None:
    for path in RECIPE.iterdir():
        if path.is_file() and path.name != "requirements.txt":
            assert f"``{path.name}``" in PAGE, path.name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recipe and the events it reads."""
    place = tmp_path_factory.mktemp("recipe") / "examples"
    for name in ("loans", "production"):
        shutil.copytree(ROOT / "examples" / name, place / name, ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    return place


def environment(place: Path) -> dict[str, str]:
    """Return variables with ``mlsys``, ``python`` and ``mlflow`` of this environment first on the path."""
    bin = place / "bin"
    bin.mkdir(exist_ok=True)
    for name, module in {"python": "", "mlsys": " -m mlsys", "mlflow": " -m mlflow"}.items():
        (bin / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{module} "$@"\n')
        (bin / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in {"MLSYS_FOLDER", "TODAY"}}
    store = f"sqlite:///{place}/mlflow.db"
    return {**kept, "PATH": f"{bin}:{Path(sys.executable).parent}:{kept['PATH']}", "MLFLOW_TRACKING_URI": store}


def run(command: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", command]
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_the_commands_of_the_page_run_in_order_and_end_as_it_says(place: Path) -> None:
    variables, folder = environment(place), place.parent
    for command, status in COMMANDS:
        if command.startswith("cd "):
            folder = folder / command[3:]
            continue
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            variables[name] = value
            continue
        if command.startswith(ELSEWHERE):
            continue
        if "2025-12" in command:  # a hosted machine is new: only the store and the recipe are there
            shutil.rmtree(folder / ".mlsys")
        done = run(command, folder, variables)
        assert done.returncode == int(status or 0), f"{command}\n{done.stdout}\n{done.stderr}"
        if "2025-12" in command:
            assert "the gate refused the successor" in done.stdout
        if "2026-03" in command:
            assert "a challenger waits" in done.stdout
    _the_line_of_cron_says_the_status(folder, variables)
    _the_container_answers_as_the_model_does(folder, place.parent / "empty", variables)


def _the_line_of_cron_says_the_status(folder: Path, variables: dict[str, str]) -> None:
    command = (RECIPE / "crontab").read_text(encoding="utf-8").splitlines()[-1]
    told = CRON.sub(r"\1", command).replace("/srv/loans", str(folder)).replace(".venv/bin", "../bin")
    (folder / "feed.py").rename(folder / "gone.py")
    assert run(told, folder, variables).stdout.startswith("status 2\n")  # a feed that does not come
    (folder / "gone.py").rename(folder / "feed.py")


def _the_container_answers_as_the_model_does(folder: Path, empty: Path, variables: dict[str, str]) -> None:
    dockerfile = (RECIPE / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE) == ["model/requirements.txt .", "model model"]
    shutil.copytree(folder / "model", empty / "model")
    requirements = (empty / "model" / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in requirements), requirements
    week = pd.read_parquet(folder / "data" / "week.parquet").head(20)
    words = json.loads(dockerfile.splitlines()[-1].removeprefix("CMD "))
    variables = {name: value for name, value in variables.items() if name != "MLFLOW_TRACKING_URI"}
    with served(words, empty, variables) as address:
        body = {"dataframe_split": json.loads(week.drop(columns="applied_at").to_json(orient="split"))}
        said = json.loads(answer(f"{address}/invocations", body))["predictions"]
    wanted = mlsys.load(folder / "model" / "artifacts" / "mlsys_model").predict(week)
    assert [row["probability_True"] for row in said] == wanted["probability_True"].tolist()


@contextmanager
def served(words: list[str], folder: Path, variables: dict[str, str]) -> Iterator[str]:
    """Start the container's command in a folder, at a free port of this machine, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [{"8080": str(port), "0.0.0.0": "127.0.0.1"}.get(word, word) for word in words]
    words[0] = str(shutil.which(words[0], path=variables["PATH"]))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(words, cwd=folder, env=variables, start_new_session=True, **quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/ping", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert server.poll() is None, "the server has ended"
                time.sleep(0.5)
        yield address
    finally:
        if server.poll() is None:
            os.killpg(server.pid, 15)
            server.wait(30)


def answer(address: str, body: dict[str, Any]) -> bytes:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    said: bytes = urllib.request.urlopen(request, timeout=30).read()
    return said
