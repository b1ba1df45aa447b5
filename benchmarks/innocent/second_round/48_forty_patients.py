"""Forty patients and five measurements."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Standardize, StratifiedSplit

rng = np.random.default_rng(48)
values = rng.normal(0, 1, (40, 5))
patients = pd.DataFrame(values.round(2), columns=["albumin", "sodium", "urea", "iron", "zinc"])
patients["relapse"] = (values[:, 0] + rng.normal(0, 1, 40) > 0).astype(int)

run = Pipeline([StratifiedSplit(), Standardize(), LogisticRegression()], target="relapse").run(patients)
print(run)
