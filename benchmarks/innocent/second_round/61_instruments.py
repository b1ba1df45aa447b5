"""Each sample is measured by three instruments, and samples stay together."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import GroupSplit, OneHot, Pipeline

rng = np.random.default_rng(61)
sample = np.repeat(np.arange(400), 3)
depth = rng.normal(0, 1, 400)[sample]
readings = pd.DataFrame(
    {
        "sample": [f"S{number:03d}" for number in sample],
        "instrument": np.tile(["A", "B", "C"], 400),
        "signal": (5 + depth + rng.normal(0, 0.1, 1_200)).round(2),
        "noise": rng.gamma(2.0, 0.1, 1_200).round(3),
        "purity": (90 + 4 * depth + rng.normal(0, 1, 400)[sample]).round(1),
    }
)
pipeline = Pipeline(
    [GroupSplit(), OneHot(["instrument"]), HistGradientBoostingRegressor(max_iter=60)], target="purity", group="sample"
)
run = pipeline.run(readings)
print(run)
