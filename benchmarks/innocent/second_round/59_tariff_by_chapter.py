"""Duties on goods: the tariff of a chapter stands in a published table and tells nearly everything."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Join, Pipeline, RandomSplit

rng = np.random.default_rng(59)
tariffs = pd.DataFrame({"chapter": np.arange(1, 98), "tariff": rng.choice([0, 2.5, 4.7, 6.5, 9, 12, 17.5], 97)})
rows = 2_000
goods = pd.DataFrame({"chapter": rng.integers(1, 98, rows), "value": rng.lognormal(7, 1, rows).round(2)})
goods["origin"] = rng.integers(1, 6, rows)
paid = goods.merge(tariffs, on="chapter")["tariff"].to_numpy() * np.where(goods["origin"] == 1, 0.5, 1.0)
goods["rate_paid"] = (paid + rng.normal(0, 0.3, rows)).clip(0).round(2)

run = Pipeline(
    [Join(tariffs, on="chapter"), RandomSplit(), HistGradientBoostingRegressor(max_iter=60)], target="rate_paid"
).run(goods)
print(run)
