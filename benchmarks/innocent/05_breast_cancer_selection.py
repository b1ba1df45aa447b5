"""Univariate selection before a linear support vector machine, chosen inside the pipeline and not before it."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import LinearSVC

from mlsys import Evaluate, Pipeline

cancer = load_breast_cancer(as_frame=True).frame
noise = np.random.default_rng(0).uniform(0, 0.1, size=(len(cancer), 20))
frame = pd.concat([cancer, pd.DataFrame(noise).add_prefix("noise_")], axis=1)

run = Pipeline(
    [SelectKBest(f_classif, k=8), MinMaxScaler(), LinearSVC(), Evaluate(metrics=["balanced_accuracy", "accuracy"])],
    target="target",
).run(frame)
print(run)
print(run.frame("train", after="Apply").columns.tolist())
