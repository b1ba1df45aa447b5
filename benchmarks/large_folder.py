"""A folder of 20 GB: read, impute, standardise, target encode, hash, train incrementally, evaluate, compare for drift.

Run: ``python benchmarks/large_folder.py [GB] [folder]``. Writes ``docs/benchmarks/large_folder.rst``. The folder is
made by this script, in the system's place for temporary files unless named, and removed afterwards.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from measuring import measure, peak_memory, table, write_page

GB = 20.0
LIMIT = 2_048  # MiB
RATIO = 1.5
"""To reach, against by hand."""
NUMBERS = 200
ROWS = 131_072
"""Of a file."""
AT_ONCE = 65_536
"""Rows of a partition: of so many columns, fewer than usual."""
IN_MEMORY = 131_072
"""Rows that a source may hold, so that smaller folders are read in pieces too; of so many columns, fewer than usual."""


def make(folder: Path, gigabytes: float) -> int:
    """Write files without compression until they are so large; return the number of rows."""
    folder.mkdir(parents=True)
    written, number = 0, 0
    while written < gigabytes * 1e9:
        rng = np.random.default_rng(number)
        numbers = rng.normal(size=(ROWS, NUMBERS))
        shop, hour = rng.integers(0, 400, ROWS), rng.integers(0, 24, ROWS)
        odds = numbers[:, 0] - numbers[:, 1] / 2 + np.sin(shop) - 0.5
        numbers[rng.random((ROWS, NUMBERS)) < 0.02] = np.nan
        frame = pd.DataFrame(numbers, columns=[f"number_{place:03d}" for place in range(NUMBERS)])
        frame.insert(0, "order", np.arange(ROWS) + number * ROWS)
        frame["shop"] = np.array([f"shop {at:03d}" for at in range(400)])[shop]
        frame["hour"] = np.array([f"{at:02d}:00" for at in range(24)])[hour]
        frame["paid"] = (rng.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(int)
        path = folder / f"part-{number:04d}.parquet"
        frame.to_parquet(path, compression=None, row_group_size=AT_ONCE, index=False)
        written, number = written + path.stat().st_size, number + 1
    return number * ROWS


def learn(folder: str) -> None:
    """Run the pipeline; the last line is JSON."""
    from sklearn.linear_model import SGDClassifier

    from mlsys import (
        DetectDrift,
        Evaluate,
        HashEncode,
        Impute,
        Pipeline,
        RandomSplit,
        ReadParquet,
        Standardize,
        TargetEncode,
        Train,
    )
    from mlsys.settings import override

    begin = time.perf_counter()
    numbers = [f"number_{place:03d}" for place in range(NUMBERS)]
    pipeline = Pipeline(
        [
            ReadParquet(folder),
            RandomSplit(validation=0.1, test=0.1),
            Impute(numbers, indicator=False),
            Standardize(numbers),
            TargetEncode(["shop"]),
            HashEncode(["hour"], bits=6),
            Train(SGDClassifier(loss="log_loss", alpha=1e-5, average=True), classes=[0, 1]),
            Evaluate(slices=["hour"]),
            DetectDrift(numbers[:8]),
        ],
        target="paid",
        id="order",
    )
    with override(rows_in_memory=IN_MEMORY, rows_per_partition=AT_ONCE):
        print(pipeline.plan())
        run = pipeline.run(track=False, cache=False)
    print(run)
    scores = run.metrics.query("model == 'model' and slice == 'all' and metric == 'roc_auc' and part == 'validation'")
    steps = {name: round(seconds, 1) for name, seconds in run.steps[["step", "seconds"]].to_numpy()}
    seconds = time.perf_counter() - begin
    auc, peak = float(scores["value"].iloc[0]), peak_memory()
    print(json.dumps({"auc": auc, "seconds": seconds, "peak": peak, "steps": steps}))


def main(gigabytes: float, place: str | None) -> None:
    """Make the folder, run in a process of its own, write the page with the log of the run."""
    with tempfile.TemporaryDirectory(dir=place) as room:
        folder = Path(room) / "orders"
        rows = make(folder, gigabytes)
        path = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
        found = measure([sys.executable, "-c", f"{path}; import large_folder; large_folder.learn({str(folder)!r})"])
        hand = measure([sys.executable, str(Path(__file__).parent / "by_hand" / "large_folder.py"), str(folder)])
        shutil.rmtree(folder)
    *log, line = found.output.splitlines()
    last, other = json.loads(line), json.loads(hand.output.splitlines()[-1])
    measured = [
        ["peak memory, MiB", f"{last['peak']:,.0f}", f"{other['peak']:,.0f}", f"{LIMIT:,}"],
        ["seconds", f"{found.wall:,.0f}", f"{hand.wall:,.0f}", ""],
        ["seconds against by hand", f"{found.wall / hand.wall:.2f}", "", f"{RATIO}"],
        ["seconds of the processors", f"{found.cpu:,.0f}", f"{hand.cpu:,.0f}", ""],
        ["seconds of the processors against by hand", f"{found.cpu / hand.cpu:.2f}", "", ""],
        ["validation ROC AUC", f"{last['auc']:.4f}", f"{other['auc']:.4f}", ""],
    ]
    said = "\n".join(f"   {each}".replace(str(folder), "orders").rstrip() for each in log)
    text = f"""{gigabytes:g} GB of Parquet without compression, {rows:,} rows of {NUMBERS + 4} columns, 2 threads.
By hand: pyarrow, numpy and the same estimator (``benchmarks/by_hand/large_folder.py``), with medians of a hundredth
of the rows and without intervals, baselines, checks for leakage or record. Memory is the most that the kernel counted
for the process (VmHWM).

{table(["what", "mlsys", "by hand", "to reach"], measured)}

{table(["step", "seconds"], [[name, seconds] for name, seconds in last["steps"].items()])}

The log of the run
------------------

.. code-block:: text

{said}
"""
    write_page("large_folder", "A folder larger than memory", "python benchmarks/large_folder.py", text)
    if last["peak"] > LIMIT:
        raise SystemExit(f"{last['peak']:,.0f} MiB is more than {LIMIT:,}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(float(given[0]) if given else GB, given[1] if len(given) > 1 else None)
