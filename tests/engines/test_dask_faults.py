"""What a cluster cannot do is told in one sentence, and no process is left behind."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline, RandomSplit
from mlsys.engines import DaskEngine, engine_of
from mlsys.engines.dask import waiting
from mlsys.engines.dask.checks import check_address, check_memory, check_versions
from mlsys.engines.dask.starting import Cluster
from mlsys.engines.dask.tasks import Answer
from mlsys.engines.dask.waiting import Watch
from mlsys.errors import ConfigurationError, ContractError, EngineError
from mlsys.settings import override
from mlsys.tables import Partition, Table

from . import flights
from .equal import assert_same, learned_and_scored
from .test_dask import LEARNING, QUIETLY, learned_in_pieces, plain_flights, rows_in_pieces

distributed = pytest.importorskip("distributed", reason="the engine needs dask[distributed]")

NOBODY = "tcp://127.0.0.1:1"


def numbers(engine: Any, pieces: int = 4) -> Table:
    frame = pd.DataFrame({"x": np.arange(10.0 * pieces)})
    cut = [frame.iloc[start : start + 10] for start in range(0, len(frame), 10)]
    return engine.hold([Partition(10, flights.Read(each), f"file {n}") for n, each in enumerate(cut)], None)


def ends_its_process(rows: pd.DataFrame) -> int:
    if rows.index[0] == 20:
        os._exit(1)
    return len(rows)


@pytest.mark.long
def test_a_partition_that_ends_every_worker_is_named(engine: DaskEngine) -> None:
    with pytest.raises(EngineError, match=r"partition 3 of 4 \(file 2\) ended the worker that .* 2 times in a row"):
        numbers(engine).reduce(ends_its_process)
    assert numbers(engine).reduce(len) == 40  # the cluster goes on


def test_an_error_keeps_its_type_and_names_partition_and_worker(engine: DaskEngine) -> None:
    with pytest.raises(KeyError, match="row 10") as caught:
        numbers(engine).map(flights.fails).gather(lambda rows: rows)
    notes = "\n".join(caught.value.__notes__)
    assert "partition 2 of 4 (file 1)" in notes and "worker tcp://127" in notes
    assert any(entry.name == "fails" for entry in caught.traceback)  # the user's line is shown


class Strange(Exception):
    """Cannot be made again from what it says."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def raises_strange(rows: pd.DataFrame) -> int:
    raise Strange(1, 2)


def test_an_error_that_cannot_travel_is_told_in_words(engine: DaskEngine) -> None:
    with pytest.raises(RuntimeError, match="Strange: 1 and 2"):
        numbers(engine).reduce(raises_strange)


def warns(rows: pd.DataFrame) -> int:
    warnings.warn("odd rows", UserWarning, stacklevel=1)
    return len(rows)


def test_warnings_of_workers_are_given_here(engine: DaskEngine) -> None:
    with pytest.warns(UserWarning, match="odd rows"):
        numbers(engine).reduce(warns)


def test_work_that_cannot_be_sent_is_refused(engine: DaskEngine) -> None:
    lock = threading.Lock()
    with pytest.raises(EngineError, match="a step cannot be sent to a worker: .*lock.*\n.*open files, connections"):
        numbers(engine).reduce(lambda rows: lock.locked())


def loses_a_row(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.iloc[1:] if rows.index[0] == 300 else rows


def test_a_step_that_loses_rows_on_one_worker_is_refused(engine: DaskEngine) -> None:
    rows = flights.make_flights()[["distance", "hour"]].assign(y=1.0)
    with override(rows_per_partition=300), pytest.raises(ContractError, match="300 rows.*299|299.*300"):
        Pipeline([loses_a_row, RandomSplit()], target="y").run(rows, **QUIETLY, engine=engine)


def test_levels_that_only_some_partitions_have_are_refused(engine: DaskEngine) -> None:
    frame = pd.DataFrame({"x": np.arange(50) * 1.5, "word": pd.Series(["a", "b"] * 25, dtype="str")})
    with override(rows_per_partition=20), pytest.raises(ValueError, match="partition 3 comes out .* 'level'"):
        engine.hold(None, frame).map(flights.by_piece)


def test_a_file_that_is_gone_is_named_with_its_partition(tmp_path: Path, engine: DaskEngine) -> None:
    with override(rows_in_memory=500, rows_per_partition=250):
        table = engine.hold(list(rows_in_pieces(tmp_path / "rows", 250, plain_flights()).open()), None)
        (tmp_path / "rows" / "1.parquet").unlink()
        with pytest.raises(Exception, match="1.parquet") as caught:
            table.reduce(len)
    assert any("partition 3 of" in note for note in caught.value.__notes__)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB; needs the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_on_a_worker(engine: DaskEngine, small_disk: Path) -> None:
    rows = flights.make_flights()[["distance", "hour"]].assign(y=1.0)

    def writes(frame: pd.DataFrame) -> pd.DataFrame:
        if len(frame) == 300 and frame.index[0] == 600:  # the third alone: beside it others would find the disk full
            (small_disk / "third").write_bytes(b"0" * 200_000)
        return frame.assign(twice=2 * frame["hour"])

    pipeline = Pipeline([writes, RandomSplit()], target="y")
    with override(rows_per_partition=300), pytest.raises(EngineError) as caught:
        pipeline.run(rows, **QUIETLY, engine=engine)
    assert re.search(r"the disk of worker tcp://127.* is full: partition 3 of \d+ could not write", str(caught.value))
    assert "free some space there" in str(caught.value)
    assert any("step 1 " in note for note in caught.value.__notes__)
    assert isinstance(caught.value.__cause__, OSError)
    assert numbers(engine).reduce(len) == 40  # the cluster goes on


def test_large_work_is_sent_to_each_worker_once(engine: DaskEngine) -> None:
    lookup = np.arange(2_000_000)  # 16 MB
    assert numbers(engine).reduce(lambda rows: int(lookup[rows.index].sum())) == sum(range(40))


def test_an_empty_partition_counts(engine: DaskEngine) -> None:
    frame = pd.DataFrame({"x": np.arange(5.0)})
    pieces = [Partition(None, flights.Read(each)) for each in (frame.iloc[:0], frame, frame.iloc[:0])]
    table = engine.hold(pieces, None)
    assert table.rows == 5 and table.frame()["x"].tolist() == frame["x"].tolist()


def test_pieces_that_nobody_asks_for_any_more_are_given_up(engine: DaskEngine) -> None:
    frames = numbers(engine, pieces=200).frames()
    assert next(frames)["x"].tolist() == list(range(10))
    frames.close()  # type: ignore[attr-defined]
    assert numbers(engine).reduce(len) == 40


def test_an_address_that_answers_nothing() -> None:
    began = time.monotonic()
    with (
        pytest.raises(EngineError, match=f"no Dask scheduler answers at {NOBODY} within 1 s .*\n.*dask scheduler"),
        DaskEngine(NOBODY, timeout=1),
    ):
        pass
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("word", [b"", b"HTTP/1.1 400 Bad Request" + b" " * 100], ids=["nothing", "no scheduler's"])
def test_an_address_that_is_open_and_says_nothing_of_use(word: bytes) -> None:
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            with contextlib.suppress(OSError):  # it is closed at the end
                while True:
                    taken.append(server.accept()[0])
                    taken[-1].sendall(word)

        threading.Thread(target=take, daemon=True).start()
        address, began = f"tcp://127.0.0.1:{server.getsockname()[1]}", time.monotonic()
        with pytest.raises(EngineError, match=f"no Dask scheduler answers at {address} within 1 s"):
            DaskEngine(address, timeout=1).__enter__()
        assert time.monotonic() - began < 10
        server.shutdown(socket.SHUT_RDWR)
    for each in taken:
        each.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.1.2.3:8786", "whoever reaches tcp://10.1.2.3:8786 can run code"),
        ("host:8786", "is not the address of a Dask scheduler"),
        ("tcp://host", "is not the address of a Dask scheduler"),
        ("tcp://host:port", "is not the address of a Dask scheduler"),
    ],
)
def test_an_address_without_tls_or_without_sense_is_refused(address: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        DaskEngine(address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tcp://localhost:1", "tls://far:8786"])
def test_loopback_and_tls_are_accepted(address: str) -> None:
    check_address(address, allow_insecure=False)
    check_address("tcp://10.1.2.3:8786", allow_insecure=True)


@pytest.mark.parametrize(
    "given", [{"workers": 0}, {"workers": 1.5}, {"workers": True}, {"memory": "much"}, {"memory": 0}]
)
def test_sizes_that_mean_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(given))):
        DaskEngine(**given)


def test_sizes_beside_an_address_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="of workers that are started here, but there is an address"):
        DaskEngine("tcp://127.0.0.1:8786", workers=2)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r'pip install "mlsys\[dask\]"'):
        engine_of("dask")


class OtherVersions:
    """A client whose worker has another pandas, no mlsys, and another patch of Python."""

    own = {"python": "3.11.7.final.0", "mlsys": "0.1.0", "pandas": "3.1.1", "dask": "2026.8.0"}

    def get_versions(self, packages: list[str]) -> dict[str, Any]:
        other = {**self.own, "python": "3.11.9.final.0", "pandas": "3.0.0", "mlsys": None}
        scheduler = {"packages": {**self.own, "pandas": None}}
        return {"client": {"packages": self.own}, "scheduler": scheduler, "workers": {"tcp://w:1": {"packages": other}}}


def test_other_versions_are_refused_with_both() -> None:
    with pytest.raises(EngineError) as caught:
        check_versions(OtherVersions())  # type: ignore[arg-type]
    message = str(caught.value)
    assert "worker tcp://w:1 has mlsys not installed, this process 0.1.0" in message
    assert "worker tcp://w:1 has pandas 3.0.0, this process 3.1.1" in message
    assert "python" not in message and "scheduler" not in message


class Stuck:
    """A client of workers with one status."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = statuses

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {n: {"status": each, "memory_limit": 2**29} for n, each in enumerate(self.statuses)}}


@pytest.mark.parametrize(
    ("statuses", "said"),
    [(("paused", "paused"), "no worker of 2 goes on: .* most of its 512 MiB"), ((), "has had no workers")],
)
def test_a_cluster_that_is_stuck_is_noticed(
    statuses: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "STUCK", 0.0)
    watch = Watch(Stuck(*statuses))  # type: ignore[arg-type]
    watch.look()  # since now
    with pytest.raises(EngineError, match=said):
        watch.look()


class Gone:
    """A client that has just lost its scheduler."""

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {}


def test_a_scheduler_that_is_gone_is_noticed() -> None:
    with pytest.raises(EngineError, match="the connection to the scheduler broke"):
        Watch(Gone()).look()  # type: ignore[arg-type]


def test_a_cluster_with_one_worker_at_work_is_not_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "STUCK", 0.0)
    workers = Stuck("paused", "running")
    watch = Watch(workers)  # type: ignore[arg-type]
    for _ in range(3):
        watch.look()
    workers.statuses = ("paused", "paused")
    watch.look()  # stuck since now, not since the first look
    with pytest.raises(EngineError, match="no worker of 2 goes on"):
        watch.look()


def test_certificates_are_used_and_needed() -> None:
    pytest.importorskip("cryptography", reason="temporary certificates need cryptography")
    security = distributed.Security.temporary()
    with distributed.LocalCluster(
        n_workers=1, processes=False, protocol="tls", security=security, dashboard_address="127.0.0.1:0"
    ) as cluster:
        with DaskEngine(cluster.scheduler_address, security=security) as engine:
            assert numbers(engine).reduce(len) == 40
            assert engine.address.startswith("tls://") and engine.dashboard
        with pytest.raises(EngineError, match="check address, firewall and certificates"):
            DaskEngine(cluster.scheduler_address, timeout=2).__enter__()
    assert not engine.dashboard


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A worker of somebody else's."""
    cluster = Cluster(1, None)
    yield cluster
    cluster.stop()


def test_the_users_modules_are_sent_to_a_cluster_that_does_not_have_them(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fees_inside.py").write_text("RATE = 3\n\ndef fee(x):\n    return x * RATE\n")
    (tmp_path / "fees.py").write_text(
        "import fees_inside\n\ndef total(rows):\n    return fees_inside.fee(rows['x'].sum())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    fees = importlib.import_module("fees")
    with DaskEngine(cluster.address) as far:
        assert numbers(far).reduce(fees.total) == 3 * sum(range(40))
        assert far.name.startswith(f"dask, 1 worker of {cluster.address}, dashboard http://127.0.0.1:")
    assert numbers(far).reduce(fees.total) == 3 * sum(range(40))  # it connects for this piece of work


def test_memory_that_barely_suffices_is_refused_before_workers_are_paused() -> None:
    answer = Answer(peak=430 << 20, limit=500 << 20)
    with pytest.raises(EngineError, match=r"a file took 430 MiB .* may use 500 MiB\n.*DaskEngine\(memory='645MiB'\)"):
        check_memory(answer, "a file", pieces=2)
    check_memory(answer, "a file", pieces=1)  # it was the only one, and it is done
    check_memory(Answer(peak=430 << 20, limit=0), "a file", pieces=2)  # without a limit there is no pause


@pytest.mark.long
def test_workers_without_memory_for_their_own_imports_are_given_up() -> None:
    with (
        pytest.raises(EngineError, match="paused|MiB in a worker|no workers"),
        DaskEngine(workers=1, memory="200MiB") as e,
    ):
        assert e.workers
        numbers(e).reduce(len)


SCRIPT = """
import os, signal, sys, time
import pandas as pd
from mlsys.engines import DaskEngine
from mlsys.tables import Partition

signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored below a shell's background job

class Read:
    def __call__(self, columns):
        return pd.DataFrame({"x": [1]})

def slow(rows):
    time.sleep(60 if sys.argv[1] != "error" else 0)
    raise ValueError("no")

with DaskEngine(workers=2) as engine:
    assert engine.workers == 2
    print(engine._cluster.process.pid, flush=True)
    engine.hold([Partition(1, Read()) for _ in range(4)], None).map(slow).frame()
"""


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "end", [pytest.param("error", marks=pytest.mark.long), "SIGINT", pytest.param("SIGKILL", marks=pytest.mark.long)]
)
def test_no_process_is_left(end: str) -> None:
    script = Path("no_guard.py")  # without `if __name__ == "__main__"`
    script.write_text(SCRIPT)
    ended = subprocess.Popen([sys.executable, script, end], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert ended.stdout is not None
    group = int(ended.stdout.readline())
    assert alive(group)
    if end != "error":
        time.sleep(1)
        ended.send_signal(getattr(signal, end))
    said = ended.communicate(timeout=120)[1]
    until = time.monotonic() + 60
    while alive(group) and time.monotonic() < until:
        time.sleep(0.2)
    assert not alive(group)
    if end != "SIGKILL":
        last = said.strip().splitlines()
        assert ("KeyboardInterrupt" if end == "SIGINT" else "ValueError: no") in "\n".join(last[-3:])


def process_ids(engine: DaskEngine) -> list[int]:
    assert engine._session is not None
    return list(engine._session.client.run(os.getpid, on_error="ignore").values())


@pytest.mark.long
def test_a_worker_killed_at_any_moment_changes_nothing(tmp_path: Path) -> None:
    pipeline = learned_in_pieces(rows_in_pieces(tmp_path / "rows", 200, plain_flights()))
    rng = np.random.default_rng(22)
    killed = 0
    with override(rows_in_memory=500, rows_per_partition=200):
        local = learned_and_scored(pipeline.run(None, **QUIETLY), *LEARNING)
        with DaskEngine(workers=2) as engine:
            assert engine.workers == 2
            pipeline.run(None, **QUIETLY, engine=engine)
            began = time.monotonic()
            pipeline.run(None, **QUIETLY, engine=engine)
            seconds = time.monotonic() - began
            for _ in range(10):
                victim = int(rng.choice(process_ids(engine)))
                timer = threading.Timer(rng.uniform(0, seconds), os.kill, (victim, signal.SIGKILL))
                timer.start()
                run = pipeline.run(None, **QUIETLY, engine=engine)
                timer.join()
                assert_same(local, learned_and_scored(run, *LEARNING))
                killed += victim not in process_ids(engine)
    assert killed == 10


@pytest.mark.long
def test_a_scheduler_that_is_restarted_costs_what_was_not_finished(tmp_path: Path) -> None:
    pipeline = learned_in_pieces(rows_in_pieces(tmp_path / "rows", 50, plain_flights()))
    with override(rows_in_memory=500, rows_per_partition=50):
        local = learned_and_scored(pipeline.run(None, **QUIETLY), *LEARNING)
        first = Cluster(2, None)
        address = first.address
        timer = threading.Timer(8, os.killpg, (first.process.pid, signal.SIGKILL))
        with pytest.raises(EngineError, match="connection to the scheduler broke|no Dask scheduler answers"):
            timer.start()
            for _ in range(100):
                pipeline.run(None, track=False, verbose=False, engine=DaskEngine(address))
                (tmp_path / "rows" / "0.parquet").touch()
        timer.join()
        first.stop()
        second = Cluster(2, None)
        again = pipeline.run(None, track=False, verbose=False, engine=DaskEngine(second.address))
        second.stop()
    assert "hit" in set(again.cache_report()["outcome"])
    assert_same(local, learned_and_scored(again, *LEARNING))
