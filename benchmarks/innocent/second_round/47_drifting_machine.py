"""Parts in the order in which they were made, of a tool that wears: the running number is a cause."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Pipeline, RandomSplit

rng = np.random.default_rng(47)
rows = 1_500
since_change = np.tile(np.arange(150), 10)
parts = pd.DataFrame(
    {
        "parts_since_change": since_change,
        "temperature": rng.normal(60, 4, rows).round(1),
        "steel": rng.integers(1, 5, rows),
    }
)
parts["roughness"] = (1 + 0.012 * since_change + 0.02 * parts["temperature"] + rng.normal(0, 0.15, rows)).round(3)

run = Pipeline([RandomSplit(), HistGradientBoostingRegressor(max_iter=60)], target="roughness").run(parts)
print(run)
