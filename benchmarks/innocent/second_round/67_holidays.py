"""A calendar of holidays, later days included: it is known years before."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Derive, Join, Pipeline, TimeSplit

rng = np.random.default_rng(67)
days = pd.date_range("2022-01-01", periods=900)
calendar = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "holiday": (rng.random(900) < 0.04).astype(int)})
visitors = pd.DataFrame({"day": days, "date": days.strftime("%Y-%m-%d"), "rain": rng.gamma(0.5, 4, 900).round(1)})
mean = 200 + 150 * calendar["holiday"] + 60 * (days.day_of_week > 4) - 6 * visitors["rain"]
visitors["visitors"] = rng.poisson(np.maximum(mean, 20))

pipeline = Pipeline(
    [
        Join(calendar, on="date"),
        Derive({"weekday": lambda f: f["day"].dt.day_of_week}),
        TimeSplit(),
        HistGradientBoostingRegressor(max_iter=60),
    ],
    target="visitors",
    time="day",
    exclude=["date"],
)
run = pipeline.run(visitors)
print(run)
