"""Three hundred villages encoded by their target, out of folds, as the step does it."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Standardize, StratifiedSplit, TargetEncode

rng = np.random.default_rng(63)
rows = 2_400
place = rng.integers(0, 300, rows)
risk = rng.normal(0, 1, 300)
policies = pd.DataFrame(
    {
        "village": [f"V{number:03d}" for number in place],
        "age": rng.normal(45, 13, rows).round(),
        "sum": rng.lognormal(10, 0.5, rows).round(),
        "claim": (rng.random(rows) < 1 / (1 + np.exp(-(risk[place] - 0.8)))).astype(int),
    }
)
run = Pipeline([StratifiedSplit(), TargetEncode(["village"]), Standardize(), LogisticRegression()], target="claim").run(
    policies
)
print(run)
