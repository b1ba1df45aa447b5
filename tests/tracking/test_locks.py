"""No lock is waited for without end: who has it is named, and the run goes on."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Pipeline, RandomSplit
from mlsys.errors import TrackingError
from mlsys.settings import override
from mlsys.tracking import locks
from mlsys.tracking import store as store_module
from mlsys.tracking.locks import held
from mlsys.tracking.reach import Patience

HOLDS = """
import fcntl, sys, time
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""
Holder = Callable[[Path], "subprocess.Popen[str]"]


@pytest.fixture
def holder() -> Iterator[Holder]:
    """Starts processes that hold a lock and never let go."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path) -> subprocess.Popen[str]:
        path.parent.mkdir(parents=True, exist_ok=True)
        started.append(subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout is not None and started[-1].stdout.readline()
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture(autouse=True)
def nothing_in_vain() -> Iterator[None]:
    locks._in_vain.clear()
    yield
    locks._in_vain.clear()


def test_a_holder_that_hangs_is_named_after_the_time_stated_and_not_waited_for_twice(
    holder: Holder, tmp_path: Path
) -> None:
    other = holder(tmp_path / "lock")
    for seconds, least in ((0.3, 0.3), (60, 0.0)):  # the second time nobody waits, however long one may
        before = time.monotonic()
        with pytest.raises(TrackingError, match=rf"it cannot be done: process {other.pid} .*since \d\d:\d\d:\d\d"):
            with held(tmp_path / "lock", "it cannot be done", seconds):
                pass
        assert least <= time.monotonic() - before < 20
    other.send_signal(signal.SIGKILL)
    other.wait()
    with held(tmp_path / "lock", "it cannot be done", 0.3):
        pass


def test_a_thread_of_this_process_is_named_and_a_lock_is_given_back(tmp_path: Path) -> None:
    with held(tmp_path / "lock", "x"), pytest.raises(TrackingError, match=rf"this process \({os.getpid()}\)"):
        with held(tmp_path / "lock", "x", 0.1):
            pass
    with held(tmp_path / "lock", "x", 0.1):
        pass
    with pytest.raises(KeyError), held(tmp_path / "lock", "x", 0.1):
        raise KeyError
    with held(tmp_path / "lock", "x", 0.1):
        pass


@pytest.fixture
def busy_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Thread]:
    """A thread of this process that hangs while it asks MLflow; others wait a third of a second for it."""
    inside, end = threading.Event(), threading.Event()
    monkeypatch.setattr(store_module, "HELD_FOR", 0.3)

    def hang() -> None:
        with store_module._ONE_AT_A_TIME.held():
            inside.set()
            end.wait(60)

    thread = threading.Thread(target=hang)
    thread.start()
    inside.wait(60)
    yield thread
    end.set()
    thread.join()


IMPATIENT = Patience(request=0, total=1.0, remembers=True, tries=1)


@pytest.mark.usefixtures("busy_thread")
def test_a_thread_that_hangs_while_it_asks_mlflow_is_named_and_not_waited_for_without_end(address: str) -> None:
    said = rf"MLflow cannot be reached: a thread of this process \({os.getpid()}\) has been busy since \d\d:\d\d:\d\d"
    before = time.monotonic()
    with pytest.raises(TrackingError, match=said), store_module.store(IMPATIENT, address):
        pass
    assert 0.3 <= time.monotonic() - before < 5


@pytest.mark.usefixtures("busy_thread")
def test_a_forked_process_is_not_kept_waiting_by_a_thread_that_it_does_not_have() -> None:
    process = os.fork()
    if not process:
        try:
            with store_module._ONE_AT_A_TIME.held(0.1):
                os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(process, 0)[1] == 0


def test_the_same_thread_asks_mlflow_inside_of_asking_and_gives_it_back(address: str) -> None:
    with store_module.store(uri=address), store_module.store(uri=address) as client:
        assert client.search_experiments()
    entered: list[bool] = []

    def enter() -> None:
        with store_module._ONE_AT_A_TIME.held(0.0):
            entered.append(True)

    other = threading.Thread(target=enter)
    other.start()
    other.join()
    assert entered


def test_where_the_system_does_not_tell_the_holder_has_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "none")
    with held(tmp_path / "lock", "x"), pytest.raises(TrackingError, match=str(os.getpid())):
        with held(tmp_path / "lock", "x", 0.1):
            pass


def test_a_link_in_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("content")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with held(tmp_path / "lock", "x"):
        assert not (tmp_path / "lock").is_symlink()
    assert (tmp_path / "precious").read_text() == "content"


def test_where_a_lock_cannot_be_made_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entered = []
    for nowhere in ("/proc/none", str(tmp_path / "file" / ".mlsys")):
        with override(folder=nowhere), locks.held_at_home("runs", "making.lock", "x"):
            with locks.held_at_home("runs", "making.lock", "x"):  # where there is a lock, this waits in vain
                entered.append(nowhere)
        assert not Path(nowhere).exists()
    assert len(entered) == 2


def test_a_run_goes_on_when_another_process_hangs_while_it_begins_runs(
    holder: Holder,
    address: str,
    shop: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setattr("mlsys.tracking.sending.held_at_home", lambda *given: locks.held_at_home(*given, 0.5))
    other = holder(tmp_path / ".mlsys" / "runs" / "making.lock")
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"], name="hangs")
    with caplog.at_level(logging.WARNING, "mlsys"):
        run = pipeline.run(shop, verbose=False)
    assert run.mlflow_run_id is None and not run.metrics.empty
    assert f"process {other.pid}" in caplog.text
    other.kill()
    other.wait()
    assert [each.id for each in mlsys.sync().sent] == [run.id]


def test_no_lock_lies_in_a_folder_that_is_shared(
    shop: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    opened: list[Path] = []
    real = fcntl.flock

    def flock(file: int, how: int) -> None:
        opened.append(Path(os.readlink(f"/proc/self/fd/{file}")))
        real(file, how)

    monkeypatch.setattr("mlsys.tracking.locks.fcntl.flock", flock)
    from mlsys.tracking import first_use

    with override(folder=str(tmp_path / "own")):
        first_use.made_whole(f"sqlite:///{tmp_path}/new.db")
    assert opened and all(path.is_relative_to(tmp_path / "own") for path in opened)
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


def folder_in_place(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def link_in_place(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


def pipe_in_place(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("odd", [folder_in_place, link_in_place, pipe_in_place])
def test_what_lies_in_the_place_of_a_lock_stops_nobody(tmp_path: Path, odd: Callable[[Path], None]) -> None:
    odd(tmp_path / "lock")
    with held(tmp_path / "lock", "it cannot be done"), pytest.raises(TrackingError, match="did not release"):
        with held(tmp_path / "lock", "it cannot be done", seconds=0.0):
            raise AssertionError("two at once")
