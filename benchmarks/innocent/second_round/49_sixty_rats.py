"""Sixty rats in three diets, with one strong measurement among a dozen."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import OneHot, Pipeline, Standardize, StratifiedSplit

rng = np.random.default_rng(49)
rats = pd.DataFrame(rng.normal(0, 1, (60, 12)).round(2), columns=[f"protein_{number}" for number in range(12)])
rats["diet"] = pd.Series(np.tile(["rich", "poor", "plain"], 20), dtype="str")
rats["ill"] = (2.5 * rats["protein_3"] + rng.normal(0, 1, 60) > 0).astype(int)

run = Pipeline([StratifiedSplit(), OneHot(["diet"]), Standardize(), LogisticRegression(C=0.3)], target="ill").run(rats)
print(run)
