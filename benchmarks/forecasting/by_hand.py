"""By hand: the same features and rows in pandas, the same estimator for each horizon."""

import json
import math
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

path, horizon, season, step, validation, test, lags, way = sys.argv[1:]
horizon, season, lags = int(horizon), int(season), json.loads(lags)
frame = pd.read_csv(path, parse_dates=["time"]).sort_values("time", ignore_index=True)
value, time = frame["value"], frame["time"]
past = {f"lag_{back}": value.shift(back) for back in lags}
level = pd.Series(0.0, index=frame.index)
if way == "level":
    before = [value[max(0, place - season) : place] for place in range(len(value))]
    level = pd.Series([math.fsum(each) / len(each) if len(each) else np.nan for each in before])
    past = {name: each - level for name, each in past.items()}
parts = {"1D": ["weekday", "month"], "1h": ["weekday", "month", "hour"], "MS": ["month"]}[step]
errors, naive = [], []
for ahead in range(1, horizon + 1):
    then, back = time.shift(1 - ahead), -(-ahead // season) * season
    calendar = {"weekday": then.dt.day_of_week, "month": then.dt.month, "hour": then.dt.hour}
    known_ahead = {"holiday": frame["holiday"].shift(1 - ahead), **{each: calendar[each] for each in parts}}
    if way == "level":
        seasons = [value.shift(back - ahead + 1 + earlier * season) for earlier in range(4)]
        total, many = sum(each.fillna(0.0) for each in seasons), sum(each.notna() for each in seasons)
        of_season = {f"season_{earlier}": each - level for earlier, each in enumerate(seasons)}
        known_ahead |= {**of_season, "season_mean": total / many - level}
    rows = pd.DataFrame({**past, **known_ahead})
    rows = rows.loc[:, rows.nunique() > 1].to_numpy(float)
    y, known = value.shift(1 - ahead), (np.arange(len(value)) > 0) & then.notna()
    train = known & (then < validation)
    judged = known & (time >= validation) & (time < test)
    model = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    model.fit(rows[train], (y - level)[train])
    errors.append(np.abs(model.predict(rows[judged]) + level[judged] - y[judged]))
    naive.append(np.abs(value.shift(1 - ahead + back) - y)[judged])
print(json.dumps({"mae": np.concatenate(errors).mean(), "naive": np.concatenate(naive).mean()}))
