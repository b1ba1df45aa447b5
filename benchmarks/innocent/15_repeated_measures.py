"""Several visits of each patient: the split keeps a patient on one side."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, GroupSplit, Impute, OneHot, Pipeline, Standardize

rng = np.random.default_rng(15)
patients, visits = 400, 6
patient = np.repeat(np.arange(patients), visits)
frailty, sex = rng.normal(0, 1, patients), rng.choice(["f", "m"], patients)
measures = pd.DataFrame(
    {
        "patient": patient,
        "visit": np.tile(np.arange(1, visits + 1), patients),
        "age": np.repeat(rng.integers(30, 85, patients), visits),
        "sex": sex[patient],
        "pressure": (125 + 8 * frailty[patient] + rng.normal(0, 10, patients * visits)).round(),
        "glucose": (5.5 + 0.4 * frailty[patient] + rng.normal(0, 0.8, patients * visits)).round(1),
    }
)
score = 0.03 * (measures["age"] - 60) + 0.05 * (measures["pressure"] - 125) + frailty[patient] - 1
measures["relapse"] = rng.random(len(measures)) < 1 / (1 + np.exp(-score))
measures.loc[rng.random(len(measures)) < 0.1, "glucose"] = np.nan

pipeline = Pipeline(
    [GroupSplit(), Impute(), OneHot(["sex"]), Standardize(), LogisticRegression(), Evaluate(slices=["sex"])],
    target="relapse",
    group="patient",
)
run = pipeline.run(measures)
print(run)
final = run.final_test()
print(final)
