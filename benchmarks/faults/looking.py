"""What is there afterwards: runs in MLflow's database, read as SQLite has them, and what lies in folders."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from faults.fault import Outcome

_READY = 2
"""How MLflow's database says that a model is complete."""


@dataclass(frozen=True)
class Kept:
    """One run as MLflow has it."""

    status: str
    metrics: tuple[tuple[str, float], ...]
    artifacts: frozenset[str]
    models: tuple[int, ...]
    cut_off: bool


def kept_runs(database: Path) -> tuple[dict[str, list[Kept]], int]:
    """Return the runs by the identity that they got before MLflow was asked, and how many have none."""
    if not database.exists():
        return {}, 0
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as opened:
        runs = opened.execute(
            "select run_uuid, status, artifact_uri from runs where lifecycle_stage = 'active'"
        ).fetchall()
        tags: dict[str, dict[str, str]] = {}
        for run, key, value in opened.execute("select run_uuid, key, value from tags"):
            tags.setdefault(run, {})[key] = value
        found: dict[str, list[Kept]] = {}
        nameless = 0
        for run, status, place in runs:
            identity = tags.get(run, {}).get("mlsys.run_id", "")
            nameless += not identity
            metrics = opened.execute("select key, value from metrics where run_uuid = ?", (run,)).fetchall()
            models = opened.execute(
                "select m.status from logged_models m join logged_model_tags t on m.model_id = t.model_id"
                " where t.tag_key = 'mlsys.run_id' and t.tag_value = ? and m.lifecycle_stage = 'active'",
                (identity,),
            ).fetchall()
            artifacts = Path(url2pathname(urlsplit(place).path))
            names = frozenset(_files(artifacts)) if artifacts.is_dir() else frozenset()
            cut_off = "mlsys.journal" in tags.get(run, {})
            each = Kept(status, tuple(sorted(metrics)), names, tuple(status for (status,) in models), cut_off)
            found.setdefault(identity, []).append(each)
    return found, nameless


def look_at_runs(outcome: Outcome, database: Path, whole: set[str], like: Kept, cut_off_too: bool = True) -> None:
    """Check that runs are in MLflow once and whole, and others at most once, whole or said to be cut off."""
    found, nameless = kept_runs(database)
    outcome.check(nameless == 0, f"{nameless} runs without an identity")
    missing = whole - set(found)
    outcome.check(not missing, f"{len(missing)} runs are not in MLflow", lost=len(missing))
    for identity, runs in found.items():
        outcome.check(len(runs) == 1, f"{len(runs)} runs of one identity in MLflow")
        for run in runs:
            if run.cut_off and cut_off_too and identity not in whole:
                outcome.check(run.status == "KILLED", f"a run that was cut off is {run.status}")
                continue
            outcome.check(run.status == "FINISHED", f"a run is {run.status}", lost=1)
            outcome.check(_same(run.metrics, like.metrics), "metrics in MLflow differ or are there twice", lost=1)
            outcome.check(
                run.artifacts == like.artifacts, f"artifacts differ: {run.artifacts ^ like.artifacts}", lost=1
            )
            outcome.check(run.models == like.models == (_READY,), f"models of a run: {run.models}", lost=1)


def _same(found: tuple[tuple[str, float], ...], expected: tuple[tuple[str, float], ...]) -> bool:
    """Whether the same names stand there as often, and what does not measure time is the same number."""
    timed = ("seconds/", "latency/")
    if Counter(name for name, _ in found) != Counter(name for name, _ in expected):
        return False
    numbers = [each for each in found if not each[0].startswith(timed)]
    return numbers == [each for each in expected if not each[0].startswith(timed)]


def look_at_leftovers(outcome: Outcome, place: Path, within: float = 6.0) -> None:
    """Check that nothing lies in temporary folders, nor half-written files in the library's own."""
    until = time.monotonic() + within
    while (left := sorted(leftovers(place))) and time.monotonic() < until:
        time.sleep(0.1)
    outcome.check(not left, f"left: {', '.join(left[:4])}")


def leftovers(place: Path) -> Iterator[str]:
    """Yield what only a process that was ended can have left."""
    for each in (place / "tmp").iterdir():
        yield f"tmp/{each.name}"
    for kind in ("parity", "sending"):
        for each in (place / ".mlsys" / kind).glob("*"):
            if {inside.name for inside in each.iterdir()} - {"lock", ".lock"}:
                yield f"{kind}/{each.name}"
    for each in place.glob(".mlflow.db.*"):
        yield each.name
    for each in (place / ".mlsys").rglob(".*"):
        if each.name != ".gitignore":
            yield str(each.relative_to(place))
    for each in (place / ".mlsys" / "runs").glob("*/"):
        if not (each / "record.json").exists() and {inside.name for inside in each.iterdir()} - {"lock"}:
            yield f"{each.relative_to(place)} without a record"


def _files(folder: Path) -> Iterator[str]:
    for each in folder.rglob("*"):
        if each.is_file():
            yield each.relative_to(folder).as_posix()
