"""Twelve million rows in a Parquet folder: read, split, impute, encode, learn in parts, judge; memory is measured.

Run: ``python benchmarks/large.py [million rows ...]``: the first size is measured beside pyarrow by hand, polars and
duckdb (``[docs]`` and ``[dev]`` have these), further ones, such as ``12 1 100``, by time a row. Writes
``docs/benchmarks/large.rst``. Folders, about 25 MiB for a million rows, are made by this script in the system's place
for temporary files and removed afterwards.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from measuring import Measured, in_turn, measure, ratios, table, write_page

if TYPE_CHECKING:
    from mlsys import Pipeline

MILLIONS = 12
LIMIT = 2_048  # MiB
TIMES = 3


def make(folder: Path, millions: int) -> None:
    """Write one file a million rows, in row groups of a partition's size."""
    folder.mkdir(parents=True)
    countries = np.array([f"country {i:02d}" for i in range(40)])
    for number in range(millions):
        rng = np.random.default_rng(number)
        rows = 1_000_000
        country, device = rng.integers(0, 40, rows), rng.integers(0, 4, rows)
        price, age = rng.gamma(2.0, 30.0, rows), rng.normal(40, 12, rows)
        logit = 0.02 * (price - 60) + 0.03 * (age - 40) + 0.8 * np.sin(country) + 0.3 * (device == 2) - 1
        frame = pd.DataFrame(
            {
                "order": np.arange(rows) + number * rows,
                "price": np.where(rng.random(rows) < 0.05, np.nan, price),
                "age": np.where(rng.random(rows) < 0.1, np.nan, age),
                "country": countries[country],
                "device": np.array(["phone", "tablet", "laptop", "other"])[device],
                "hour": rng.integers(0, 24, rows),
                "paid": (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int),
            }
        )
        frame.to_parquet(folder / f"part-{number:02d}.parquet", row_group_size=262_144)


def pipeline(folder: str) -> Pipeline:
    """Return steps that all work partition by partition."""
    from sklearn.linear_model import SGDClassifier

    from mlsys import Evaluate, Impute, OneHot, Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode, Train

    return Pipeline(
        [
            ReadParquet(folder),
            RandomSplit(),
            Impute(),
            TargetEncode(["country"]),
            OneHot(["device"]),
            Standardize(["price", "age", "hour"]),
            Train(SGDClassifier(loss="log_loss", alpha=1e-5), classes=[0, 1]),
            Evaluate(slices=["device"]),
        ],
        target="paid",
        id="order",
    )


def learn(folder: str) -> None:
    """Run the pipeline; the last line is JSON."""
    begin = time.perf_counter()
    run = pipeline(folder).run(track=False)
    scores = run.metrics.query("model == 'model' and slice == 'all' and metric == 'roc_auc' and part == 'validation'")
    print(run)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "auc": float(scores["value"].iloc[0]),
                "seconds": time.perf_counter() - begin,
                "peak": peak,
                "rows": run.rows,
                "steps": {name: round(seconds, 1) for name, seconds in run.steps[["step", "seconds"]].to_numpy()},
            }
        )
    )


def aggregate(folder: str, python: bool) -> None:
    """Learn scales and target codes alone; with ``python`` a function changes a column before."""
    from mlsys import Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode

    begin = time.perf_counter()
    steps = [logarithm] if python else []
    learned = [Standardize(["price", "age", "hour"]), TargetEncode(["country"])]
    pipeline = Pipeline([ReadParquet(folder), *steps, RandomSplit(), *learned], target="paid", id="order")
    pipeline.run(track=False, cache=False)
    print(json.dumps({"seconds": time.perf_counter() - begin}))


def logarithm(frame: pd.DataFrame) -> pd.DataFrame:
    """A step of Python."""
    return frame.assign(price=np.log1p(frame["price"]))


def command_of(call: str) -> list[str]:
    """Return what runs a function of this module in a process of its own."""
    path = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    return [sys.executable, "-c", f"{path}; import large; large.{call}"]


def by_hand(script: str, *given: str) -> list[str]:
    """Return what runs a script of ``by_hand``."""
    return [sys.executable, str(Path(__file__).parent / "by_hand" / script), *given]


def last_line(found: Measured) -> dict[str, Any]:
    """Return what a process said at its end."""
    said: dict[str, Any] = json.loads(found.output.splitlines()[-1])
    return said


def beside_others(folder: str) -> str:
    """Return the table of the pipeline beside the same work by hand, and of aggregates beside engines of queries."""
    commands = {"mlsys": command_of(f"learn({folder!r})"), "pyarrow by hand": by_hand("large.py", folder)}
    for python in (False, True):
        said = " after Python" if python else ""
        commands[f"mlsys, aggregates{said}"] = command_of(f"aggregate({folder!r}, {python})")
        for engine in ("polars", "duckdb"):
            commands[f"{engine}, aggregates{said}"] = by_hand("aggregates.py", engine, folder, *["python"] * python)
    found = in_turn(commands, TIMES)
    rows = []
    for name, measured in found.items():
        own = "mlsys" if "aggregates" not in name else "mlsys, aggregates" + " after Python" * ("Python" in name)
        seconds = [each.wall for each in measured]
        ratio = "" if name == own else ratios([each.wall for each in found[own]], seconds)
        rows.append([name, f"{median(seconds):.1f}", f"{max(each.peak for each in measured):,.0f}", ratio])
    return table(["what", "seconds", "peak, MiB", "mlsys against it"], rows)


def by_size(place: Path, sizes: list[int]) -> str:
    """Return the table of seconds a million rows, by number of rows."""
    rows = []
    for millions in sizes:
        folder = place / f"{millions}"
        make(folder, millions)
        found = measure(command_of(f"learn({str(folder)!r})"))
        shutil.rmtree(folder)
        seconds = last_line(found)["seconds"]
        rows.append([f"{millions} million", f"{seconds:,.1f}", f"{seconds / millions:.2f}", f"{found.peak:,.0f}"])
    return table(["rows", "seconds", "seconds a million rows", "peak, MiB"], rows)


def main(millions: int, sizes: list[int]) -> None:
    """Make the folder, run in a process of its own, write the page."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "orders"
        make(folder, millions)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        found = measure(command_of(f"learn({str(folder)!r})"))
        others = beside_others(str(folder))
        shutil.rmtree(folder)
        scale = by_size(Path(place), sizes)
    last = last_line(found)
    rows = [
        ["peak memory, MiB", f"{found.peak:,.0f}", f"{LIMIT:,}"],
        ["seconds", f"{last['seconds']:,.0f}", "30"],
        ["validation ROC AUC", f"{last['auc']:.4f}", ""],
    ]
    steps = [[name, seconds] for name, seconds in last["steps"].items()]
    text = f"""{millions} million rows of 7 columns ({size:,.0f} MiB of Parquet), 2 threads: hash split by id,
medians of two columns, target encoding out of fold, one-hot, standardizing, ``SGDClassifier`` fed by
``partial_fit``, metrics with intervals. Every pass reads the folder again, piece by piece; nothing holds all rows.

{table(["what", "measured", "to reach"], rows)}

{table(["step", "seconds"], steps)}

Beside others
-------------

The same work with pyarrow and the same estimator by hand (``benchmarks/by_hand/large.py``: no intervals, baselines,
checks for leakage or record), and means, variances and shares by country alone, by polars' streaming engine and by
duckdb, without and with a function of Python before them. Processes in turn, {TIMES} times; ratios of pairs, median and
range.

{others}

By number of rows
-----------------

{scale if sizes else "Not measured in this run."}
"""
    write_page("large", "Twelve million rows on one machine", "python benchmarks/large.py 12 1 100", text)
    if found.peak > LIMIT:
        raise SystemExit(f"{found.peak:,.0f} MiB is more than {LIMIT:,}")


if __name__ == "__main__":
    asked = [int(each) for each in sys.argv[1:]] or [MILLIONS]
    main(asked[0], asked[1:])
