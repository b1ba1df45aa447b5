"""Ask for labels with the library named, from the same start, and print the score after each round as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.linear_model import LogisticRegression

MODAL = {"margin": "margin_sampling", "entropy": "entropy_sampling", "least_confidence": "uncertainty_sampling"}
SKACTIVEML = {"margin": "margin_sampling", "entropy": "entropy", "least_confidence": "least_confident"}
MODEL = LogisticRegression(max_iter=2_000)
Known = Iterator[np.ndarray]


def with_mlsys(pool: np.ndarray, labels: np.ndarray, start: np.ndarray, strategy: str, batch: int, seed: int) -> Known:
    import pandas as pd

    from mlsys import ActiveLearning

    truth = pd.Series(labels)
    frame = pd.DataFrame(pool).rename(columns=str).assign(y=truth.where(truth.index.isin(start)))
    learner = ActiveLearning(MODEL, strategy, batch=batch, random_share=0, seed=seed)
    while True:
        yield np.flatnonzero(frame["y"].notna())
        query = learner.query(frame, target="y")
        frame = query.answered(frame, truth[query.ids])


def with_modal(pool: np.ndarray, labels: np.ndarray, start: np.ndarray, strategy: str, batch: int, seed: int) -> Known:
    from modAL import uncertainty
    from modAL.models import ActiveLearner
    from sklearn.base import clone

    ask = getattr(uncertainty, MODAL[strategy])
    known, left = start, np.setdiff1d(np.arange(len(pool)), start)
    while True:
        yield known
        # A new learner in place of teach(), which asks scikit-learn for an argument that it no longer has.
        learner = ActiveLearner(clone(MODEL), ask, X_training=pool[known], y_training=labels[known])
        places = np.asarray(learner.query(pool[left], n_instances=batch)[0])
        known, left = np.append(known, left[places]), np.delete(left, places)


def with_skactiveml(
    pool: np.ndarray, labels: np.ndarray, start: np.ndarray, strategy: str, batch: int, seed: int
) -> Known:
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import UncertaintySampling

    given = np.full(len(pool), np.nan)
    given[start] = labels[start]
    ask = UncertaintySampling(method=SKACTIVEML[strategy], random_state=seed)
    classifier = SklearnClassifier(MODEL, classes=np.unique(labels), random_state=seed)
    while True:
        yield np.flatnonzero(~np.isnan(given))
        places = ask.query(X=pool, y=given, clf=classifier, batch_size=batch)
        given[places] = labels[places]


WITH = {"mlsys": with_mlsys, "modal": with_modal, "skactiveml": with_skactiveml}


def main() -> None:
    library, path = sys.argv[1:]
    if library != "mlsys":
        warnings.simplefilter("ignore")
    rows = np.load(path)
    task = json.loads(str(rows["task"]))
    found: dict[str, list[list[tuple[int, float]]]] = {}
    for strategy in task["strategies"]:
        curves = []
        for seed in range(task["seeds"]):
            pool, test = rows[f"pool {seed}"], rows[f"test {seed}"]
            features, labels, start = rows["features"], rows["labels"], rows[f"start {seed}"]
            curve = []
            for known in WITH[library](features[pool], labels[pool], start, strategy, task["batch"], seed):
                model = LogisticRegression(max_iter=2_000).fit(
                    features[pool][np.sort(known)], labels[pool][np.sort(known)]
                )
                curve.append((len(known), float(model.score(features[test], labels[test]))))
                if len(known) >= task["labels"]:
                    break
            curves.append(curve)
        found[strategy] = curves
    print(json.dumps(found))


if __name__ == "__main__":
    main()
