"""A full disk or one that cannot be written, real ones: of the library's own folder, of MLflow's database and files."""

from __future__ import annotations

import gc
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Impute, Pipeline, RandomSplit, Train, folder
from mlsys.settings import override
from mlsys.tracking.journal import journal_of

Check = Callable[..., Any]


def pipeline_of(name: str) -> Pipeline:
    steps = [RandomSplit(), Impute(), Train(LogisticRegression()), Evaluate()]
    return Pipeline(steps, target="returned", features=["price"], name=name)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system of so many bytes, or gives it more."""
    place = tmp_path / "disk"
    place.mkdir()

    def sized(size: str) -> Path:
        again = "remount," if place.is_mount() else ""
        words = ["mount", "-t", "tmpfs", "-o", f"{again}size={size}", "tmpfs", str(place)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
        return place

    yield sized
    if place.is_mount():
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # the store may still have its database open


@pytest.mark.quick("60k")
@pytest.mark.parametrize("size", ["8k", "60k", "100k"])
def test_a_full_disk_here_costs_the_folder_and_not_the_run(
    size: str,
    small_disk: Callable[[str], Path],
    address: str,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Full at once, or in the middle of the artifacts."""
    disk = small_disk(size)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with override(folder=str(disk / ".mlsys")):
        run = pipeline_of("no-room").run(shop)
        assert "No space left" in caplog.text and "nothing of the run is stored on this machine" in caplog.text
        assert journal_of(run.id) is None
        check_complete(address, run.id)
        final = run.final_test()
        assert not final.metrics.empty
    assert check_complete(address, run.id).data.tags["mlsys.test_opened"] == "1"


def test_a_disk_that_fills_after_the_run_costs_no_opening(
    small_disk: Callable[[str], Path],
    address: str,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
) -> None:
    disk = small_disk("20m")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with override(folder=str(disk / ".mlsys")):
        run = pipeline_of("filled").run(shop)
        with open(disk / "filling", "wb", buffering=0) as filling, pytest.raises(OSError):
            while True:
                filling.write(b"x" * 4096)
        run.final_test()
    assert check_complete(address, run.id).data.tags["mlsys.test_opened"] == "1"


def test_a_full_disk_of_mlflow_leaves_the_run_waiting(
    small_disk: Callable[[str], Path],
    empty_database: Path,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    tmp_path: Path,
) -> None:
    """The database has room for a beginning only, the artifacts lie on the same disk."""
    database = empty_database.read_bytes()
    disk = small_disk(f"{(len(database) + 90_000) // 1024}k")
    (disk / "back.db").write_bytes(database)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{disk}/back.db")
    monkeypatch.chdir(disk)
    with override(folder=str(tmp_path / ".mlsys")):
        run = pipeline_of("full-store").run(shop)
        final = run.final_test()
        assert not final.metrics.empty and run.mlflow_run_id is None and "the run waits" in repr(run)
        assert [each.id for each in mlsys.sync().waiting] == [run.id]
        small_disk("50m")
        assert [each.id for each in mlsys.sync().sent] == [run.id]
        check_complete(f"sqlite:///{disk}/back.db", run.id)
    monkeypatch.chdir(tmp_path)


def test_a_temporary_folder_ends_with_the_run_and_says_nothing(
    shop: pd.DataFrame, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with override(folder="/proc/none"):
        run = pipeline_of("short").run(shop)
    journal = run._tracking.journal
    assert journal is not None and journal.place.is_dir()
    place = journal.place
    del run, journal
    gc.collect()  # warnings are errors here
    assert not place.exists()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """The folder ``.mlsys`` of an earlier run, mounted so that nobody can write to it."""
    place = tmp_path / ".mlsys"
    with override(folder=str(place)):
        folder.made("runs")
        folder.made("cache")
    for words in (["mount", "--bind", place, place], ["mount", "-o", "remount,bind,ro", place]):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        if done.returncode:
            subprocess.run(["umount", "--lazy", str(place)], check=False, capture_output=True)
            pytest.skip(f"a folder cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.long
def test_a_folder_that_is_read_only_costs_the_folder_and_is_said_once(
    read_only: Path,
    address: str,
    shop: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    check_complete: Check,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with override(folder=str(read_only)), caplog.at_level(logging.WARNING, "mlsys"):
        run = pipeline_of("read-only").run(shop)
        said = [each.message for each in caplog.records]
        assert len(said) == len(set(said)) and all("Read-only file system" in each for each in said), said
        assert [each.split(":")[0].split(" (")[0] for each in said] == [
            "cache", "nothing of the run is stored on this machine"
        ]  # fmt: skip
        check_complete(address, run.id)
        run.final_test()
    assert check_complete(address, run.id).data.tags["mlsys.test_opened"] == "1"
