"""Three kinds of model on the same rows: each is shown, none is picked."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Pipeline, Standardize, StratifiedSplit, Train

rng = np.random.default_rng(79)
rows = 1_500
loans = pd.DataFrame(rng.normal(0, 1, (rows, 6)), columns=["income", "debt", "age", "rooms", "years", "calls"])
loans["default"] = (rng.random(rows) < 1 / (1 + np.exp(-(loans["debt"] - loans["income"] - 1)))).astype(int)

models = [LogisticRegression(), KNeighborsClassifier(15), HistGradientBoostingClassifier(max_iter=40)]
runs = {
    type(model).__name__: Pipeline([StratifiedSplit(), Standardize(), Train(model)], target="default").run(loans)
    for model in models
}
print(*runs.values(), sep="\n")
