"""What steps read from outside while they are probed is said, with the step and the file; imports and tools are not."""

from __future__ import annotations

import logging
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Derive, Pipeline, RandomSplit, Transform
from mlsys.usercode.outside import Outside

ROWS = pd.DataFrame({"a": np.arange(60.0), "y": [0, 1] * 30})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    ROWS.to_csv(folder / "rates.csv", index=False)
    ROWS.to_json(folder / "rates.json")
    np.save(folder / "rates.npy", ROWS["a"].to_numpy())
    with sqlite3.connect(folder / "rates.db") as base:
        ROWS.to_sql("rates", base)
    (folder / "own_module_of_rates.py").write_text("RATE = 2.0\n")
    return folder


def told(*steps: Any) -> list[str]:
    """What the audit says is read from outside."""
    audit = Pipeline([*steps], target="y").audit_leakage(ROWS, verbose=False)
    return [finding.message for finding in audit.findings if finding.code == "LK222"]


def derived(one: Callable[[pd.DataFrame], Any], **given: Any) -> list[str]:
    return told(Derive({"z": lambda frame: frame["a"] + (one(frame) or 0)}, **given), RandomSplit())


def test_a_file_is_named_with_its_step(place: Path) -> None:
    found = derived(lambda frame: len(pd.read_csv(place / "rates.csv")))
    assert len(found) == 1 and found[0].startswith("Derive: it reads the file ") and "rates.csv" in found[0]
    assert "not assessed" in found[0]


READ: dict[str, Callable[[Path], Any]] = {
    "json": lambda place: len(pd.read_json(place / "rates.json")),
    "npy": lambda place: len(np.load(place / "rates.npy")),
    "text": lambda place: len((place / "rates.csv").read_text()),
    "open": lambda place: len(open(place / "rates.csv").read()),  # noqa: SIM115
    "db": lambda place: len(pd.read_sql("select * from rates", sqlite3.connect(place / "rates.db"))),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_files_are_seen_however_they_are_read(name: str, place: Path) -> None:
    assert "rates." in derived(lambda frame: READ[name](place) * 0)[0]


def test_a_thread_of_the_step_is_seen(place: Path) -> None:
    def read(path: Path) -> None:
        path.read_text()

    def by_thread(frame: pd.DataFrame) -> int:
        thread = threading.Thread(target=read, args=(place / "rates.csv",))
        thread.start()
        thread.join()
        return 0

    assert "rates.csv" in derived(by_thread)[0]


def test_a_step_after_the_split_is_seen(place: Path) -> None:
    class Scaled(Transform):
        def learn(self, train: Any) -> float:
            return float(np.load(place / "rates.npy").mean())

        def apply(self, frame: pd.DataFrame, state: float) -> pd.DataFrame:
            return frame.assign(a=frame["a"] / state)

    assert [each.partition(":")[0] for each in told(RandomSplit(), Scaled())] == ["Scaled"]


def test_a_declared_file_is_said_to_be_declared(place: Path) -> None:
    found = derived(lambda frame: len(pd.read_csv(place / "rates.csv")), depends_on=(place / "rates.csv",))
    assert "is named in depends_on=" in found[0]


def test_an_address_is_named(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def asked(frame: pd.DataFrame) -> int:
            with socket.create_connection(("127.0.0.1", port)):
                return 0

        assert f"the address 127.0.0.1:{port}" in derived(asked)[0]


@pytest.mark.parametrize(
    "ask",
    [lambda: datetime.now().year, lambda: pd.Timestamp.now().year, lambda: time.time() * 0, lambda: time.time_ns() * 0],
    ids=["now", "Timestamp.now", "time", "time_ns"],
)
def test_the_clock_is_told_by_the_names_that_code_uses(ask: Callable[[], float]) -> None:
    assert "the clock" in derived(lambda frame: ask() * 0)[0]


def test_calls_of_compiled_readers_are_told_by_their_names(place: Path) -> None:
    ROWS.to_parquet(place / "rates.parquet")
    assert "read_parquet()" in derived(lambda frame: len(pd.read_parquet(place / "rates.parquet")))[0]


def written_and_read(place: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "own.txt").write_text("1")
        return len((Path(folder) / "own.txt").read_text())


def imported(place: Path) -> int:
    sys.path.insert(0, str(place))
    sys.modules.pop("own_module_of_rates", None)
    try:
        import own_module_of_rates  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(place))
    return int(own_module_of_rates.RATE)


INNOCENT: dict[str, Callable[[Path], Any]] = {
    "an import": imported,
    "a zone": lambda place: pd.Timestamp("2024-01-01", tz="Europe/Lisbon").hour,
    "a log": lambda place: logging.FileHandler(place / "log.txt").close(),
    "written": lambda place: (place / "out.txt").write_text("x"),
}


@pytest.mark.quick("an import")
@pytest.mark.parametrize("name", INNOCENT)
def test_what_is_no_data_is_not_mentioned(name: str, place: Path) -> None:
    assert derived(lambda frame: INNOCENT[name](place)) == []


def test_what_a_step_wrote_itself_was_not_read_from_outside(place: Path) -> None:
    assert not [each for each in derived(lambda frame: written_and_read(place)) if "the file" in each]


def test_nothing_is_noticed_where_nobody_watches(place: Path) -> None:
    outside = Outside()
    with outside.of("step"):
        (place / "rates.csv").read_text()
    (place / "rates.json").read_text()
    assert [len(each) for each in outside.read.values()] == [1]


def test_two_that_are_watched_at_a_time_are_kept_apart(place: Path) -> None:
    both, began = [Outside(), Outside()], threading.Barrier(2, timeout=20)

    def one(outside: Outside, name: str) -> None:
        with outside.of("step"):
            began.wait()
            (place / name).read_text()
            began.wait()

    names = ["rates.csv", "rates.json"]
    threads = [threading.Thread(target=one, args=each) for each in zip(both, names, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outside, name in zip(both, names, strict=True):
        assert [Path(each.removeprefix("the file ")).name for each in outside.read["step"]] == [name]
