"""With skforecast: a model for each horizon, or a recursive one, backtested from each decision without refitting."""

import json
import sys
import warnings

import numpy as np
import pandas as pd
from skforecast.direct import ForecasterDirect
from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster
from skforecast.recursive import ForecasterRecursive
from sklearn.ensemble import HistGradientBoostingRegressor

warnings.simplefilter("ignore")
path, horizon, season, step, validation, test, lags, _, _, _, way = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
lags = list(range(1, max(lags) + 1)) if way == "recursive" else lags
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time").set_index("time")
frame = frame.asfreq({"1D": "D", "1h": "h"}.get(step, step))
last = int((frame.index < test).sum()) + horizon - 1
frame = frame.iloc[:last]
beside = pd.DataFrame({"holiday": frame["holiday"].astype(float), "month": frame.index.month.astype(float),
                       "weekday": frame.index.weekday.astype(float), "hour": frame.index.hour.astype(float)},
                      index=frame.index)  # fmt: skip
estimator = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
differentiation = 1 if way == "level" else None
if way == "recursive":
    model = ForecasterRecursive(estimator, lags=lags)
else:
    model = ForecasterDirect(estimator, steps=horizon, lags=lags, n_jobs=1, differentiation=differentiation)
folds = TimeSeriesFold(steps=horizon, initial_train_size=int((frame.index < validation).sum()), refit=False,
                       fold_stride=1, allow_incomplete_fold=False, differentiation=differentiation)  # fmt: skip
_, made = backtesting_forecaster(model, frame["value"], folds, "mean_absolute_error", exog=beside, n_jobs=1,
                                 verbose=False, show_progress=False)  # fmt: skip
ahead = made.groupby("fold").cumcount() + 1
place = pd.Series(np.arange(len(frame)), index=frame.index).loc[made.index].to_numpy()
y, value = frame["value"].loc[made.index].to_numpy(), frame["value"].to_numpy()
naive = value[place - (-(-ahead.to_numpy() // season) * season)]
print(json.dumps({"mae": np.abs(made["pred"].to_numpy() - y).mean(), "naive": np.abs(naive - y).mean()}))
