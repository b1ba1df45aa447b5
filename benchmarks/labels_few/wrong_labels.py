"""Find flipped labels in rows that were written by the benchmark, with the library named, and print JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

OURS = {
    "low_self_confidence": "self_confidence",
    "low_normalized_margin": "normalized_margin",
    "confident_learning": "confident_learning",
    "prune_by_noise_rate": "noise_rate",
    "prune_by_class": "by_class",
}


def with_cleanlab(labels: np.ndarray, shares: np.ndarray, method: str) -> np.ndarray:
    from cleanlab.filter import find_label_issues

    return np.asarray(find_label_issues(labels, shares, filter_by=method, n_jobs=1))


def with_mlsys(labels: np.ndarray, shares: np.ndarray, method: str) -> np.ndarray:
    import pandas as pd

    from mlsys import find_label_errors

    found = find_label_errors(pd.Series(labels), pd.DataFrame(shares), folds="held out", method=OURS[method])
    mask = np.zeros(len(labels), dtype=bool)
    mask[found.ids] = True
    return mask


def main() -> None:
    library, path = sys.argv[1:]
    find = {"cleanlab": with_cleanlab, "mlsys": with_mlsys}[library]
    rows = np.load(path)
    truth, labels, shares = rows["truth"], rows["labels"], rows["shares"]
    wrong, found = labels != truth, {}
    for method in OURS:
        begin = time.process_time()
        mask = find(labels, shares, method)
        seconds = time.process_time() - begin
        hits = int((mask & wrong).sum())
        found[method] = {
            "suspects": int(mask.sum()), "precision": hits / max(int(mask.sum()), 1), "recall": hits / int(wrong.sum()),
            "seconds": seconds, "rows": np.flatnonzero(mask).tolist(),
        }  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main()
