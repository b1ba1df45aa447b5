"""Damaged files: each kind of file that runs leave in ``.mlsys``, in a saved model and in a monitor, in twenty ways."""

from __future__ import annotations

import ctypes
import os
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pandas as pd

from faults.children import Ended, in_child
from faults.fault import Outcome, fault
from faults.harms import HARMS
from faults.thinned import NOBODY, Place, pipeline, tables

ERRORS = "mlsys.errors."
ROOM = 2 << 30
"""Bytes that a child may take beyond those it begins with; a large file has twice as many."""
CACHE = {
    "columns": ("again", r"\.mlsys/cache/columns/.*\.arrow"),
    "entries": ("again", r"\.mlsys/cache/entries/.*\.json"),
    "latest": ("again", r"\.mlsys/cache/latest/.*\.json"),
    "manifest of a state": ("again", r"\.mlsys/cache/states/.*/manifest\.json"),
    "state": ("again", r"\.mlsys/cache/states/.*/state\.json"),
    "arrays of a state": ("again", r"\.mlsys/cache/states/.*\.arrow"),
    "estimator": ("again", r"\.mlsys/cache/states/.*\.skops"),
    "mark": ("tracked", r"\.mlsys/\.gitignore"),
    "lock": ("tracked", r"\.mlsys/locks/.*"),
}
RUNS = {
    "making.lock": ("synced", r"\.mlsys/runs/making\.lock"),
    "lock": ("synced", r"\.mlsys/runs/[^/]*/lock"),
    "record": ("synced", r"\.mlsys/runs/[^/]*/record\.json"),
    "address": ("synced", r"\.mlsys/runs/[^/]*/address\.json"),
    "sent": ("synced", r"\.mlsys/runs/[^/]*/sent\.json"),
    "addition": ("synced", r"\.mlsys/runs/[^/]*/additions/.*\.json"),
    "count of additions": ("synced", r"\.mlsys/runs/[^/]*/added\.json"),
    "rows": ("synced", r"\.mlsys/runs/[^/]*/rows/.*\.parquet"),
    "table": ("synced", r"\.mlsys/runs/[^/]*/artifacts/.*\.parquet"),
    "picture": ("synced", r"\.mlsys/runs/[^/]*/artifacts/.*\.png"),
    "text": ("synced", r"\.mlsys/runs/[^/]*/artifacts/[^/]*\.(txt|html|json)"),
    "recipe": ("synced", r"\.mlsys/runs/[^/]*/artifacts/recipe/.*"),
    "model": ("synced", r"\.mlsys/runs/[^/]*/model/.*"),
}
SNAPSHOTS = {
    "file": ("reproduced", r"\.mlsys/snapshots/[^/]*"),
    "rows": ("given", r"\.mlsys/snapshots/[^/]*/.*"),
}
MODELS = {
    "description": ("loaded", r"model/pipeline\.json"),
    "manifest": ("loaded", r"model/manifest\.json"),
    "code": ("loaded", r"model/code/.*"),
    "state": ("loaded", r"model/steps/.*"),
    "monitor": ("watched", r"monitor/monitor\.json"),
    "profile": ("watched", r"monitor/profile-[^/]*/.*"),
}
"""Kinds of files: what of a user's day reads them, and where they lie."""
Files = Mapping[str, tuple[str, str]]


# What a user does the next day. Each answers with numbers that must be those of an undamaged folder.


def again() -> Any:
    """Run the pipeline once more, over what the cache has."""
    return _numbers(pipeline().run(track=False, verbose=False).metrics)


def tracked() -> Any:
    """Run it once more, with MLflow; the run is there exactly once, or waits."""
    run = pipeline().run(verbose=False)
    here = sum(1 for each in _runs() if each["id"] == run.id)
    waits = run.mlflow_run_id is None and (Path(".mlsys/runs") / run.id / "record.json").is_file()
    return {"metrics": _numbers(run.metrics), "times": here + waits}


def synced() -> Any:
    """Send what waits; which runs are in MLflow then, and which wait for what reason."""
    import mlsys

    report = mlsys.sync(os.environ["MLFLOW_TRACKING_URI"])
    return {"runs": _runs(), "waiting": {each.id: each.problem for each in report.waiting}}


def reproduced() -> Any:
    """Bring back a run whose file is gone, from its snapshot."""
    import mlsys

    for name in ("flights.csv", "planes.csv", "weather.csv"):
        Path(name).unlink()
    found = mlsys.reproduce(Path("run.txt").read_text())
    return [bool(found), _numbers(found.run.metrics)]


def given() -> Any:
    """Bring back a run that was given its rows."""
    import mlsys

    found = mlsys.reproduce(Path("given.txt").read_text())
    return [bool(found), _numbers(found.run.metrics)]


def loaded() -> Any:
    """Load the saved model and let it predict."""
    import mlsys

    return _numbers(mlsys.load("model").predict(pd.read_pickle("request.pickle")))  # noqa: S301  written below


def watched() -> Any:
    """Load the monitor and check a day."""
    import mlsys

    check = mlsys.Monitor.load("monitor").check(pd.read_pickle("request.pickle"))  # noqa: S301  written below
    return [check.verdict, _numbers(check.table)]


DAYS: dict[str, Callable[[], Any]] = {
    each.__name__: each for each in (again, tracked, synced, reproduced, given, loaded, watched)
}


def yesterday() -> None:
    """Do all that leaves files."""
    from sklearn.linear_model import LogisticRegression

    import mlsys

    tables()
    whole = pipeline()
    run = whole.run(snapshot=True, verbose=False)
    rows = run.frame("train", after="Impute")[["distance", "hour", "late"]].dropna()
    small = mlsys.Pipeline([mlsys.RandomSplit(), LogisticRegression()], target="late", name="given")
    Path("run.txt").write_text(run.id)
    Path("given.txt").write_text(small.run(rows, snapshot=True, verbose=False).id)
    run.frame("validation", after="Impute").head(40).to_pickle("request.pickle")
    run.save("model")
    mlsys.Monitor.fit(rows[["distance", "hour"]]).save("monitor")
    os.environ["MLFLOW_TRACKING_URI"] = NOBODY
    whole.run(verbose=False).final_test()
    small.run(rows, verbose=False)


@fault("files of the cache, and locks: 20 kinds of damage to each kind", times=len(CACHE) * len(HARMS))
def cache(times: int) -> Iterator[Outcome]:
    """A run has the same numbers and never ends over what lies in its folder."""
    yield from _damaged(CACHE, times)


@fault("files of runs, sent and waiting: 20 kinds of damage to each kind", times=len(RUNS) * len(HARMS))
def runs(times: int) -> Iterator[Outcome]:
    """Each run is in MLflow once as it was written, or waits and the damaged file is named."""
    yield from _damaged(RUNS, times)


@fault("snapshots: 20 kinds of damage to each kind", times=len(SNAPSHOTS) * len(HARMS))
def snapshots(times: int) -> Iterator[Outcome]:
    """A run is brought back as it was, or our error says what is missing."""
    yield from _damaged(SNAPSHOTS, times)


@fault("saved models and monitors: 20 kinds of damage to each kind of file", times=300)
def models(times: int) -> Iterator[Outcome]:
    """What is loaded answers as it was saved, or our error names what is damaged."""
    yield from _damaged(MODELS, times)


def _damaged(files: Files, times: int) -> Iterator[Outcome]:
    """Damage one file, then do what reads it."""
    rng = random.Random(20261127)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.first(yesterday)
        usual = {}
        for day in dict.fromkeys(day for day, _ in files.values()):
            place.put_back()
            usual[day] = _done(place, DAYS[day])
            if usual[day].answer is None:
                raise RuntimeError(f"{day} failed without any damage: {usual[day].raised}")
        trials = [(kind, harm) for harm in HARMS for kind in files]
        for kind, harm in islice(cycle(trials[:: max(1, len(trials) // times)]), times):
            place.put_back()
            day, pattern = files[kind]
            path, neighbour = _chosen(place.now, pattern, rng)
            outcome = Outcome(f"{kind} ({path.relative_to(place.now)}), {harm.__name__}")
            harm(path, neighbour, rng)
            ended = _done(place, DAYS[day])
            outcome.waited = max(0.0, ended.seconds - usual[day].seconds)
            _Looked(outcome, ended, usual[day].answer, path.name)(day)
            yield outcome


def _chosen(top: Path, pattern: str, rng: random.Random) -> tuple[Path, Path]:
    """Return a file of a kind and a neighbour: another of the kind with its name, if there is one."""
    every = [path for path in sorted(top.rglob("*")) if path.is_file()]
    alike = [path for path in every if re.fullmatch(pattern, str(path.relative_to(top)))]
    path = rng.choice(alike)
    others = [each for each in alike if each != path]
    named = [each for each in others if each.name == path.name]
    beside = [each for each in every if each != path and each.suffix == path.suffix]
    return path, rng.choice(named or others or beside or [each for each in every if each != path])


def _done(place: Place, day: Callable[[], Any]) -> Ended:
    def work() -> Any:
        _without_privileges()
        return day()

    with open("/proc/self/statm", encoding="ascii") as told:
        size = int(told.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return in_child(place.inside(work), within=120, memory=size + ROOM)


@dataclass
class _Looked:
    """Looks at how a day ended after a harm."""

    outcome: Outcome
    ended: Ended
    usual: Any
    name: str

    def __call__(self, day: str) -> None:
        ended = self.ended
        if not self.outcome.check(not ended.hung and not ended.killed, f"hung or died (status {ended.status})", 1):
            return
        refuses = day in {"reproduced", "given", "loaded", "watched"}
        if ended.raised is not None:
            kind, said = ended.raised
            self.outcome.check(kind.startswith(ERRORS) and refuses, f"{day} raised {kind}: {said[:300]}", not refuses)
        elif day == "synced":
            self._sent(ended.answer)
        else:
            self.outcome.check(ended.answer == self.usual, f"{day} answered otherwise: {str(ended.answer)[:300]}", 1)

    def _sent(self, answer: Mapping[str, Any]) -> None:
        ids = [each["id"] for each in answer["runs"]]
        self.outcome.check(len(ids) == len(set(ids)), f"a run stands twice in MLflow: {ids}")
        for run in self.usual["runs"]:
            found = next((each for each in answer["runs"] if each["id"] == run["id"]), None)
            problem = answer["waiting"].get(run["id"])
            if found is None:
                said = f"run {run['id']} is neither sent nor waiting"
                self.outcome.check(problem is not None, said, 1)
            elif problem is None:
                differs = {key: (found[key], run[key]) for key in run if found[key] != run[key]}
                self.outcome.check(not differs, f"a run was sent otherwise: {str(differs)[:300]}", 1)
        self.outcome.check(set(ids) <= {each["id"] for each in self.usual["runs"]}, "a run came from nowhere")
        for run_id, problem in answer["waiting"].items():
            self.outcome.check(run_id in str(problem) or self.name in str(problem) or "lock" in str(problem),
                               f"it does not say what is damaged: {problem}")  # fmt: skip
            self.outcome.check("Traceback" not in str(problem) and not re.match(r"[A-Z]\w+(Error|Exception):", problem),
                               f"a raw error is the reason: {problem}")  # fmt: skip


def _numbers(frame: pd.DataFrame) -> Any:
    """Return a table as JSON has it, to the last digit."""
    return [[repr(value) for value in row] for row in frame.itertuples(index=False, name=None)]


def _runs() -> list[dict[str, Any]]:
    """Return what MLflow holds of each run."""
    from mlflow import MlflowClient

    from mlsys.files import file_digest

    client: Any = MlflowClient()
    experiments = [each.experiment_id for each in client.search_experiments()]
    found = []
    for run in client.search_runs(experiments, max_results=100):
        steady = {key: value for key, value in run.data.metrics.items() if not key.startswith(("seconds", "latency"))}
        top = Path(run.info.artifact_uri.removeprefix("file://"))
        files = {each.path: file_digest(top / each.path) for each in client.list_artifacts(run.info.run_id)}
        models = len(run.outputs.model_outputs) if run.outputs else 0
        told = {"metrics": steady, "files": files, "models": models, "status": run.info.status}
        found.append({"id": run.data.tags.get("mlsys.run_id", run.info.run_id), **told})
    return sorted(found, key=lambda each: str(each["id"]))


def _without_privileges() -> None:
    """Let the modes of files hold for root as well."""
    if os.geteuid() == 0:
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        data = (ctypes.c_uint32 * 6)()
        ctypes.CDLL(None, use_errno=True).capset(header, data)
