"""SIGKILL at random moments of the flight pipeline, then run again: same numbers, nothing finished done twice."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

MOMENTS = 20
WRITTEN_AFTER = 0.25
"""Seconds after a step ended within which its result must be on disk."""

SCRIPT = """
import json
import logging
import time

import flight_delays
from mlsys.states import digest, digest_frame


class Told(logging.Handler):
    def emit(self, record):
        text = record.getMessage()
        if text.startswith("flight-delays: "):
            print("BEGAN", time.time(), text.partition(": ")[2], flush=True)


logger = logging.getLogger("mlsys")
logger.setLevel(logging.INFO)
logger.addHandler(Told())

pipeline = flight_delays.pipeline
pipeline = pipeline.replace(ReadCSV=pipeline["ReadCSV"].with_(path="flights.csv"))
print("BEGAN", time.time(), "the run", flush=True)
run = pipeline.run(track=False, verbose=False)
print("BEGAN", time.time(), "the report", flush=True)
report = run.cache_report()
told = {
    "outcomes": dict(zip(report["step"], report["outcome"])),
    "why": dict(zip(report["step"], report["why"])),
    "saved": dict(zip(report["step"], report["seconds saved"])),
    "notes": list(report.attrs["notes"]),
    "digests": {part: run.digest(part) for part in ("train", "validation", "test")},
    "states": {name: digest(run.state(name)) for name in ("Impute", "TargetEncode", "OneHot", "Train", "Calibrate")},
    "predictions": digest_frame(run.predictions["validation"]),
    "metrics": digest_frame(run.metrics),
    "train": digest_frame(run.frame("train")),
}
print("TOLD " + json.dumps(told), flush=True)
"""


@dataclass
class Undisturbed:
    """A run that nobody killed: what it told, and the seconds it took without imports."""

    told: dict[str, Any]
    seconds: float


def told(printed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed.partition("TOLD ")[2].splitlines()[0])
    return found


def began(printed: str) -> list[tuple[float, str]]:
    """Moments and names of what began, as far as the process came."""
    lines = [line.split(" ", 2) for line in printed.splitlines() if line.startswith("BEGAN ")]
    return [(float(line[1]), line[2]) for line in lines if len(line) == 3]


def prepared(folder: Path, flight_example: ModuleType) -> Path:
    """Write the script, the example and every twelfth day of the flights."""
    assert flight_example.__file__ is not None
    (folder / "flight_delays.py").write_text(Path(flight_example.__file__).read_text())
    (folder / "script.py").write_text(SCRIPT)
    frame = flight_example.pipeline["ReadCSV"].read()
    day = pd.to_datetime(frame["time_hour"], utc=True).dt.day_of_year
    frame[(day % 12 == 0).to_numpy()].to_csv(folder / "flights.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def flights_folder(flight_example: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("flights"), flight_example)


def started(flights_folder: Path, cache: Path, make: Any) -> Any:
    project = make(flights_folder)
    return project.start(MLSYS_FOLDER=str(cache))


@pytest.fixture(scope="module")
def undisturbed(flights_folder: Path, tmp_path_factory: pytest.TempPathFactory, make_project: Any) -> Undisturbed:
    process = started(flights_folder, tmp_path_factory.mktemp("undisturbed") / "mlsys", make_project)
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    moments = {name: moment for moment, name in began(printed)}
    return Undisturbed(told(printed), moments["the report"] - moments["the run"])


@pytest.mark.long
@pytest.mark.parametrize("number", range(MOMENTS))
def test_killed_and_run_again(
    number: int, undisturbed: Undisturbed, flights_folder: Path, tmp_path: Path, make_project: Any
) -> None:
    share = np.random.default_rng(20130901 + number).random()
    cache = tmp_path / "mlsys"
    process = started(flights_folder, cache, make_project)
    first = next(line for line in process.stdout if line.startswith("BEGAN "))
    time.sleep(share * undisturbed.seconds)
    process.send_signal(signal.SIGKILL)
    killed = time.time()
    rest, _ = process.communicate()
    begun = began(first + rest)
    ended = {name: later for (_, name), (later, _) in zip(begun, begun[1:], strict=False)}

    again = started(flights_folder, cache, make_project)
    printed, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    found = told(printed)
    outcomes, why, saved = (found.pop(name) for name in ("outcomes", "why", "saved"))
    assert found == {key: undisturbed.told[key] for key in found}
    finished = {name for name in outcomes if ended.get(name, killed) < killed - WRITTEN_AFTER}
    # Calibrate fits the model once more for each fold, under the model's name; what it had learned is still a hit then
    repeated = {name: why[name] for name in finished if outcomes[name] == "ran" and not saved[name]}
    assert not repeated, f"killed after {share:.0%}: finished and done again: {repeated}"
