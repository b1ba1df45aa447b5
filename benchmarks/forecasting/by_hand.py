"""By hand: the same features and rows in pandas, the same estimator."""

import json
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

path, horizon, season, step, validation, test, lags = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time", ignore_index=True)
value, time = frame["value"], frame["time"]
rows = []
for ahead in range(1, horizon + 1):
    then = time.shift(1 - ahead)
    back = -(-ahead // season) * season
    rows.append(
        pd.DataFrame(
            {"origin": time, "then": then, "y": value.shift(1 - ahead), "holiday": frame["holiday"].shift(1 - ahead),
             **{f"lag_{back}": value.shift(back) for back in lags}, "horizon": ahead,
             "same": value.shift(season - ahead + 1), "weekday": then.dt.day_of_week,
             "month": then.dt.month, "hour": then.dt.hour, "naive": value.shift(1 - ahead + back)}
        ).iloc[1:]
    )  # fmt: skip
rows = pd.concat(rows).sort_values(["origin", "horizon"]).dropna(subset=["y"])
names = ["holiday", *(f"lag_{back}" for back in lags), "horizon", "same", "weekday", "month", "hour"]
names = [name for name in names if rows[name].nunique() > 1]
train = rows[(rows["origin"] < validation) & (rows["then"] < validation)]
judged = rows[(rows["origin"] >= validation) & (rows["origin"] < test)]
model = HistGradientBoostingRegressor(early_stopping=False, random_state=0).fit(
    train[names].to_numpy(float), train["y"]
)
error = np.abs(model.predict(judged[names].to_numpy(float)) - judged["y"])
print(json.dumps({"mae": error.mean(), "naive": np.abs(judged["naive"] - judged["y"]).mean()}))
