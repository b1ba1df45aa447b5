"""A row a day out of a row an event, with yesterday's count as a feature."""

import numpy as np
import pandas as pd
from sklearn.linear_model import PoissonRegressor

from mlsys import Derive, Pipeline, Reshape, Standardize, TimeSplit


class PerDay(Reshape):
    """Calls a day, and those of the day and the week before."""

    def reshape(self, frame):
        calls = pd.DataFrame(frame).groupby("day", as_index=False).agg(calls=("call", "size"))
        return calls.assign(yesterday=calls["calls"].shift(1), last_week=calls["calls"].shift(7)).dropna()


rng = np.random.default_rng(52)
days = pd.date_range("2023-01-01", periods=400)
count = rng.poisson(18 + 6 * (days.day_of_week < 5) + 4 * np.sin(np.arange(400) / 30))
events = pd.DataFrame({"day": np.repeat(days, count), "call": np.arange(count.sum())})

pipeline = Pipeline(
    [
        PerDay(),
        Derive({"weekend": lambda f: (f["day"].dt.day_of_week > 4).astype(int)}),
        TimeSplit(),
        Standardize(),
        PoissonRegressor(),
    ],
    target="calls",
    time="day",
)
run = pipeline.run(events)
print(run)
