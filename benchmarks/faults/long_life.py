"""Hundreds of tracked runs in one process: memory, open files, threads and the library's folder stay as they are."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.children import in_child
from faults.fault import Outcome, fault
from faults.kills import empty_database
from faults.looking import kept_runs
from faults.work import DATABASE, folder, run_of, small, small_frame, warm, worked

WARM_UP = 30
MEMORY = 1.05
"""Share of the memory after the warm-up that it may have at the end."""
A_RUN = 60_000
"""Bytes that a run which MLflow has may leave in the library's folder: its record, and what is said of its rows."""


def _told(home: Path) -> dict[str, Any]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    size = sum(each.stat().st_size for each in home.rglob("*") if each.is_file())
    files = len(os.listdir("/proc/self/fd"))
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "files": files,
        "threads": threading.active_count(),
        "size": size,
    }


@fault("Tracked runs one after another in one process: memory, files, threads, folder", times=300)
def in_one_process(times: int) -> Iterator[Outcome]:
    warm()
    frame = small_frame()
    with folder() as data, folder() as place:
        shutil.copy(empty_database(data), place / DATABASE)

        def work() -> Any:
            found = []
            for number in range(times):
                run = run_of(small(strength=1.0 + number % 3), frame)
                found.append({**_told(place / ".mlsys"), "mlflow": run["mlflow"], "model": run["numbers"]["model"]})
            return found

        ended = in_child(worked(place, work), within=3_000)
        runs = ended.answer or []
        in_mlflow = {identity: len(each) for identity, each in kept_runs(place / DATABASE)[0].items()}
    settled = runs[min(WARM_UP, len(runs) // 2)] if runs else {}
    for number, run in enumerate(runs):
        outcome = Outcome(f"run {number}")
        outcome.check(run["mlflow"] is not None, "not in MLflow", lost=1)
        outcome.check(run["model"] == runs[number % 3]["model"], "another model", lost=1)
        if number > WARM_UP:
            outcome.check(run["memory"] < MEMORY * settled["memory"], f"{run['memory'] >> 20} MiB of memory")
            outcome.check(run["files"] <= settled["files"] + 3, f"{run['files']} open files")
            outcome.check(run["threads"] <= settled["threads"], f"{run['threads']} threads")
            more = (run["size"] - settled["size"]) / (number - WARM_UP)
            outcome.check(more < A_RUN, f"the folder grows by {more:,.0f} bytes a run")
        if number == len(runs) - 1:
            outcome.check(
                len(in_mlflow) == times and set(in_mlflow.values()) == {1}, "runs are missing or twice", lost=1
            )
            memory = f"{settled['memory'] >> 20} to {run['memory'] >> 20} MiB"
            outcome.what += f" ({memory}, {run['files']} files, {more:,.0f} bytes a run)"
        yield outcome
