"""By hand: the same features and rows in pandas, the same estimator for each horizon."""

import json
import math
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

path, horizon, season, step, validation, test, lags, seasons, name, relative, way = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time", ignore_index=True)
value, time = frame["value"], frame["time"]
before = [value.to_numpy()[max(0, place - season) : place] for place in range(len(value))]
level = pd.Series([math.fsum(each) / len(each) if len(each) else np.nan for each in before])
level = value.shift(1) if name == "value_lag_1" else level


def on_scale(values):
    if way != "level":
        return values
    return (values / level).where(level > 0) if relative == "ratio" else values - level


def of_seasons(ahead):
    """Return values of the same place in earlier seasons, and their mean."""
    made = {}
    for length, count in json.loads(seasons).items():
        latest = -(-ahead // int(length)) * int(length) - ahead + 1
        own = [value.shift(latest + place * int(length)) for place in range(count)]
        total, many = sum(each.fillna(0.0) for each in own), sum(each.notna() for each in own)
        made |= {f"{length}_{place}": on_scale(each) for place, each in enumerate(own)}
        made[f"{length}_mean"] = on_scale(total / many)
    return made


past = {f"lag_{back}": on_scale(value.shift(back)) for back in lags}
by_changes = way == "level" and relative == "change"
if by_changes:
    past |= {f"change_{back}": value.shift(back) - value.shift(back + 1) for back in lags}
parts = {"1D": ["weekday", "month"], "1h": ["weekday", "month", "hour"], "MS": ["month"]}[step]
errors, naive, total = [], [], 0.0
for ahead in range(1, horizon + 1):
    then, back = time.shift(1 - ahead), -(-ahead // season) * season
    calendar = {"weekday": then.dt.day_of_week, "month": then.dt.month, "hour": then.dt.hour}
    known_ahead = {"holiday": frame["holiday"].shift(1 - ahead), **{each: calendar[each] for each in parts}}
    rows = pd.DataFrame({**past, **(of_seasons(ahead) if way == "level" else {}), **known_ahead})
    rows = rows.loc[:, rows.nunique() > 1].to_numpy(float)
    y = value.shift(1 - ahead)
    learned = y - value.shift(2 - ahead) if by_changes else on_scale(y)
    known = (np.arange(len(value)) > 0) & then.notna()
    judged = known & (time >= validation) & (time < test)
    train = known & (then < validation) & learned.notna()
    model = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    model.fit(rows[train], learned[train])
    said = pd.Series(model.predict(rows[judged]), index=y.index[judged])
    said = total = total + said if by_changes else said
    if way == "level":
        said = said * level[judged] if relative == "ratio" else said + level[judged]
    errors.append(np.abs(said - y[judged]))
    naive.append(np.abs(value.shift(1 - ahead + back) - y)[judged])
print(json.dumps({"mae": np.concatenate(errors).mean(), "naive": np.concatenate(naive).mean()}))
