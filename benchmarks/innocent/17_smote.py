"""One event in twenty, oversampled: after imbalanced-learn's user guide."""

import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Calibrate, Evaluate, Pipeline

X, y = make_classification(
    n_samples=6_000, n_features=20, n_informative=3, n_redundant=1, weights=[0.95], class_sep=0.8, random_state=10
)
frame = pd.DataFrame(X).add_prefix("x").assign(fraud=y)

pipeline = Pipeline(
    [
        StandardScaler(),
        SMOTE(),
        LogisticRegression(),
        Calibrate(),
        Evaluate(metrics=["average_precision", "roc_auc", "recall"]),
    ],
    target="fraud",
)
run = pipeline.run(frame)
print(run)
print(run.steps)
