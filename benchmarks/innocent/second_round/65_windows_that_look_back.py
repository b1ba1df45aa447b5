"""Temperatures of San Francisco an hour ahead, from those before."""

from pathlib import Path

import pandas as pd
import vega_datasets
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import CyclicEncode, Derive, History, Pipeline, TimeSplit


class Before(History):
    """The last reading and the mean of those kept."""

    def apply(self, frame, past):
        return frame.assign(last=past.last("temp"), usual=past.mean("temp"))


hours = pd.read_csv(Path(vega_datasets.__file__).parent / "_data" / "sf-temps.csv", parse_dates=["date"])
hours = hours.drop_duplicates("date").head(3_000).assign(place="SF")
pipeline = Pipeline(
    [
        Before("place", tail=24),
        Derive({"hour": lambda f: f["date"].dt.hour}),
        CyclicEncode({"hour": 24}),
        TimeSplit(),
        HistGradientBoostingRegressor(max_iter=60),
    ],
    target="temp",
    time="date",
    exclude=["place"],
)
run = pipeline.run(hours)
print(run)
