"""Wines with many regions and wineries: codes from the target, after scikit-learn's example on TargetEncoder."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Evaluate, OneHot, Pipeline, TargetEncode

rng = np.random.default_rng(0)
rows = 4_000
winery_level, region_level = rng.normal(0, 2, 600), rng.normal(0, 1, 80)
winery, region = rng.integers(0, 600, rows), rng.integers(0, 80, rows)
reviews = pd.DataFrame(
    {
        "country": rng.choice(["Italy", "France", "US", "Spain"], rows),
        "region": pd.Series(region).map("region {:02d}".format),
        "winery": pd.Series(winery).map("winery {:03d}".format),
        "price": rng.lognormal(3.2, 0.5, rows).round(),
    }
)
reviews["points"] = (
    84 + winery_level[winery] + region_level[region] + np.log(reviews["price"]) + rng.normal(0, 2, rows)
).round()

pipeline = Pipeline(
    [
        TargetEncode(["region", "winery"]),
        OneHot(["country"]),
        HistGradientBoostingRegressor(),
        Evaluate(slices=["country"]),
    ],
    target="points",
)
run = pipeline.run(reviews)
print(run)
