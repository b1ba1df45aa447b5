"""Friedman's function with five columns that matter and five that do not: kernel against forest."""

import pandas as pd
from sklearn.datasets import make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from mlsys import Pipeline, Train

X, y = make_friedman1(n_samples=1_500, noise=1.0, random_state=0)
frame = pd.DataFrame(X).add_prefix("x").assign(y=y)

pipeline = Pipeline([Train(RandomForestRegressor(n_estimators=40))], target="y")
run = pipeline.run(frame)
kernel = pipeline.replace(Train=Train(make_pipeline(Nystroem(n_components=100), Ridge(alpha=0.1)))).run(frame)
print(run, kernel, sep="\n")
