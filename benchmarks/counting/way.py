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
    return table["value"].to_numpy()[len(metrics) :].reshape(-1, len(metrics))  # all rows come first, then each group


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
    return np.array([of_arrays(truth, flag, metrics) for truth, flag in sorted_once(y, said, group)])


def drawn_again(y, said, group, metrics):
    """The values of rows sorted once; and of each of ``DRAWS`` draws of the rows of each group."""
    rng, found = np.random.default_rng(0), []
    for truth, flag in sorted_once(y, said, group):
        found.append(of_arrays(truth, flag, metrics))
        draws = []
        for _ in range(DRAWS):
            rows = rng.integers(0, len(truth), len(truth))
            draws.append(of_arrays(truth[rows], flag[rows], metrics))
        np.quantile(draws, [0.025, 0.975], axis=0)
    return np.array(found)


def sorted_once(y, said, group):
    order = np.argsort(group, kind="stable")
    y, said, group = y[order], said[order], group[order]
    ends = np.flatnonzero(np.diff(group)) + 1
    return zip(np.split(y == 1, ends), np.split(said == 1, ends), strict=True)


def of_arrays(truth, flag, metrics):
    caught, events, flagged = (truth & flag).sum(), truth.sum(), flag.sum()
    values = {
        "accuracy": (truth == flag).mean(), "precision": caught / flagged, "recall": caught / events,
        "f1": 2 * caught / (events + flagged), "false_positive_rate": (flagged - caught) / (len(truth) - events),
    }  # fmt: skip
    return [values[name] for name in metrics]


DRAWS = 1_000
ONCE = {"fairlearn", "sklearn", "sorting once, draws"}
"""Ways that take so long that one call is measured."""
WAYS = {"mlsys": by_mlsys, "mlsys with intervals": with_intervals, "fairlearn": by_fairlearn, "sklearn": by_sklearn,
        "sorting once": by_sorting_once, "sorting once, draws": drawn_again}  # fmt: skip


def main() -> None:
    way, rows, groups, metrics = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(",")
    warnings.simplefilter("ignore")
    few = made(200, 3)
    WAYS[way](*few, metrics)  # imports
    given = made(rows, groups)
    times = 1 if way in ONCE else 5
    before, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        values = WAYS[way](*given, metrics)
    seconds = (time.process_time() - before) / times, (time.perf_counter() - wall) / times
    print(json.dumps({"cpu": seconds[0], "wall": seconds[1], "values": np.asarray(values, dtype=float).tolist()}))


if __name__ == "__main__":
    main()
