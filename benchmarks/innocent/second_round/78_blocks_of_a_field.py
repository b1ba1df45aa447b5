"""Plots of a field trial: blocks stay together, and are declared."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import GroupSplit, OneHot, Pipeline

rng = np.random.default_rng(78)
block = np.repeat(np.arange(80), 15)
plots = pd.DataFrame(
    {
        "block": [f"B{number:02d}" for number in block],
        "seed": rng.choice(["early", "late", "mixed"], 1_200),
        "nitrogen": rng.choice([0, 40, 80, 120], 1_200),
        "clay": (rng.normal(25, 6, 80)[block] + rng.normal(0, 0.5, 1_200)).round(1),
    }
)
own = rng.normal(0, 4, 80)[block]
plots["yield"] = (40 + 0.08 * plots["nitrogen"] + 0.3 * plots["clay"] + own + rng.normal(0, 2, 1_200)).round(1)

pipeline = Pipeline(
    [GroupSplit(), OneHot(["seed"]), HistGradientBoostingRegressor(max_iter=60)],
    target="yield",
    group="block",
)
run = pipeline.run(plots)
print(run)
