"""Passengers with numbers, texts and gaps: after scikit-learn's example on columns of mixed types."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Impute, OneHot, Pipeline, Standardize

rng = np.random.default_rng(1912)
rows = 1_300
passengers = pd.DataFrame(
    {
        "pclass": rng.choice([1, 2, 3], rows, p=[0.25, 0.2, 0.55]),
        "sex": rng.choice(["female", "male"], rows, p=[0.36, 0.64]),
        "age": rng.gamma(5, 6, rows).round(),
        "fare": rng.lognormal(3, 0.8, rows).round(2),
        "embarked": rng.choice(["S", "C", "Q"], rows, p=[0.7, 0.2, 0.1]),
    }
)
score = 2.4 * (passengers["sex"] == "female") - 0.8 * passengers["pclass"] - 0.02 * passengers["age"] + 0.9
passengers["survived"] = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(int)
passengers.loc[rng.random(rows) < 0.2, "age"] = np.nan
passengers.loc[rng.random(rows) < 0.01, "embarked"] = None

pipeline = Pipeline(
    [Impute(), OneHot(["sex", "embarked", "pclass"]), Standardize(["age", "fare"]), LogisticRegression()],
    target="survived",
)
run = pipeline.insert(Evaluate(slices=["sex", "embarked"]), after="Train").run(passengers)
print(run)
print(run.features)
