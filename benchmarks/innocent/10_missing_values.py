"""Impute missing values before building an estimator: after scikit-learn's example of that name."""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import KNNImputer, SimpleImputer

from mlsys import Impute, Pipeline, compare

rng = np.random.default_rng(42)
frame = load_diabetes(as_frame=True).frame
features = frame.columns.drop("target")
holes = rng.random(frame[features].shape) < 0.1
frame[features] = frame[features].mask(holes)

forest = RandomForestRegressor(n_estimators=50)
pipelines = {
    "median": Pipeline([Impute(), forest], target="target"),
    "mean": Pipeline([SimpleImputer(add_indicator=True), forest], target="target"),
    "neighbours": Pipeline([KNNImputer(add_indicator=True), forest], target="target"),
}
runs = {name: pipeline.run(frame) for name, pipeline in pipelines.items()}
print(compare(runs))
