"""The mean of all numbers of a row, where the target is a text and so none of them."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, Standardize, StratifiedSplit

rng = np.random.default_rng(54)
marks = pd.DataFrame(
    rng.normal(60, 12, (1_400, 6)).round(1), columns=["art", "music", "maths", "latin", "sport", "ict"]
)
passed = marks.mean(axis=1) + rng.normal(0, 4, 1_400) > 60
marks["result"] = pd.Series(np.where(passed, "passed", "failed"), dtype="str")

columns = {"mean": lambda f: f.mean(axis=1, numeric_only=True), "spread": lambda f: f.std(axis=1, numeric_only=True)}
run = Pipeline([Derive(columns), StratifiedSplit(), Standardize(), LogisticRegression()], target="result").run(marks)
print(run)
