"""What benchmarks/large_folder.py does, written by hand with pyarrow, numpy and the same estimator.

Run: ``python benchmarks/by_hand/large_folder.py FOLDER``. The last line is JSON. Three passes: what is learned before
the model, training, evaluation. Medians are those of a hundredth of the training rows, since 200 columns of all of them
do not fit; there are no intervals, baselines, checks for leakage or record.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)

from large import batches, encoded, hashed

NUMBERS = [f"number_{place:03d}" for place in range(200)]
TRAIN, VALIDATION = 0.8, 0.9
FOLDS, BITS = 5, 6
COMPARED = 8
SAMPLED = 0.01


def main(folder: str) -> None:
    """Learn on 80 % of the rows, evaluate on 10 %."""
    begin = time.perf_counter()
    count, known = 0, np.zeros(len(NUMBERS), dtype=np.int64)
    total, squares = np.zeros(len(NUMBERS)), np.zeros(len(NUMBERS))
    sample: list[np.ndarray] = []
    sums: dict[str, np.ndarray] = {}
    for frame in batches(folder, ["order", *NUMBERS, "shop", "paid"]):
        at = hashed(frame["order"].to_numpy())
        train = frame[at < TRAIN]
        values = train[NUMBERS].to_numpy()
        null = np.isnan(values)
        filled = np.where(null, 0.0, values)
        count, known = count + len(values), known + (~null).sum(axis=0)
        total, squares = total + filled.sum(axis=0), squares + (filled**2).sum(axis=0)
        sample.append(values[(at[at < TRAIN] * 1e4).astype(int) % 100 < 100 * SAMPLED])
        fold = (at[at < TRAIN] * 1e6).astype(int) % FOLDS
        for (shop, place), paid in train["paid"].groupby([train["shop"], fold]):
            found = sums.setdefault(shop, np.zeros((FOLDS, 2)))
            found[place] += [paid.sum(), len(paid)]
    medians = np.nanmedian(np.concatenate(sample), axis=0)
    nulls = count - known
    means = (total + nulls * medians) / count
    scales = np.sqrt((squares + nulls * medians**2) / count - means**2)
    names, codes, without = encoded(sums)
    places: dict[str, int] = {}

    def features(frame: pd.DataFrame, fold: np.ndarray | None) -> np.ndarray:
        made = np.zeros((len(frame), len(NUMBERS) + 1 + 2**BITS))
        numbers = frame[NUMBERS].to_numpy()
        made[:, : len(NUMBERS)] = (np.where(np.isnan(numbers), medians, numbers) - means) / scales
        place = pd.Index(names).get_indexer(frame["shop"])
        made[:, len(NUMBERS)] = codes[place] if fold is None else without[place, fold]
        hour, levels = pd.factorize(frame["hour"])
        for level in levels:
            places.setdefault(level, zlib.crc32(level.encode()) % 2**BITS)
        made[np.arange(len(frame)), len(NUMBERS) + 1 + np.array([places[level] for level in levels])[hour]] = 1
        return made

    model = SGDClassifier(loss="log_loss", alpha=1e-5, average=True, random_state=0)
    before: list[np.ndarray] = []
    for frame in batches(folder):
        at = hashed(frame["order"].to_numpy())
        train = frame[at < TRAIN]
        fold = (at[at < TRAIN] * 1e6).astype(int) % FOLDS
        model.partial_fit(features(train, fold), train["paid"].to_numpy(), classes=[0, 1])
        before.append(train[NUMBERS[:COMPARED]].to_numpy()[(at[at < TRAIN] * 1e3).astype(int) % 25 == 0])
    truth, share, hours, after = [], [], [], []
    for frame in batches(folder):
        at = hashed(frame["order"].to_numpy())
        judged = frame[(at >= TRAIN) & (at < VALIDATION)]
        truth.append(judged["paid"].to_numpy())
        share.append(model.predict_proba(features(judged, None))[:, 1])
        hours.append(judged["hour"].to_numpy(dtype=str))
        after.append(judged[NUMBERS[:COMPARED]].to_numpy())
    y, p, where = (np.concatenate(each) for each in (truth, share, hours))
    for mask in [np.ones(len(y), dtype=bool), *(where == each for each in np.unique(where))]:
        said = p[mask] > 0.5
        for metric in (accuracy_score, precision_score, recall_score):
            metric(y[mask], said)
        for metric in (roc_auc_score, average_precision_score, log_loss):
            metric(y[mask], p[mask])
    for one, other in zip(np.concatenate(before).T, np.concatenate(after).T, strict=True):
        ks_2samp(one[~np.isnan(one)], other[~np.isnan(other)])
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    print(json.dumps({"auc": roc_auc_score(y, p), "seconds": time.perf_counter() - begin, "peak": peak}))


if __name__ == "__main__":
    main(sys.argv[1])
