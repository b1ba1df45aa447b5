"""SIGKILL: of the flight pipeline, of a first tracked run, of a sync, of a model being written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlsys
from faults.children import Ended, in_child
from faults.fault import Outcome, fault, seed
from faults.killing import ended_at, moments, span
from faults.looking import Kept, kept_runs, look_at_leftovers, look_at_runs
from faults.work import DATABASE, flights, folder, run_of, small, small_frame, synced, warm, worked
from mlsys.states import digest_frame
from mlsys.tracking.store import store

SEED = 20261127
FOR = 200


def _fallen(outcome: Outcome, ended: Ended, what: str) -> bool:
    """Check that work came to its end."""
    return not outcome.check(
        ended.answer is not None, f"{what} {'hangs' if ended.hung else f'fails: {ended.raised}'}", lost=1
    )


def _run_and_sync(pipeline: Any, frame: Any = None, **how: Any) -> dict[str, Any]:
    """Run again, as one does after a kill, and send what waits."""
    return {"run": run_of(pipeline, frame, **how), "sync": synced()}


def empty_database(place: Path) -> Path:
    """Make MLflow's tables in a folder, in a process of its own: a child forked later must not share a connection."""
    with folder() as made:
        ended = in_child(worked(made, lambda: store().__enter__() and None))
        assert ended.raised is None, ended
        shutil.copy(made / DATABASE, place / "empty.db")
    return place / "empty.db"


def _only(found: tuple[dict[str, list[Kept]], int]) -> Kept:
    ((run,),) = found[0].values()
    return run


@fault("SIGKILL of the flight pipeline, then run again", times=FOR)
def flight_pipeline(times: int) -> Iterator[Outcome]:
    """Every second run is tracked; without a store it is over sooner, and more kills hit the cache."""
    with folder() as data:
        pipeline, empty = flights(data), empty_database(data)

        def work(place: Path, track: bool) -> Any:
            return worked(place, lambda: _run_and_sync(pipeline, track=track))

        def fresh(place: Path) -> Path:
            shutil.copy(empty, place / DATABASE)
            return place

        warm()
        usual, like = {}, None
        for track in (False, True):
            with folder() as place:
                usual[track] = span(work(fresh(place), track))
                like = _only(kept_runs(place / DATABASE)) if track else None
        assert like is not None
        right = usual[True][0].answer["run"]["numbers"]
        at = {
            track: moments(each.seconds, touched, times, seed(SEED + track)) for track, (each, touched) in usual.items()
        }
        for number in range(times):
            track = number % 2 == 1
            moment = next(at[track])
            outcome = Outcome(f"{'tracked' if track else 'untracked'}, {moment}")
            with folder() as place:
                ended_at(moment, work(fresh(place), track))
                again = in_child(work(place, track))
                if not _fallen(outcome, again, "the run after the kill"):
                    answer = again.answer
                    outcome.check(answer["run"]["numbers"] == right, "other numbers", lost=1)
                    outcome.check(not answer["sync"]["waiting"], f"waits: {answer['sync']['waiting']}")
                    whole = {answer["run"]["id"]} if track else set()
                    look_at_runs(outcome, place / DATABASE, whole, like)
                    look_at_leftovers(outcome, place)
                outcome.waited = max(0.0, again.seconds - usual[track][0].seconds)
            yield outcome


@fault("SIGKILL of the first tracked run of a fresh folder", times=FOR)
def first_use(times: int) -> Iterator[Outcome]:
    warm()
    pipeline, frame = small(), small_frame()

    def work(place: Path) -> Any:
        return worked(place, lambda: _run_and_sync(pipeline, frame))

    with folder() as place:
        usual, touched = span(work(place))
        like = _only(kept_runs(place / DATABASE))
    right = usual.answer["run"]["numbers"]
    for moment in moments(usual.seconds, touched, times, seed(SEED + 2)):
        outcome = Outcome(str(moment))
        with folder() as place:
            ended_at(moment, work(place))
            again = in_child(work(place))
            if not _fallen(outcome, again, "the run after the kill"):
                answer = again.answer
                outcome.check(answer["run"]["numbers"] == right, "other numbers", lost=1)
                outcome.check(answer["run"]["mlflow"] is not None, "the run is not in MLflow")
                outcome.check(not answer["sync"]["waiting"], f"waits: {answer['sync']['waiting']}")
                look_at_runs(outcome, place / DATABASE, {answer["run"]["id"]}, like)
                look_at_leftovers(outcome, place)
            outcome.waited = max(0.0, again.seconds - usual.seconds)
        yield outcome


@fault("SIGKILL of a sync of two runs that wait", times=FOR)
def sync(times: int) -> Iterator[Outcome]:
    warm()
    frame = small_frame()
    with folder() as template:
        empty = empty_database(template)
        waiting = in_child(
            worked(template, lambda: [run_of(small("w"), frame)["id"] for _ in range(2)], "http://127.0.0.1:9")
        ).answer
        assert waiting, "two runs wait"

        def fresh(place: Path) -> Path:
            shutil.copytree(template / ".mlsys", place / ".mlsys")
            shutil.copy(empty, place / DATABASE)
            return place

        def work(place: Path) -> Any:
            return worked(place, lambda: synced(f"sqlite:///{place}/{DATABASE}"))

        with folder() as place:
            usual, touched = span(work(fresh(place)))
            like = next(iter(kept_runs(place / DATABASE)[0].values()))[0]
        for moment in moments(usual.seconds, touched, times, seed(SEED + 3)):
            outcome = Outcome(str(moment))
            with folder() as place:
                ended_at(moment, work(fresh(place)))
                again = in_child(work(place))
                if not _fallen(outcome, again, "the sync after the kill"):
                    outcome.check(not again.answer["waiting"], f"waits: {again.answer['waiting']}", lost=1)
                    look_at_runs(outcome, place / DATABASE, set(waiting), like, cut_off_too=False)
                    look_at_leftovers(outcome, place)
                outcome.waited = max(0.0, again.seconds - usual.seconds)
            yield outcome


@fault("SIGKILL of a model being written by run.save, then written again", times=FOR)
def model(times: int) -> Iterator[Outcome]:
    with folder() as data:
        pipeline = flights(data)
        run = pipeline.run(track=False, cache=False, verbose=False)
        rows = run.frame("validation", after="NaturalLabel")[list(run.model.inputs)].head(100)

        def read(place: Path) -> Any:
            return worked(place, lambda: digest_frame(mlsys.load(place / "model").predict(rows)))

        def write(place: Path) -> Any:
            return worked(place, lambda: str(run.save(place / "model")))

        with folder() as place:
            usual, touched = span(write(place))
            right = in_child(read(place)).answer
        assert right == digest_frame(run.predict(rows))
        for moment in moments(usual.seconds, touched, times, seed(SEED + 4)):
            outcome = Outcome(str(moment))
            with folder() as place:
                killed = ended_at(moment, write(place))
                if (place / "model").exists():
                    half = in_child(read(place))
                    outcome.check(half.answer == right, f"a half model is there: {half.raised}", lost=1)
                if killed.killed and not (place / "model").exists():
                    _fallen(outcome, in_child(write(place)), "writing it again")
                    outcome.check(in_child(read(place)).answer == right, "the model answers otherwise", lost=1)
                outcome.check(
                    sorted(each.name for each in place.iterdir() if each.name != "tmp")
                    in (["model"], [".mlsys", "model"]),
                    f"left: {sorted(each.name for each in place.iterdir())}",
                )
            yield outcome
