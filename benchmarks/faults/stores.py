"""A store absent, slow, wrong, failing, full, read-only: runs end soon and wait, a later sync sends each once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faults.children import in_child
from faults.fault import Outcome, fault
from faults.kills import empty_database
from faults.looking import Kept, kept_runs, look_at_leftovers, look_at_runs
from faults.servers import server
from faults.work import DATABASE, folder, run_of, small, small_frame, synced, warm, worked

AT_MOST = 10.0
TIMES = 5


def _two_runs(frame: Any) -> list[dict[str, Any]]:
    return [run_of(small(), frame) for _ in range(2)]


def _usual(empty: Path) -> tuple[Any, float, Kept]:
    """Return the right numbers, the seconds of two runs that are not disturbed, and what is in MLflow then."""
    warm()
    frame = small_frame()
    with folder() as place:
        shutil.copy(empty, place / DATABASE)
        ended = in_child(worked(place, lambda: _two_runs(frame)))
        assert ended.answer is not None, ended
        like = next(iter(kept_runs(place / DATABASE)[0].values()))[0]
    return ended.answer[0]["numbers"], ended.seconds, like


def _tried(times: int, unusable: Callable[[Path, Path], Any], heal: Callable[[Path, Path], str]) -> Iterator[Outcome]:
    """Run twice with a store that cannot be used, then sync to one that can.

    Parameters
    ----------
    unusable : callable
        From a folder and an empty database to a context that gives the address.
    heal : callable
        Makes the store usable and returns the address to sync to; the database is ``mlflow.db`` in the folder then.
    """
    frame = small_frame()
    with folder() as data:
        empty = empty_database(data)
        right, seconds, like = _usual(empty)
        for number in range(times):
            outcome = Outcome(f"round {number}")
            with folder() as place:
                with unusable(place, empty) as address:
                    ended = in_child(worked(place, lambda: _two_runs(frame), address), within=200)
                    outcome.waited = max(0.0, ended.seconds - seconds)
                    outcome.check(outcome.waited < AT_MOST, f"{outcome.waited:.1f} s longer than without the fault")
                    if not outcome.check(ended.answer is not None, f"hangs: {ended.hung}; {ended.raised}", lost=2):
                        yield outcome
                        continue
                    for run in ended.answer:
                        outcome.check(run["numbers"] == right, "other numbers", lost=1)
                        said = (run["mlflow"] is None) == run["waits"]
                        outcome.check(said, "a run that is not in MLflow does not say that it waits")
                    waiting = [run["id"] for run in ended.answer if run["mlflow"] is None]
                    outcome.check(bool(waiting), "the fault did nothing: both runs are in MLflow")
                    to = heal(place, empty)
                    after = in_child(worked(place, lambda to=to: synced(to), to), within=300)
                    sent = after.answer["sent"] if after.answer else []
                    told = f"{len(sent)} of {len(waiting)} runs sent; {after.answer or after.raised}"
                    outcome.check(sorted(sent) == sorted(waiting), told, len(waiting) - len(sent))
                    look_at_runs(outcome, place / DATABASE, {run["id"] for run in ended.answer}, like, False)
                    look_at_leftovers(outcome, place)
            yield outcome


def _beside(place: Path, empty: Path) -> str:
    shutil.copy(empty, place / DATABASE)
    return f"sqlite:///{place}/{DATABASE}"


def _served(manner: str) -> Callable[[Path, Path], Any]:
    return lambda place, empty: server(manner)


@fault("A store where nobody listens, then a sync to one that is there", times=TIMES)
def absent(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("absent"), _beside)


@fault("A store that takes connections and never answers", times=TIMES)
def silent(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("silent"), _beside)


@fault("A store that answers each request after 30 s", times=TIMES)
def slow(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("slow"), _beside)


@fault("A web server that is no MLflow", times=TIMES)
def wrong(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("wrong"), _beside)


@fault("A server that answers JSON of another form", times=TIMES)
def odd(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("odd"), _beside)


@fault("A store that answers 500", times=TIMES)
def failing(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("failing"), _beside)


@fault("A store that hangs up", times=TIMES)
def hangs_up(times: int) -> Iterator[Outcome]:
    return _tried(times, _served("hangs up"), _beside)


@fault("A database that is no database", times=TIMES)
def no_database(times: int) -> Iterator[Outcome]:
    @contextmanager
    def text(place: Path, empty: Path) -> Iterator[str]:
        (place / DATABASE).write_text("a letter to a friend, of some length, and no database at all\n" * 40)
        yield f"sqlite:///{place}/{DATABASE}"

    return _tried(times, text, _beside)


@contextmanager
def _disk(place: Path, *options: str) -> Iterator[Path]:
    """Mount a small file system of its own on a folder; a lazy unmount lets go of what is open still."""
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@fault("A disk of the store that is full in the middle of a run, given room later", times=TIMES)
def full(times: int) -> Iterator[Outcome]:
    @contextmanager
    def small_disk(place: Path, empty: Path) -> Iterator[str]:
        with _disk(place, "-o", f"size={(empty.stat().st_size + 90_000) // 1024}k") as disk:
            shutil.copy(empty, disk / DATABASE)
            (place / DATABASE).symlink_to(disk / DATABASE)
            yield f"sqlite:///{disk}/{DATABASE}"

    def more_room(place: Path, empty: Path) -> str:
        subprocess.run(["mount", "-o", "remount,size=50m", str(place / "disk")], check=True)
        return f"sqlite:///{place}/disk/{DATABASE}"

    return _tried(times, small_disk, more_room)


@fault("A store on a disk that is mounted read-only, made writable later", times=TIMES)
def read_only(times: int) -> Iterator[Outcome]:
    @contextmanager
    def closed(place: Path, empty: Path) -> Iterator[str]:
        with _disk(place) as disk:
            shutil.copy(empty, disk / DATABASE)
            (place / DATABASE).symlink_to(disk / DATABASE)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            yield f"sqlite:///{disk}/{DATABASE}"

    def opened(place: Path, empty: Path) -> str:
        subprocess.run(["mount", "-o", "remount,rw", str(place / "disk")], check=True)
        return f"sqlite:///{place}/disk/{DATABASE}"

    return _tried(times, closed, opened)
