"""One way of making labels of votes: prints accuracy and CPU seconds of each set as JSON.

Run by ``label_models.py``: way, folder of the data, sets.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from data import CROWDS, copied, credit, crowd, made, rules, tennis

Way = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def mlsys_way(train: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Learn with the library."""
    from mlsys.labeling import LabelModel, VoteMatrix

    return LabelModel().fit(VoteMatrix(train, range(classes))).probabilities(VoteMatrix(test, range(classes)))


def majority(train: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Count votes."""
    return np.column_stack([(test == place).sum(axis=1) for place in range(classes)]).astype(float)


def snorkel(train: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Learn with Snorkel as it comes, one thread."""
    import torch
    from snorkel.labeling.model import LabelModel

    torch.set_num_threads(1)
    model = LabelModel(cardinality=classes, verbose=False)
    model.fit(train, seed=0, progress_bar=False)
    return model.predict_proba(test)


def crowd_kit(train: np.ndarray, test: np.ndarray, classes: int) -> np.ndarray:
    """Learn with crowd-kit's Dawid-Skene, on the rows themselves: it gives no labels to others."""
    from crowdkit.aggregation import DawidSkene

    rows, places = np.nonzero(test >= 0)
    long = pd.DataFrame({"task": rows, "worker": places.astype(str), "label": test[rows, places].astype(str)})
    found = DawidSkene(n_iter=100).fit(long).probas_
    scores = np.zeros((len(test), classes))
    for name in found.columns:
        scores[found.index.to_numpy(), int(name)] = found[name].to_numpy()
    return scores


WAYS: dict[str, Way] = {"mlsys": mlsys_way, "majority": majority, "snorkel": snorkel, "crowd-kit": crowd_kit}


def main() -> None:
    """Measure."""
    way, folder, *sets = sys.argv[1:]
    learn, place, said = WAYS[way], Path(folder), {}
    warm = made(200, 4)[0]
    learn(warm, warm, 2)  # imports are not counted
    for name in sets:
        bayes = None
        if name in CROWDS:
            codes, truth, classes = crowd(place, name)
            train, test = codes, codes
        elif name.startswith("copies"):
            codes, truth = copied(int(name.split()[1]))
            train, test, classes = codes, codes, 2
        elif name.startswith("made"):
            codes, truth, bayes = made(int(name.split()[1]), 20)
            train, test, classes = codes, codes, 2
        else:
            parts = tennis(place) if name == "tennis" else rules(place, {"questions": "trec"}.get(name, name))
            (train, _, classes), (test, truth, _) = parts["train"], parts["test"]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begin = time.process_time()
        scores = learn(train, test, classes)
        seconds = time.process_time() - begin
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        said[name] = {
            "accuracy": credit(scores, truth, (test >= 0).any(axis=1)), "cpu": seconds, "memory": more, "bayes": bayes,
        }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main()
