"""Sales of ten shops a day ahead, from what each shop sold before: a History step for lags."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Derive, History, Impute, OneHot, Pipeline, TimeSplit


class SoldBefore(History):
    """Sales of the last day and the mean of all days kept."""

    def apply(self, frame, past):
        return frame.assign(sold_last=past.last("sold"), sold_mean=past.mean("sold"), days_known=past.count())


rng = np.random.default_rng(10)
days = pd.date_range("2023-01-01", periods=400)
parts = []
for shop in range(10):
    level = 80 + 15 * shop + 20 * np.sin(2 * np.pi * days.day_of_week / 7) + np.cumsum(rng.normal(0, 1.5, len(days)))
    parts.append(pd.DataFrame({"day": days, "shop": f"shop {shop}", "sold": rng.poisson(np.maximum(level, 5))}))
sales = pd.concat(parts, ignore_index=True).sort_values("day", ignore_index=True)

pipeline = Pipeline(
    [
        SoldBefore("shop"),
        Derive({"weekday": lambda f: f["day"].dt.day_of_week}),
        TimeSplit(validation="30D", test="30D"),
        Impute(),
        OneHot(["shop"]),
        HistGradientBoostingRegressor(),
    ],
    target="sold",
    time="day",
)
run = pipeline.run(sales)
print(run)
final = run.final_test()
print(final)
