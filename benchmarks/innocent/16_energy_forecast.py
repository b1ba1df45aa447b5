"""Tomorrow's energy demand from the forecast of the weather: shares of time, and an embargo."""

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from mlsys import Apply, CyclicEncode, Pipeline, TimeSplit, Train

rng = np.random.default_rng(16)
days = pd.date_range("2019-01-01", "2023-12-31")
angle = 2 * np.pi * days.day_of_year.to_numpy() / 365.25
temperature = 10 - 9 * np.cos(angle) + rng.normal(0, 3, len(days))
demand = 900 + 12 * np.maximum(15 - temperature, 0) + 8 * np.maximum(temperature - 22, 0) - 80 * (days.day_of_week > 4)
energy = pd.DataFrame(
    {
        "day": days,
        "dayofyear": days.day_of_year,
        "weekend": days.day_of_week > 4,
        "forecast": (temperature + rng.normal(0, 1, len(days))).round(1),
        "demand": demand + rng.normal(0, 25, len(days)),
    }
)
pipeline = Pipeline(
    [
        TimeSplit(validation=0.2, test=0.2, embargo="7D"),
        Apply(SplineTransformer(n_knots=6), columns=["forecast"]),
        CyclicEncode({"dayofyear": 365.25}),
        Train(make_pipeline(StandardScaler(), RidgeCV())),
    ],
    target="demand",
    time="day",
)
run = pipeline.run(energy)
print(run)
