"""Naive Bayes is too sure of itself: after scikit-learn's example on probability calibration."""

import pandas as pd
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB

from mlsys import Calibrate, Evaluate, Pipeline, PredefinedSplit, compare

X, y = make_classification(n_samples=10_000, n_features=20, n_informative=2, n_redundant=10, random_state=42)
frame = pd.DataFrame(X).add_prefix("x").assign(y=y)

bare = Pipeline(
    [
        PredefinedSplit(parts={"train": 0.4, "calibration": 0.2, "validation": 0.2, "test": 0.2}),
        GaussianNB(),
        Evaluate(metrics=["brier", "log_loss", "roc_auc"]),
    ],
    target="y",
    name="naive-bayes",
)
isotonic = bare.insert(Calibrate("isotonic"), after="Train")

runs = {"bare": bare.run(frame), "isotonic": isotonic.run(frame)}
print(compare(runs, metric="brier"))
