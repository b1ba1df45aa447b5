"""Bicycles lent in an hour: cyclic hours and weekdays, after scikit-learn's example on time-related features."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import CyclicEncode, Derive, DetectDrift, Evaluate, OneHot, Pipeline, TimeSplit, Train

rng = np.random.default_rng(2011)
hours = pd.date_range("2011-01-01", "2012-06-30 23:00", freq="h")
day, season = hours.hour.to_numpy(), 2 * np.pi * hours.day_of_year.to_numpy() / 365
temperature = 12 - 11 * np.cos(season) + 4 * np.sin(2 * np.pi * (day - 9) / 24) + rng.normal(0, 2.5, len(hours))
weather = rng.choice(["clear", "misty", "rain"], len(hours), p=[0.65, 0.25, 0.1])
commute = np.where(hours.day_of_week < 5, np.exp(-((day - 8) ** 2) / 3) + np.exp(-((day - 17.5) ** 2) / 5), 0.3)
mean = np.exp(3.2 + 1.1 * commute + 0.05 * temperature - 0.9 * (weather == "rain") - 1.2 * (day < 6))
bikes = pd.DataFrame({"time": hours, "temp": temperature.round(1), "weather": weather, "count": rng.poisson(mean)})

pipeline = Pipeline(
    [
        Derive({"hour": lambda f: f["time"].dt.hour, "weekday": lambda f: f["time"].dt.day_of_week}),
        TimeSplit(validation="28D", test="28D", embargo="1D"),
        CyclicEncode({"hour": 24, "weekday": 7}, keep=True),
        OneHot(["weather"]),
        Train(HistGradientBoostingRegressor(loss="poisson")),
        Evaluate(metrics=["mae", "rmse"], slices=["weekday"]),
        DetectDrift(),
    ],
    target="count",
    time="time",
)
run = pipeline.run(bikes)
print(run)
