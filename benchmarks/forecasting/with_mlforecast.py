"""With mlforecast: a model for each horizon, or a recursive one, backtested from each decision without refitting."""

import json
import sys

import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.target_transforms import Differences
from sklearn.ensemble import HistGradientBoostingRegressor

path, horizon, season, step, validation, test, lags, _, _, _, way = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
lags = list(range(1, max(lags) + 1)) if way == "recursive" else lags
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time", ignore_index=True)
frame = frame.rename(columns={"time": "ds", "value": "y"}).assign(unique_id="one")
last = int((frame["ds"] < test).sum()) + horizon - 1
frame = frame.iloc[:last]
windows = len(frame) - horizon + 1 - int((frame["ds"] < validation).sum())
parts = {"1D": ["weekday", "month"], "1h": ["weekday", "month", "hour"], "MS": ["month"]}[step]
often = {"1D": "D", "1h": "h"}.get(step, step)
estimator = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
model = MLForecast({"model": estimator}, often, lags=lags, date_features=parts,
                   target_transforms=[Differences([1])] if way == "level" else None)  # fmt: skip
made = model.cross_validation(frame[["unique_id", "ds", "y", "holiday"]], n_windows=windows, h=horizon, step_size=1,
                              refit=False, max_horizon=None if way == "recursive" else horizon,
                              static_features=[])  # fmt: skip
made["ahead"] = made.groupby("cutoff").cumcount() + 1
value = frame.set_index("ds")["y"]
place = pd.Series(np.arange(len(frame)), index=frame["ds"])
back = -(-made["ahead"] // season) * season
naive = value.to_numpy()[place.loc[made["ds"]].to_numpy() - back.to_numpy()]
print(json.dumps({"mae": np.abs(made["model"] - made["y"]).mean(), "naive": np.abs(naive - made["y"]).mean()}))
