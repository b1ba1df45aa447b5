"""How fast events are read in batches of several sizes, and how long features of a graph take."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from measuring import spread, table, write_page
from mlsys import ReadEvents, ReadGraph

EVENTS, TIMES = 100_000, 3
NODES, EDGES = 100_000, 1_000_000
TYPES = {
    **dict.fromkeys(["customer", "shop", "remark"], "str"),
    **dict.fromkeys(["price", "discount", "tax"], "float64"),
    **dict.fromkeys(["number", "items"], "int64"),
    "gift": "bool",
    "at": "datetime64[us]",
}


def write_events(path: Path) -> None:
    rng, at = np.random.default_rng(0), pd.date_range("2024-05-01", periods=EVENTS, freq="s")
    prices = rng.gamma(2.0, 30.0, EVENTS)
    with open(path, "w", encoding="utf-8") as opened:
        for each in range(EVENTS):
            event = {"number": each, "customer": f"c{each % 1000}", "shop": f"s{each % 7}", "price": prices[each]}
            event |= {"discount": 0.1, "tax": 0.19, "items": each % 9, "gift": each % 5 == 0, "remark": "as agreed"}
            opened.write(json.dumps({**event, "at": at[each].isoformat()}) + "\n")


def by_hand(path: Path) -> int:
    """Read the lines at once, without types, place or checks."""
    with open(path, encoding="utf-8") as opened:
        frame = pd.DataFrame([json.loads(line) for line in opened])
    return len(frame.assign(at=pd.to_datetime(frame["at"])))


def batches(events: ReadEvents, folder: Path, size: int) -> int:
    progress = folder / "progress"
    progress.unlink(missing_ok=True)
    return sum(len(batch) for batch in events.batches(progress, size=size))


def seconds(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def of_streams(folder: Path) -> str:
    path = folder / "events.jsonl"
    write_events(path)
    events = ReadEvents(path, "at", "1min", dtypes=TYPES)
    named = events.with_(id="number")
    jobs: dict[str, Callable[[], Any]] = {
        "json.loads and a DataFrame, at once": lambda: by_hand(path),
        "a pipeline's reading, at once": events.read,
        "batches of 10,000": lambda: batches(events, folder, 10_000),
        "batches of 1,000": lambda: batches(events, folder, 1_000),
        "batches of 1,000, with ids": lambda: batches(named, folder, 1_000),
        "batches of 100": lambda: batches(events, folder, 100),
    }
    found = {name: [seconds(job) for _ in range(TIMES)] for name, job in jobs.items()}
    rows = [
        (name, spread([1e6 * each / EVENTS for each in spent], 1), f"{EVENTS / statistics.median(spent):,.0f}")
        for name, spent in found.items()
    ]
    return table(["events of ten fields from JSON lines", "us of CPU an event", "events a second"], rows)


def of_graphs() -> str:
    rng = np.random.default_rng(0)
    begin = pd.Timestamp("2024-01-01")
    year = 365 * 86_400
    nodes = pd.DataFrame({"id": np.arange(NODES), "x": rng.normal(size=NODES)})
    nodes["opened"] = begin + pd.to_timedelta(rng.integers(0, year, NODES), "s")
    edges = pd.DataFrame({"source": rng.integers(0, NODES, EDGES), "target": rng.integers(0, NODES, EDGES)})
    edges["sent"] = begin + pd.to_timedelta(rng.integers(0, year, EDGES), "s")
    timed: dict[str, Any] = {"time": "sent", "at": "opened"}
    jobs = {
        "degree": ReadGraph(nodes, edges, features=["degree"], **timed),
        "mean over neighbours": ReadGraph(nodes, edges, features=[], means=["x"], **timed),
        "component size": ReadGraph(nodes, edges, features=["component_size"], **timed),
        "PageRank as of 13 moments": ReadGraph(nodes, edges, features=["pagerank"], snapshot="28D", **timed),
    }
    rows = [(name, spread([seconds(job.read) for _ in range(TIMES)])) for name, job in jobs.items()]
    return table(["features as of each node's decision", "s of CPU"], rows)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = f"""
{EVENTS:,} events; medians with minimum and maximum of {TIMES} runs in one process. A batch of any size
costs some milliseconds of its own: for its frame, and for the record on disk that it is done.

{of_streams(Path(folder))}

{NODES:,} nodes, {EDGES:,} edges, each node decided at its own moment in one year:

{of_graphs()}
"""
    write_page("streams", "Streams and graphs", "python benchmarks/streams.py", text)


if __name__ == "__main__":
    main()
