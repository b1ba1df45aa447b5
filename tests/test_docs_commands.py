"""Every command that the pages name can be typed: it exists with its options, and something runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline

ROOT = Path(__file__).parent.parent
PROGRAMS = ("mlsys", "make", "python", "python3", "pip", "pytest", "mlflow", "docker", "curl", "git", "twine", "ruff")


@dataclass(frozen=True, order=True)
class Command:
    """The words of a command, and the page that shows it."""

    words: tuple[str, ...]
    page: str

    def __str__(self) -> str:
        return " ".join(self.words)


def pages() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").glob("*.rst"))
    yield from sorted((ROOT / "docs" / "benchmarks").glob("*.rst"))


def shown(text: str) -> Iterator[str]:
    """Yield lines of blocks that begin with a prompt, with their continuation, and texts set as code."""
    joined = re.sub(r"\\\n\s*(?:>\s)?", "", text)
    yield from re.findall(r"^\s*\$ (.+)$", joined, re.MULTILINE)
    fenced = re.sub(r"^```.*?^```", "", joined, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"(?<!`)``?([^`\n]+(?:\n[^`\n]+)?)``?(?!`)", fenced)


def commands() -> list[Command]:
    found = set()
    for page in pages():
        if page.name == "CHANGELOG.md":  # commands of their time
            continue
        for text in shown(page.read_text(encoding="utf-8")):
            for each in re.split(r"\s&&\s|;\s", text.partition(" # ")[0]):
                try:
                    words = shlex.split(each)
                except ValueError:  # code that quotes
                    continue
                while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                    words = words[1:]
                if len(words) > 1 and Path(words[0]).name in PROGRAMS and "=" != words[1]:
                    found.add(Command((Path(words[0]).name, *words[1:]), page.relative_to(ROOT).as_posix()))
    return sorted(found)


COMMANDS = commands()
RUN_BY = {
    "mlsys show": ("tests/test_cli.py", 'said("show"'),
    "mlsys report": ("tests/test_cli.py", 'said("report"'),
    "mlsys reproduce": ("tests/test_cli.py", 'said("reproduce"'),
    "mlsys predict": ("tests/test_cli.py", 'said("predict"'),
    "mlsys check": ("tests/run/test_monitor_of_a_run.py", 'said("check"'),
    "mlsys plan": ("tests/test_cli.py", 'said("plan"'),
    "mlsys sync": ("tests/tracking/test_sync.py", 'main(["sync"'),
    "mlsys cache": ("tests/test_cli.py", 'said("cache"'),
    "mlsys promote": ("tests/test_cli.py", 'said("promote"'),
    "mlsys roll-back": ("tests/test_cli.py", 'said("roll-back"'),
    "make demo": (".ci/run", "make demo"),
    "make docs": (".ci/run", "make docs"),
    "make lint": (".ci/run", ".venv/bin/ruff check ."),
    "make test": (".ci/run", "make test"),
    "make test-all": ("docs/benchmarks/test_all.rst", "``make test-all``"),
    "make test-lowest": (".github/workflows/tests.yml", "run: make test-lowest"),
    "make benchmarks": ("tests/test_benchmarks_listed.py", "runner.main([])"),
    "pip install": ("tests/test_release.py", '"-m", "pip", "install"'),
    "mlflow models serve": ("tests/serving/conftest.py", '"models", "serve"'),
    "mlflow ui": ("tests/test_docs_commands.py", '"mlflow"), "ui"'),
    "curl": ("tests/serving/test_http.py", "dataframe_records"),
    "python -m hatchling build": ("tests/test_release.py", '"hatchling", "build"'),
    "python -m twine check": ("tests/test_release.py", '"twine", "check"'),
    "python3 -m venv": ("Makefile", "-m venv .venv"),
    "python examples/flight_delays.py": ("Makefile", "python examples/flight_delays.py"),
    "python feed.py": ("tests/test_docs_production.py", "in COMMANDS"),
    "python train.py": ("tests/test_docs_production.py", "in COMMANDS"),
    "mlflow artifacts download": ("tests/test_docs_production.py", "in COMMANDS"),
    "python tests/test_public_api.py": ("tests/test_public_api.py", "__main__"),
    "python benchmarks/": ("benchmarks/all.py", "BENCHMARKS"),
    "pytest": (".ci/run", "make test"),
}
"""Commands by their first words: the file that runs them, and the words of this file that do."""
NOT_RUN = {
    "docker": "there is no container in a test; what the last line of the Dockerfile does is run as it stands",
    "python docs/cheat_sheet/make.py": "the PDF needs a browser; a test holds both files against the code",
    "git clone": "the address of the repository is the reader's",
    "mlflow models build-docker": "it needs Docker",
    "python docs/pictures.py": "it draws pictures that pages show anew, which are looked at one by one",
}
"""Commands that nothing here can run, and why."""


def begins(command: Command, rule: str) -> bool:
    """Whether a command begins with the words of a rule; a rule that ends with / goes on within a word."""
    return str(command).startswith(rule) if rule.endswith("/") else f"{command} ".startswith(f"{rule} ")


def runner(command: Command) -> tuple[str, str] | None:
    """Return what runs a command: the longest rule that fits."""
    fitting = [rule for rule in RUN_BY if begins(command, rule)]
    return RUN_BY[max(fitting, key=len)] if fitting else None


def test_commands_are_found_on_the_pages() -> None:
    words = {str(each) for each in COMMANDS}
    assert {"make demo", "mlflow ui", "python3 -m venv .venv", "mlsys sync", "python benchmarks/cache.py"} <= words
    assert len(COMMANDS) > 100


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: f"{each.page}: {each}"[:90])
def test_a_command_on_a_page_is_run_by_something(command: Command) -> None:
    if any(begins(command, rule) for rule in NOT_RUN):
        return
    found = runner(command)
    assert found is not None, f"nothing runs {str(command)!r} of {command.page}: add what does to RUN_BY"
    file, text = found
    if file.startswith(".") and not (ROOT / file).exists():
        pytest.skip(f"the source archive has no {file}")
    assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} no longer runs {str(command)!r}"


def test_no_rule_is_left_over() -> None:
    rules = [*RUN_BY, *NOT_RUN]
    assert [rule for rule in rules if not any(begins(each, rule) for each in COMMANDS)] == []


def of_program(program: str) -> list[Command]:
    return [each for each in COMMANDS if each.words[0] == program]


def options(command: Command) -> list[str]:
    return [word.partition("=")[0] for word in command.words if word.startswith("--")]


@pytest.mark.parametrize("command", of_program("mlsys"), ids=str)
def test_a_command_of_mlsys_has_the_options_that_a_page_names(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlsys.cli import main

    with pytest.raises(SystemExit) as ended:
        main([command.words[1], "--help"])
    helped = capsys.readouterr().out
    assert ended.value.code == 0
    assert [option for option in options(command) if option not in helped] == []


@pytest.mark.parametrize("command", of_program("make"), ids=str)
def test_a_target_of_make_exists_and_names_scripts_that_exist(command: Command) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    planned = subprocess.run(
        ["make", "--dry-run", *command.words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert planned.returncode == 0, planned.stderr
    scripts = re.findall(r"\b((?:benchmarks|examples|docs)/\w+\.py)\b", planned.stdout)
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


@pytest.mark.parametrize("command", [*of_program("python"), *of_program("pytest")], ids=str)
def test_scripts_tests_and_their_options_exist(command: Command) -> None:
    files = [word for word in command.words[1:] if re.match(r"(benchmarks|docs|examples|tests)/", word)]
    assert [file for file in files if not (ROOT / file).exists()] == []
    if command.words[0] == "python" and files:
        script = (ROOT / files[0]).read_text(encoding="utf-8")
        assert [option for option in options(command) if f'"{option}"' not in script] == []


@pytest.mark.parametrize("command", of_program("pip"), ids=str)
def test_what_pip_is_told_to_install_is_declared(command: Command) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    asked = re.findall(r"\[([\w,]+)\]", str(command))
    assert {extra for each in asked for extra in each.split(",")} <= set(extras)
    assert command.words[-1].partition("[")[0] in {"mlsys", "."}


@pytest.mark.long
def test_the_page_of_mlflow_in_the_folder_of_a_run_shows_the_run(cancer: pd.DataFrame, own_folder: Path) -> None:
    """As in README: run in a folder, then ``mlflow ui`` in the same folder."""
    run = Pipeline([LogisticRegression(max_iter=5_000)], target="target", name="first").run(cancer)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shown = [str(Path(sys.executable).parent / "mlflow"), "ui", "--port", port]
    server = subprocess.Popen(
        shown, cwd=own_folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        asked = f"http://127.0.0.1:{port}/ajax-api/2.0/mlflow/runs/get?run_id={run.mlflow_run_id}"
        for _ in range(480):
            try:
                answer = urllib.request.urlopen(asked, timeout=5).read()
                break
            except urllib.error.HTTPError as error:
                raise AssertionError(f"MLflow does not find the run: {error.read()!r}") from error
            except OSError:
                time.sleep(0.25)
        assert json.loads(answer)["run"]["info"]["run_id"] == run.mlflow_run_id
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
