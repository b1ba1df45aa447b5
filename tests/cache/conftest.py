"""A small project in a folder of its own: a script and its modules, edited between two fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ..forks import Forks

HEAD = """
import pandas as pd
from mlsys import Derive, Pipeline, RowTransform
"""

TAIL = """
frame = pd.DataFrame({"x": [float(value) for value in range(1, 101)]})
if __name__ == "__main__":
    import telling
    pipeline = Pipeline([STEP])
    telling.tell(pipeline.run(frame, track=False, verbose=False))
"""

TELLING = '''
"""What a run says of its cache, and then its rows, as one line of JSON."""
import json
from mlsys.errors import ConfigurationError


def tell(run, **more):
    try:
        report = run.cache_report()
    except ConfigurationError as error:  # without a cache there is nothing to report
        told = {"steps": {}, "notes": [str(error)]}
    else:
        told = {
            "steps": report.set_index("step")[["outcome", "why"]].to_dict("index"),
            "notes": list(report.attrs["notes"]),
        }
    print("REPORTED", flush=True)
    rows = run.frame("all")
    told["factor"] = float((rows["z"] / rows["x"]).iloc[0])
    told["digest"] = run.digest("all")
    print("TOLD " + json.dumps({**told, **more}), flush=True)
'''


@dataclass
class Outcome:
    """What one process printed and left.

    Parameters
    ----------
    steps : dict
        By name: ``outcome`` and ``why`` of the cache report.
    notes : list of str
        What the report says beside its rows.
    calls : Counter
        Calls of the user's functions, which print ``CALLED name``, before anybody asked for rows.
    calls_for_rows : Counter
        Calls after that.
    told : dict
        All that the script told.
    """

    code: int
    printed: str
    errors: str
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    calls_for_rows: Counter[str] = field(default_factory=Counter)
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> dict[str, str]:
        """``hit``, ``ran`` or ``not cached`` by step."""
        return {name: row["outcome"] for name, row in self.steps.items()}

    @property
    def factor(self) -> float:
        """Quotient of the columns ``z`` and ``x``: what the code under test computed."""
        return float(self.told["factor"])

    @property
    def said(self) -> str:
        """All that the report says in words."""
        return " ".join([*self.notes, *(row["why"] for row in self.steps.values())])

    def why(self, step: str) -> str:
        """Return the reason the report gives for a step."""
        return self.steps[step]["why"]


def understood(code: int, printed: str, errors: str) -> Outcome:
    """Read what a process printed; several runs in one process leave the last one's report."""
    outcome, counted = Outcome(code, printed, errors), Counter[str]()
    for line in printed.splitlines():
        word, _, rest = line.partition(" ")
        if word == "CALLED":
            counted[rest] += 1
        elif word == "REPORTED":
            outcome.calls, counted = counted, Counter()
        elif word == "TOLD":
            outcome.told, outcome.calls_for_rows, counted = json.loads(rest), counted, Counter()
            outcome.steps, outcome.notes = outcome.told["steps"], outcome.told["notes"]
    if "REPORTED" not in printed:
        outcome.calls = counted
    return outcome


def checked(outcome: Outcome, fails: bool) -> Outcome:
    """Return the outcome of a process that ended as it should."""
    assert fails == (outcome.code != 0), f"ended with code {outcome.code}:\n{outcome.printed}\n{outcome.errors}"
    return outcome


def environment(**variables: str) -> dict[str, str]:
    """Variables of a fresh process; no bytecode is kept, because Python would take an edit within a second for none."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLSYS_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", **variables}


class Project:
    """A folder with ``script.py`` and modules beside it."""

    def __init__(self, folder: Path, forks: Forks | None = None) -> None:
        self.folder = folder
        self.forks = forks
        self.cache = folder / ".mlsys" / "cache"
        self.write(**{"telling.py": TELLING})

    def write(self, **files: str) -> None:
        """Write files by name."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), encoding="utf-8")

    def script(self, code: str, step: str, **files: str) -> None:
        """Write a script of one pipeline: imports, ``code``, and a run of ``step`` on a hundred rows."""
        self.write(**{"script.py": HEAD + code + TAIL.replace("STEP", step), **files})

    def edit(self, old: str, new: str, file: str = "script.py") -> None:
        """Replace a text that stands once in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def start(self, script: str = "script.py", **variables: str) -> subprocess.Popen[str]:
        """Start a new process."""
        return subprocess.Popen(
            [sys.executable, script],
            cwd=self.folder,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str], fails: bool = False) -> Outcome:
        """Wait for a process and read what it printed."""
        printed, errors = process.communicate(timeout=300)
        return checked(understood(process.returncode, printed, errors), fails)

    def run(self, script: str = "script.py", fails: bool = False, **variables: str) -> Outcome:
        """Run a script in a fresh process; with ``fails`` it must end with an error, else without."""
        if self.forks is not None and all(name.startswith("MLSYS_") for name in variables):
            done = self.forks.run([script], cwd=self.folder, env=environment(**variables))
            return checked(understood(done.returncode, done.stdout, done.stderr), fails)
        return self.finish(self.start(script, **variables), fails)

    def files(self) -> set[str]:
        """Names of all files in the folder, relative to it."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    def cache_bytes(self) -> int:
        """Bytes of all files in the cache."""
        return sum(path.stat().st_size for path in self.cache.rglob("*") if path.is_file())


@pytest.fixture
def project(tmp_path: Path, forks: Forks) -> Project:
    """An empty project; its processes are forks, and new ones where a test sets a variable that Python reads."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, forks)


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Project]:
    """Makes a project of a folder that is there."""
    return Project
