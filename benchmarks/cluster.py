"""The pipeline of ``large.py`` on two Dask workers and in one process: time, bytes, memory, a worker that is killed.

Run: ``python benchmarks/cluster.py [million rows] [pairs]``. Writes ``docs/benchmarks/cluster.rst``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd

import large
from measuring import in_turn, measure, ratios, spread, table, write_page

MILLIONS, PAIRS, WORKERS = 12, 3, 2
PIECES = 300
STEPS = ("Impute", "TargetEncode", "OneHot", "Standardize", "Train")


def learn(folder: str, workers: int, kill_after: float = 0.0) -> None:
    """Run the pipeline here (no workers) or on workers; the last line is JSON."""
    from distributed import Client

    from mlsys.engines import DaskEngine, LocalEngine, opened
    from mlsys.engines.dask.tasks import peak_bytes
    from mlsys.states import digest

    begin = time.perf_counter()
    pipeline = large.pipeline(folder)  # built first, as in a script: workers are copies of what is imported by then
    with opened(DaskEngine(workers=workers) if workers else LocalEngine()) as engine:
        if kill_after:
            threading.Timer(kill_after, kill_one, [engine]).start()
        run = pipeline.run(track=False, cache=False, engine=engine)
        seconds = time.perf_counter() - begin
        peaks = []
        if isinstance(engine, DaskEngine):
            with Client(engine.address, set_as_default=False) as client:
                peaks = [each / 2**20 for each in client.run(peak_bytes).values()]
    told: dict[str, Any] = {
        "states": {step: digest(run.state(step)) for step in STEPS},
        "scores": digest(run.metrics),
        "seconds": seconds,
        "here": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "workers": peaks,
    }
    print(json.dumps(told))


def kill_one(engine: Any) -> None:
    """End one worker as the kernel does when memory is short."""
    from distributed import Client

    with Client(engine.address, set_as_default=False) as client:
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


class Read:
    def __call__(self, columns: Any) -> pd.DataFrame:
        return pd.DataFrame({"x": [1]})


def overhead() -> None:
    """Print the seconds until workers have done something, and the milliseconds of a partition beyond its work."""
    from mlsys.engines import DaskEngine
    from mlsys.tables import Partition

    begin = time.perf_counter()
    with DaskEngine(workers=WORKERS) as engine:
        assert engine.workers
        engine.hold([Partition(1, Read()) for _ in range(WORKERS)], None).reduce(len)
        start = time.perf_counter() - begin
        pieces = engine.hold([Partition(1, Read()) for _ in range(PIECES)], None)
        pieces.reduce(len)  # what workers import is there now
        found = []
        for _ in range(5):
            begin = time.perf_counter()
            pieces.reduce(len)
            found.append(1000 * (time.perf_counter() - begin) / PIECES)
    print(json.dumps({"start": start, "milliseconds": found}))


def main(millions: int, pairs: int) -> None:
    """Make the folder, run in processes of their own, write the page."""
    path = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import cluster; cluster"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "orders"
        large.make(folder, millions)
        run = {name: [sys.executable, "-c", f"{path}.learn({str(folder)!r}, {workers})"]
               for name, workers in (("here", 0), ("workers", WORKERS))}  # fmt: skip
        found = {name: [json.loads(each.output.splitlines()[-1]) for each in all_of]
                 for name, all_of in in_turn(run, pairs).items()}  # fmt: skip
        half = statistics.median(each["seconds"] for each in found["workers"]) / 2
        killed = measure([sys.executable, "-c", f"{path}.learn({str(folder)!r}, {WORKERS}, {half})"])
    alone = json.loads(measure([sys.executable, "-c", f"{path}.overhead()"]).output.splitlines()[-1])
    write(millions, pairs, found, json.loads(killed.output.splitlines()[-1]), alone)


def write(millions: int, pairs: int, found: dict[str, Any], killed: dict[str, Any], alone: dict[str, Any]) -> None:
    """Write the page; fail where bytes differ."""
    reference = found["here"][0]
    others = {"two workers": found["workers"], "one of them killed half-way": [killed]}
    seconds = {name: [each["seconds"] for each in of] for name, of in found.items()}
    equal = [[name, *(same(reference, each, key) for key in ("states", "scores"))]
             for name, of in others.items() for each in of[:1]]  # fmt: skip
    rows = [
        ["seconds in one process", spread(seconds["here"], 1), ""],
        [f"seconds on {WORKERS} workers, their start included", spread(seconds["workers"], 1), ""],
        ["ratio, pair by pair", ratios(seconds["workers"], seconds["here"]), "1.2"],
        ["start of the workers alone, seconds", f"{alone['start']:.1f}", ""],
        ["seconds with a worker killed half-way", f"{killed['seconds']:.1f}", ""],
        ["overhead of a partition, milliseconds", spread(alone["milliseconds"], 1), "30"],
        ["peak memory in one process, MiB", f"{max(each['here'] for each in found['here']):,.0f}", ""],
        ["peak memory beside workers, MiB", f"{max(each['here'] for each in found['workers']):,.0f}", ""],
        ["peak memory of a worker, MiB", f"{max(max(each['workers']) for each in found['workers']):,.0f}", ""],
    ]
    text = f"""{millions} million rows, the pipeline of :doc:`large`, {pairs} pairs of runs in turn without cache.

{table(["what", "measured [range]", "at most"], rows)}

Bytes against one process:

{table(["run", "states of " + ", ".join(STEPS), "scores and intervals"], equal)}

Two workers on two cores share them with the process that trains the model and evaluates it.
"""
    write_page("cluster", "The same pipeline on Dask workers", "python benchmarks/cluster.py", text)
    if any("equal" != each for row in equal for each in row[1:]):
        raise SystemExit("bytes differ")


def same(one: dict[str, Any], other: dict[str, Any], key: str) -> str:
    """Say whether digests agree."""
    return "equal" if one[key] == other[key] else "different"


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]), *(MILLIONS, PAIRS)[len(sys.argv) - 1 :])
