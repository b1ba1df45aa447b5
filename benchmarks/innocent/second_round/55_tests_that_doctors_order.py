"""A test that doctors order for those who look ill: that it is there tells much, and is known in time."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Pipeline, StratifiedSplit

rng = np.random.default_rng(55)
rows = 2_000
grave = rng.normal(0, 1, rows)
ordered = rng.random(rows) < 1 / (1 + np.exp(-(1.8 * grave - 0.8)))
patients = pd.DataFrame(
    {
        "age": (60 + 4 * grave + rng.normal(0, 12, rows)).round(),
        "pulse": (80 + 5 * grave + rng.normal(0, 12, rows)).round(),
        "lactate": np.where(ordered, np.exp(0.5 + 0.3 * grave + rng.normal(0, 0.4, rows)), np.nan).round(1),
        "died": (rng.random(rows) < 1 / (1 + np.exp(-(1.7 * grave - 1.6)))).astype(int),
    }
)
run = Pipeline([StratifiedSplit(), HistGradientBoostingClassifier(max_iter=60)], target="died").run(patients)
print(run)
