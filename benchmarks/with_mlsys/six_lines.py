"""DESIGN's six lines with mlsys, and quarters of every column as slices: card, findings, record in MLflow."""

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Evaluate, Pipeline

# --- data, not counted
df = load_breast_cancer(as_frame=True).frame
# --- end of data

quarters = df.drop(columns="target").apply(pd.qcut, q=4, labels=False).add_suffix(" quarter")
model, evaluate = HistGradientBoostingClassifier(), Evaluate(slices=list(quarters))
run = Pipeline([model, evaluate], target="target", exclude=list(quarters)).run(df.join(quarters))
print(run)
