"""Many columns, few rows: a lasso chooses among 300 inside the pipeline, a stack of models learns from them."""

import pandas as pd
from sklearn.datasets import make_regression
from sklearn.ensemble import RandomForestRegressor, StackingRegressor
from sklearn.feature_selection import SelectFromModel, VarianceThreshold
from sklearn.linear_model import LassoCV, RidgeCV
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, Train

X, y = make_regression(n_samples=250, n_features=300, n_informative=12, noise=15.0, random_state=29)
frame = pd.DataFrame(X).add_prefix("gene_").assign(constant=1.0, outcome=y)

stack = StackingRegressor([("ridge", RidgeCV()), ("forest", RandomForestRegressor(n_estimators=30))], cv=3)
pipeline = Pipeline(
    [
        VarianceThreshold(),
        ("scale", StandardScaler()),
        ("choose", SelectFromModel(LassoCV(cv=3, alphas=30), threshold=1e-3)),
        Train(stack),
    ],
    target="outcome",
)
run = pipeline.run(frame)
print(run)
print(run.frame("train", after="choose").shape)
