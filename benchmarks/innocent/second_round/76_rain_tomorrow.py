"""Does it rain in Seattle tomorrow? From today's weather."""

from pathlib import Path

import pandas as pd
import vega_datasets
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, OneHot, Pipeline, TimeSplit

days = pd.read_csv(Path(vega_datasets.__file__).parent / "_data" / "seattle-weather.csv", parse_dates=["date"])
days["rain_tomorrow"] = (days["precipitation"].shift(-1) > 0).astype(int)
days = days.iloc[:-1]

columns = {"month": lambda f: f["date"].dt.month, "range": lambda f: f["temp_max"] - f["temp_min"]}
pipeline = Pipeline(
    [Derive(columns), TimeSplit(), OneHot(["weather"]), HistGradientBoostingClassifier(max_iter=40)],
    target="rain_tomorrow",
    time="date",
)
run = pipeline.run(days)
print(run)
