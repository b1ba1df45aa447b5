"""Twelve million rows in a Parquet folder: read, split, impute, encode, learn in parts, judge; memory is measured.

Run: ``python benchmarks/large.py [million rows]``. Writes ``docs/benchmarks/large.rst``. The folder, about 25 MiB for
a million rows, is made by this script in the system's place for temporary files and removed afterwards.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from measuring import measure, table, write_page

if TYPE_CHECKING:
    from mlsys import Pipeline

MILLIONS = 12
LIMIT = 2_048  # MiB


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


def main(millions: int) -> None:
    """Make the folder, run in a process of its own, write the page."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "orders"
        make(folder, millions)
        size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
        path = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
        command = f"{path}; import large; large.learn({str(folder)!r})"
        found = measure([sys.executable, "-c", command])
    last = json.loads(found.output.splitlines()[-1])
    rows = [
        ["peak memory, MiB", f"{found.peak:,.0f}", f"{LIMIT:,}"],
        ["seconds", f"{last['seconds']:,.0f}", ""],
        ["validation ROC AUC", f"{last['auc']:.4f}", ""],
    ]
    steps = [[name, seconds] for name, seconds in last["steps"].items()]
    text = f"""{millions} million rows of 7 columns ({size:,.0f} MiB of Parquet), 2 threads: hash split by id,
medians of two columns, target encoding out of fold, one-hot, standardizing, ``SGDClassifier`` fed by
``partial_fit``, metrics with intervals. Every pass reads the folder again, piece by piece; nothing holds all rows.

{table(["what", "measured", "to reach"], rows)}

{table(["step", "seconds"], steps)}
"""
    write_page("large", "Twelve million rows on one machine", "python benchmarks/large.py", text)
    if found.peak > LIMIT:
        raise SystemExit(f"{found.peak:,.0f} MiB is more than {LIMIT:,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLIONS)
