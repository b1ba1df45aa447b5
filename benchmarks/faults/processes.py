"""Several at once, and Ctrl-C: processes on one fresh folder, threads, forked and spawned children of a run."""

from __future__ import annotations

import json
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faults.children import Child, Ended, in_child
from faults.fault import Outcome, fault, seed
from faults.killing import ended_at, moments, span
from faults.looking import Kept, kept_runs, look_at_leftovers, look_at_runs
from faults.work import DATABASE, folder, inside, run_of, small, small_frame, synced, warm, worked

THREADS = 8


def _first_run(place: Path) -> Callable[[], Any]:
    """Return work: the first tracked run of a folder, and a sync."""
    frame = small_frame()
    return worked(place, lambda: {"runs": [run_of(small(), frame)], "sync": synced()})


def _usual() -> tuple[Ended, int, Kept]:
    """Do a first run undisturbed: what it answers, how many files it touches, what is in MLflow then."""
    warm()
    with folder() as place:
        usual, touched = span(_first_run(place))
        ((like,),) = kept_runs(place / DATABASE)[0].values()
    return usual, touched, like


def _look(outcome: Outcome, place: Path, ended: list[Ended], right: Any, like: Kept) -> None:
    """Check that all came to their end with the same numbers, and that after one sync each run is in MLflow once."""
    runs = []
    for each in ended:
        if outcome.check(each.answer is not None, f"hangs: {each.hung}; raises {each.raised}", lost=1):
            runs += each.answer["runs"]
    outcome.check(all(run["numbers"] == right for run in runs), "other numbers", lost=1)
    after = in_child(worked(place, synced))
    outcome.check(bool(after.answer) and not after.answer["waiting"], f"waits: {after.answer or after.raised}")
    look_at_runs(outcome, place / DATABASE, {run["id"] for run in runs}, like)
    look_at_leftovers(outcome, place)


@fault("Four processes at once on one fresh folder", times=20)
def four_at_once(times: int) -> Iterator[Outcome]:
    usual, _, like = _usual()
    right = usual.answer["runs"][0]["numbers"]
    for number in range(times):
        outcome = Outcome(f"round {number}")
        with folder() as place:
            ended = [each.ended() for each in [Child(_first_run(place)) for _ in range(4)]]
            _look(outcome, place, ended, right, like)
            outcome.waited = max(0.0, max(each.seconds for each in ended) - 4 * usual.seconds)
        yield outcome


@fault("Ctrl-C during the first tracked run of a fresh folder, then run again", times=20)
def interrupted(times: int) -> Iterator[Outcome]:
    usual, touched, like = _usual()
    right = usual.answer["runs"][0]["numbers"]

    def listening(work: Callable[[], Any]) -> Callable[[], Any]:
        def done() -> Any:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs do not have
            return work()

        return done

    for moment in moments(usual.seconds, touched, times, seed(SEED)):
        outcome = Outcome(str(moment))
        with folder() as place:
            ended = ended_at(moment, listening(_first_run(place)), signal.SIGINT)
            raised = ended.raised is None or ended.raised[0] == "builtins.KeyboardInterrupt"
            outcome.check(raised and not ended.hung, f"Ctrl-C ends in {ended.raised}, hangs: {ended.hung}")
            again = in_child(_first_run(place))
            _look(outcome, place, [again], right, like)
            outcome.waited = max(0.0, again.seconds - usual.seconds)
        yield outcome


SEED = 20261128


@fault(f"{THREADS} threads that run pipelines in one process", times=10)
def threads(times: int) -> Iterator[Outcome]:
    usual, _, like = _usual()
    right, frame = usual.answer["runs"][0]["numbers"], small_frame()

    def work() -> Any:
        found: list[dict[str, Any]] = []
        begun = [threading.Thread(target=lambda: found.append(run_of(small(), frame))) for _ in range(THREADS)]
        for each in begun:
            each.start()
        for each in begun:
            each.join()
        return {"runs": found, "sync": synced()}

    for number in range(times):
        outcome = Outcome(f"round {number}")
        with folder() as place:
            ended = in_child(worked(place, work), within=300)
            got = len(ended.answer["runs"]) if ended.answer else 0
            outcome.check(got == THREADS, f"{got} of {THREADS} runs", lost=THREADS - got)
            _look(outcome, place, [ended], right, like)
        yield outcome


def _one_more(place: str, told: Any) -> None:
    """Run in a child process and tell what came of it; at module level, for it to be found there."""
    with inside(Path(place)):
        told.send_bytes(json.dumps(run_of(small(), small_frame())).encode())


def _after_a_run(how: str, times: int) -> Iterator[Outcome]:
    usual, _, like = _usual()
    right = usual.answer["runs"][0]["numbers"]
    for number in range(times):
        outcome = Outcome(f"round {number}")
        with folder() as place:

            def work(place: Path = place) -> Any:
                runs = [run_of(small(), small_frame())]
                context = multiprocessing.get_context(how)
                ours, theirs = context.Pipe()
                process = context.Process(target=_one_more, args=(str(place), theirs))  # type: ignore[attr-defined]
                process.start()
                runs.append(run_of(small(), small_frame()))
                if ours.poll(100):
                    runs.append(json.loads(ours.recv_bytes()))
                process.join(10)
                return {"runs": runs}

            ended = in_child(worked(place, work), within=300)
            got = len(ended.answer["runs"]) if ended.answer else 0
            outcome.check(got == 3, f"{got} of 3 runs", lost=3 - got)
            _look(outcome, place, [ended], right, like)
        yield outcome


@fault("A child forked after a run, both run on", times=10)
def fork(times: int) -> Iterator[Outcome]:
    return _after_a_run("fork", times)


@fault("A child spawned after a run, both run on", times=10)
def spawn(times: int) -> Iterator[Outcome]:
    return _after_a_run("spawn", times)
