"""Yields of barley of Minnesota, 120 fields: the real table that everyone draws."""

from pathlib import Path

import pandas as pd
import vega_datasets
from sklearn.linear_model import Ridge

from mlsys import OneHot, Pipeline, RandomSplit

barley = pd.read_json(Path(vega_datasets.__file__).parent / "_data" / "barley.json")
barley = barley.astype({"variety": "str", "site": "str"})
run = Pipeline([RandomSplit(), OneHot(["variety", "site"]), Ridge()], target="yield").run(barley)
print(run)
