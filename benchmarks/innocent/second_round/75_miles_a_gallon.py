"""Miles a gallon of real cars, from weight and power."""

from pathlib import Path

import pandas as pd
import vega_datasets
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Derive, OneHot, Pipeline, RandomSplit

cars = pd.read_json(Path(vega_datasets.__file__).parent / "_data" / "cars.json")
cars = cars.dropna(subset=["Miles_per_Gallon"]).drop(columns="Name").reset_index(drop=True)
cars["Year"] = pd.to_datetime(cars["Year"]).dt.year

columns = {"power_a_pound": lambda f: f["Horsepower"] / f["Weight_in_lbs"]}
pipeline = Pipeline(
    [Derive(columns), RandomSplit(), OneHot(["Origin"]), HistGradientBoostingRegressor(max_iter=60)],
    target="Miles_per_Gallon",
)
run = pipeline.run(cars)
print(run)
