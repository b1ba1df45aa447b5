"""The first tracked run ended at any moment: the next one works; a half-made database is named, with what to do."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from mlsys.errors import TrackingError
from mlsys.tracking import first_use
from mlsys.tracking.store import store

MAKES = """
    from mlsys.tracking.store import store
    print("begins", flush=True)
    with store():
        print("made", flush=True)
"""


def started(place: Path, code: str = MAKES) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=place,
        env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{place}/mlflow.db"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended_after_it_began(place: Path, seconds: float, how: signal.Signals) -> None:
    process = started(place)
    while process.poll() is None and not list(place.glob(".mlflow.db.*")):
        time.sleep(0.005)
    time.sleep(seconds)
    process.send_signal(how)
    process.communicate(timeout=60)


def works(place: Path) -> bool:
    process = started(place)
    said, errors = process.communicate(timeout=120)
    assert "made" in said, errors
    return not list(place.glob(".mlflow.db.*"))


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_first_use_that_was_ended_is_begun_again(tmp_path: Path, how: signal.Signals) -> None:
    ended_after_it_began(tmp_path, 0.1, how)
    assert works(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_first_uses_ended_at_any_moment_are_begun_again(tmp_path: Path, how: signal.Signals) -> None:
    chosen = random.Random(20261126)
    for number in range(6):
        place = tmp_path / str(number)
        place.mkdir()
        ended_after_it_began(place, chosen.uniform(0, 3), how)
        assert works(place)


@pytest.mark.long
def test_four_processes_on_one_fresh_folder(tmp_path: Path) -> None:
    processes = [started(tmp_path) for _ in range(4)]
    for each in processes:
        said, errors = each.communicate(timeout=120)
        assert "made" in said, errors
    assert not list(tmp_path.glob(".mlflow.db.*"))


def half(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path)
    for each in statements:
        database.execute(each)
    database.commit()
    database.close()


TABLES = "create table experiments (experiment_id integer primary key)"
VERSION = "create table alembic_version (version_num varchar(32))"
RUNS = "create table runs (run_uuid varchar(32))"


@pytest.mark.parametrize("statements", [[TABLES], [VERSION], [TABLES, VERSION, RUNS]])
def test_a_half_made_database_is_named_with_what_to_do(tmp_path: Path, statements: list[str]) -> None:
    half(tmp_path / "half.db", *statements)
    said = first_use.half_made(f"sqlite:///{tmp_path}/half.db")
    assert said is not None and "incomplete" in said.problem and f"rm {tmp_path}/half.db" in said.remedy


@pytest.mark.parametrize("version", ["", "insert into alembic_version values ('0a8213491aaa')"])
def test_a_database_that_holds_runs_is_never_to_be_removed_but_copied_and_brought_up_to_date(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "full.db"
    half(path, TABLES, "create table metrics (value integer)", RUNS, "insert into runs values ('a'), ('b')")
    half(path, VERSION, *filter(None, [version]))
    with pytest.raises(TrackingError, match=f"{path} holds 2 runs") as caught, store(uri=f"sqlite:///{path}"):
        pass
    assert f"mlflow db upgrade sqlite:///{path}" in caught.value.remedy and "rm " not in caught.value.remedy
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from runs").fetchone() == (2,)
    database.close()


def test_a_database_that_is_whole_or_of_others_is_not_called_half_made(tmp_path: Path, empty_database: Path) -> None:
    half(tmp_path / "other.db", "create table customers (name text)")
    (tmp_path / "text.db").write_text("no database at all, but a text of some length")
    for path in (tmp_path / "other.db", tmp_path / "text.db", empty_database):
        assert first_use.half_made(f"sqlite:///{path}") is None
    assert first_use.half_made("sqlite://") is first_use.half_made("http://127.0.0.1:1") is None


def test_a_database_that_mlflow_cannot_open_is_refused_with_what_to_do(tmp_path: Path) -> None:
    half(tmp_path / "half.db", TABLES, "create table metrics (value integer)", "create table params (key integer)")
    with pytest.raises(TrackingError, match="incomplete"), store(uri=f"sqlite:///{tmp_path}/half.db"):
        pass


def test_nobody_loses_the_database_that_was_there_first(tmp_path: Path) -> None:
    (tmp_path / "making").write_text("ours")
    (tmp_path / "mlflow.db").write_text("theirs")
    first_use._give_name(tmp_path / "making", tmp_path / "mlflow.db")
    assert (tmp_path / "mlflow.db").read_text() == "theirs"


@pytest.mark.parametrize("before", [None, ""])
def test_a_database_that_another_made_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    path = tmp_path / "mlflow.db"
    if before is not None:
        path.write_text(before)

    def made_by_two(making: Path) -> None:
        making.write_text("ours")
        path.write_text("theirs")

    monkeypatch.setattr(first_use, "_write_tables", made_by_two)
    first_use.made_whole(f"sqlite:///{path}")
    assert path.read_text() == "theirs" and {each.name for each in tmp_path.iterdir()} <= {"mlflow.db", ".mlsys"}


def test_a_folder_that_cannot_be_written_is_told_at_once() -> None:
    before = time.monotonic()
    for uri in ("sqlite:////proc/x.db", "sqlite:////dev/null/x.db"):
        with pytest.raises(TrackingError), store(uri=uri):
            pass
    assert time.monotonic() - before < 5
