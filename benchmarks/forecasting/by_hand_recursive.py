"""By hand: one model of the next step in pandas, fed its own predictions as lags."""

import json
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

path, horizon, season, step, validation, test, lags, _, _, _, _ = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time", ignore_index=True)
value, time, backs = frame["value"], frame["time"], range(1, max(lags) + 1)
past = pd.DataFrame({f"lag_{back}": value.shift(back) for back in backs})
parts = {"1D": ["weekday", "month"], "1h": ["weekday", "month", "hour"], "MS": ["month"]}[step]


def rows_of(past, ahead):
    """Return lags, and the calendar of the time that is predicted."""
    then = time.shift(1 - ahead)
    calendar = {"weekday": then.dt.day_of_week, "month": then.dt.month, "hour": then.dt.hour}
    return pd.DataFrame(
        {**past, "holiday": frame["holiday"].shift(1 - ahead), **{each: calendar[each] for each in parts}}
    )


rows = rows_of(past, 1)
told = rows.columns[rows.nunique() > 1]
train = past.notna().all(axis=1) & (time < validation)
model = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
model.fit(rows.loc[train, told].to_numpy(float), value[train])
errors, naive = [], []
for ahead in range(1, horizon + 1):
    then, y, back = time.shift(1 - ahead), value.shift(1 - ahead), -(-ahead // season) * season
    judged = then.notna() & (time >= validation) & (time < test)
    said = pd.Series(np.nan, index=value.index)
    said[judged] = model.predict(rows_of(past, ahead).loc[judged, told].to_numpy(float))
    errors.append(np.abs(said - y)[judged])
    naive.append(np.abs(value.shift(1 - ahead + back) - y)[judged])
    past = pd.concat([said, past.iloc[:, :-1]], axis=1).set_axis(past.columns, axis=1)
print(json.dumps({"mae": np.concatenate(errors).mean(), "naive": np.concatenate(naive).mean()}))
