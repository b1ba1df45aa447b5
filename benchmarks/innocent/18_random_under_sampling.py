"""Frequent class thinned out before a forest, with categories and gaps: after imbalanced-learn's example."""

import numpy as np
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from sklearn.ensemble import RandomForestClassifier

from mlsys import Calibrate, Evaluate, Impute, OneHot, Pipeline, StratifiedSplit

rng = np.random.default_rng(18)
rows = 8_000
people = pd.DataFrame(
    {
        "age": rng.integers(17, 90, rows),
        "hours": rng.normal(40, 12, rows).clip(1, 99).round(),
        "education": rng.choice(["school", "bachelor", "master", "doctorate"], rows, p=[0.6, 0.25, 0.12, 0.03]),
        "sex": rng.choice(["f", "m"], rows),
        "gain": np.where(rng.random(rows) < 0.08, rng.lognormal(8, 1, rows), 0).round(),
    }
)
years = people["education"].map({"school": 0, "bachelor": 1, "master": 1.6, "doctorate": 2.2})
score = 0.03 * (people["age"] - 45) + 0.05 * (people["hours"] - 40) + years + (people["gain"] > 5_000) - 3.6
people["rich"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-score)), ">50K", "<=50K")
people.loc[rng.random(rows) < 0.05, "education"] = None

run = Pipeline(
    [
        StratifiedSplit(),
        Impute(),
        OneHot(["education", "sex"]),
        RandomUnderSampler(),
        RandomForestClassifier(n_estimators=80, min_samples_leaf=5),
        Calibrate(),
        Evaluate(slices=["sex", "education"]),
    ],
    target="rich",
    sensitive=["sex"],
).run(people)
print(run)
