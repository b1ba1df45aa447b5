"""Scores the same rows in one way and prints the processor seconds that it took, imports and data left out.

Run: ``python way.py WAY ROWS GROUPS``
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np


def made(rows: int, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, predictions that are right in four of five rows, and groups."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, rows)
    return y, np.where(rng.random(rows) < 0.8, y, 1 - y), rng.integers(0, groups, rows)


def by_mlsys(y, said, group, metrics, level=None):
    from mlsys import score_slices

    table = score_slices(y, said, group, metrics=metrics, level=level).table
    table = table[table["column"] != ""].sort_values("slice", key=lambda each: each.str[6:].astype(int), kind="stable")
    return table["value"].to_numpy().reshape(-1, len(metrics))


def with_intervals(y, said, group, metrics):
    return by_mlsys(y, said, group, metrics, level=0.95)


def by_fairlearn(y, said, group, metrics):
    from fairlearn.metrics import MetricFrame, false_positive_rate
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    functions = {"accuracy": accuracy_score, "precision": precision_score, "recall": recall_score, "f1": f1_score,
                 "false_positive_rate": false_positive_rate}  # fmt: skip
    asked = {name: functions[name] for name in metrics}
    return MetricFrame(metrics=asked, y_true=y, y_pred=said, sensitive_features=group).by_group.to_numpy(dtype=float)


def by_sklearn(y, said, group, metrics):
    from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

    functions = {"accuracy": accuracy_score, "precision": precision_score, "recall": recall_score, "f1": f1_score}
    found = []
    for each in np.unique(group):
        rows = group == each
        found.append([functions[name](y[rows], said[rows]) for name in metrics])
    return np.array(found)


def by_sorting_once(y, said, group, metrics):
    order = np.argsort(group, kind="stable")
    y, said, group = y[order], said[order], group[order]
    ends = np.flatnonzero(np.diff(group)) + 1
    found = []
    for truth, flag in zip(np.split(y == 1, ends), np.split(said == 1, ends), strict=True):
        caught, events, flagged = (truth & flag).sum(), truth.sum(), flag.sum()
        values = {
            "accuracy": (truth == flag).mean(), "precision": caught / flagged, "recall": caught / events,
            "f1": 2 * caught / (events + flagged),
            "false_positive_rate": (flagged - caught) / (len(truth) - events),
        }  # fmt: skip
        found.append([values[name] for name in metrics])
    return np.array(found)


WAYS = {"mlsys": by_mlsys, "mlsys with intervals": with_intervals, "fairlearn": by_fairlearn, "sklearn": by_sklearn,
        "sorting once": by_sorting_once}  # fmt: skip


def main() -> None:
    way, rows, groups, metrics = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(",")
    warnings.simplefilter("ignore")
    few = made(2_000, 3)
    WAYS[way](*few, metrics)  # imports
    given = made(rows, groups)
    times = 1 if way in {"fairlearn", "sklearn"} else 5
    before, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        values = WAYS[way](*given, metrics)
    seconds = (time.process_time() - before) / times, (time.perf_counter() - wall) / times
    print(json.dumps({"cpu": seconds[0], "wall": seconds[1], "values": np.asarray(values, dtype=float).tolist()}))


if __name__ == "__main__":
    main()
