"""A folder of 200 MB goes through a whole pipeline in less memory than its rows take as a frame."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FILES, ROWS, NUMBERS = 8, 125_000, 24
"""Rows of a file; columns of numbers beside four others."""
MIB = 460
"""Peak memory beyond the imports: 375 to 430 measured, most of it in the checks for leakage, which look at the first
80,000 rows of a part. The same rows in a frame take 1,380."""

JOB = """
import json
import sys
from pathlib import Path

import pandas as pd
from sklearn.linear_model import SGDClassifier

from mlsys import DetectDrift, Evaluate, HashEncode, Impute, Pipeline, RandomSplit, ReadParquet, Standardize
from mlsys import TargetEncode, Train
from mlsys.settings import override
from mlsys.states import digest


def mebibytes(line):  # as Linux counts; ru_maxrss would be at least that of the process that started this one
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(each for each in status if each.startswith(line)).split()[1]) / 1024


numbers = [f"number_{place:02d}" for place in range(int(sys.argv[2]))]
learned = [Impute(numbers, indicator=False), Standardize(numbers), TargetEncode(["shop"]), HashEncode(["city"], bits=6)]
model = Train(SGDClassifier(loss="log_loss", alpha=1e-5, average=True), classes=[0, 1])
steps = [ReadParquet(sys.argv[1]), RandomSplit(), *learned, model, Evaluate(), DetectDrift(numbers[:4])]
pipeline = Pipeline(steps, target="paid", id="order")
before = mebibytes("VmRSS:")
with override(rows_in_memory=40_000, rows_per_partition=32_768):
    run = pipeline.run(track=False, cache=False)
score = run.metrics.query("model == 'model' and metric == 'roc_auc' and part == 'validation'").iloc[0]
found = {
    "peak": mebibytes("VmHWM:") - before,
    "rows": run.rows,
    "scored": int(score["n"]),
    "score": score["value"],
    "drift": run.reports["drift"].table["verdict"].tolist(),
    "taken": run.state("Train")["estimator"].t_ - 1,
}

frame = pd.read_parquet(sys.argv[1])
train = frame[run.assignment.reindex(frame["order"]).to_numpy() == "train"]
found["differ"] = []
for step in learned:
    fitted = step.fit(train, target="paid", id="order")
    if digest(fitted.state) != digest(run.state(step.title)):
        found["differ"].append(step.title)
    train = fitted.transform(train)
print(json.dumps(found))
"""


def make(folder: Path) -> float:
    """Write the files, and return the ROC AUC of the true odds."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    shops = pa.array([f"shop {place:04d}" for place in range(3_000)])
    cities = pa.array([f"city {place:03d}" for place in range(200)])
    truth, odds = [], []
    for number in range(FILES):
        values = rng.standard_normal((NUMBERS, ROWS))
        shop, city = rng.integers(0, len(shops), ROWS), rng.integers(0, len(cities), ROWS)
        odds.append(values[0] - values[1] / 2 + np.sin(city))
        truth.append((rng.random(ROWS) < 1 / (1 + np.exp(-odds[-1]))).astype(np.int64))
        columns: dict[str, Any] = {"order": np.arange(ROWS) + number * ROWS}
        for place, column in enumerate(values):
            columns[f"number_{place:02d}"] = pa.array(column, mask=rng.integers(0, 50, ROWS) == 0)
        columns |= {"shop": shops.take(shop), "city": cities.take(city), "paid": truth[-1]}
        options: dict[str, Any] = {"compression": "none", "row_group_size": 32_768, "use_dictionary": ["shop", "city"]}
        pq.write_table(pa.table(columns), folder / f"{number}.parquet", **options)
    return float(roc_auc_score(np.concatenate(truth), np.concatenate(odds)))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read as Linux counts it")
def test_a_folder_of_200_mb_stays_below_the_memory_of_its_frame(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    best = make(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) > 200e6
    given = [sys.executable, "-c", JOB, str(folder), str(NUMBERS)]
    done = subprocess.run(given, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["peak"] < MIB
    assert sum(found["rows"].values()) == FILES * ROWS and found["scored"] == found["rows"]["validation"]
    assert found["taken"] == found["rows"]["train"]  # each training row once
    assert best - 0.05 < found["score"] < best
    assert found["drift"] == ["no alarm"] * 4
    assert found["differ"] == []  # states are those of the frame, to the last byte
