"""What benchmarks/large.py does, written by hand with pyarrow, numpy and the same estimator.

Run: ``python benchmarks/by_hand/large.py FOLDER``. The last line is JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

NUMBERS = ["price", "age", "hour"]
FOLDS = 5
PRIOR = 10.0
BATCH = 262_144


def hashed(ids: np.ndarray) -> np.ndarray:
    """Return a number between 0 and 1 for each id."""
    mixed = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def batches(folder: str, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a folder, a few at a time."""
    for path in sorted(Path(folder).glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=columns):
            yield batch.to_pandas()


def encoded(sums: dict[str, np.ndarray]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return levels in order, their smoothed means, and those without each fold, of sums and counts by fold."""
    names = sorted(sums)
    table = np.stack([sums[name] for name in names])  # levels, folds, (paid, rows)
    together = table.sum(axis=1)
    overall = together[:, 0].sum() / together[:, 1].sum()
    codes = (together[:, 0] + PRIOR * overall) / (together[:, 1] + PRIOR)
    others = together[:, None] - table
    without = (others[..., 0] + PRIOR * overall) / (others[..., 1] + PRIOR)
    return names, codes, without


def main(folder: str) -> None:
    """Learn on 60 % of the rows, evaluate on 20 %."""
    begin = time.perf_counter()
    held: dict[str, list[np.ndarray]] = {name: [] for name in NUMBERS}
    sums: dict[str, np.ndarray] = {}
    for frame in batches(folder, ["order", *NUMBERS, "country", "paid"]):  # what is learned, but for the scales
        at = hashed(frame["order"].to_numpy())
        train = frame[at < 0.6]
        fold = (at[at < 0.6] * 1e6).astype(int) % FOLDS
        for name in NUMBERS:
            held[name].append(train[name].to_numpy(dtype=np.float64))
        for (country, place), paid in train["paid"].groupby([train["country"], fold]):
            found = sums.setdefault(country, np.zeros((FOLDS, 2)))
            found[place] += [paid.sum(), len(paid)]
    values = {name: np.concatenate(each) for name, each in held.items()}
    medians = {name: float(np.nanmedian(each)) for name, each in values.items()}
    filled = {name: np.where(np.isnan(each), medians[name], each) for name, each in values.items()}
    scales = {name: (float(each.mean()), float(each.std())) for name, each in filled.items()}
    del held, values, filled
    names, codes, without = encoded(sums)

    def features(frame: pd.DataFrame, fold: np.ndarray | None) -> np.ndarray:
        columns = [
            (frame[name].fillna(medians[name]).to_numpy(dtype=np.float64) - scales[name][0]) / scales[name][1]
            for name in NUMBERS
        ]
        columns += [frame[name].isna().to_numpy(dtype=np.float64) for name in ("price", "age")]
        place = pd.Index(names).get_indexer(frame["country"])
        columns.append(codes[place] if fold is None else without[place, fold])
        columns += [
            (frame["device"] == each).to_numpy(dtype=np.float64) for each in ("phone", "tablet", "laptop", "other")
        ]
        return np.column_stack(columns)

    model = SGDClassifier(loss="log_loss", alpha=1e-5, random_state=0)
    for frame in batches(folder):
        at = hashed(frame["order"].to_numpy())
        train = frame[at < 0.6]
        fold = (at[at < 0.6] * 1e6).astype(int) % FOLDS
        model.partial_fit(features(train, fold), train["paid"].to_numpy(), classes=[0, 1])
    truth, share, device = [], [], []
    for frame in batches(folder):
        at = hashed(frame["order"].to_numpy())
        judged = frame[(at >= 0.6) & (at < 0.8)]
        truth.append(judged["paid"].to_numpy())
        share.append(model.predict_proba(features(judged, None))[:, 1])
        device.append(judged["device"].to_numpy())
    y, p, where = (np.concatenate(each) for each in (truth, share, device))
    for mask in [np.ones(len(y), dtype=bool), *(where == each for each in np.unique(where.astype(str)))]:
        said = p[mask] > 0.5
        for metric in (accuracy_score, precision_score, recall_score):
            metric(y[mask], said)
        for metric in (roc_auc_score, average_precision_score, log_loss):
            metric(y[mask], p[mask])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"auc": roc_auc_score(y, p), "seconds": time.perf_counter() - begin, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1])
