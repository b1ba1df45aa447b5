"""Tumours by thirty measures, of which several have .97 alone."""

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Standardize, StratifiedSplit

tumours = load_breast_cancer(as_frame=True).frame
run = Pipeline([StratifiedSplit(), Standardize(), LogisticRegression(max_iter=500)], target="target").run(tumours)
print(run)
