"""With the library: lags, rows of the forecast, calendar of the target's time, a split, baselines and intervals."""

import json
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Derive, Evaluate, Forecast, Lag, Pipeline, TimeSplit, Train

path, horizon, season, step, validation, test, lags = sys.argv[1:]


def same(rows):
    """Return the value one season before the time that is predicted, out of the lags."""
    columns = [f"value_lag_{int(season) - ahead + 1}" for ahead in range(1, int(horizon) + 1)]
    return rows[columns].to_numpy()[np.arange(len(rows)), rows["horizon"] - 1]


def weekday(rows):
    return rows["target_time"].dt.day_of_week


def month(rows):
    return rows["target_time"].dt.month


def hour(rows):
    return rows["target_time"].dt.hour


pipeline = Pipeline(
    [
        Lag((), "value", json.loads(lags)),
        Forecast(int(horizon), step, season=int(season), known_ahead=["holiday"]),
        Derive({"same": same, "weekday": weekday, "month": month, "hour": hour}),
        TimeSplit(validation=validation, test=test),
        Train(HistGradientBoostingRegressor(early_stopping=False, random_state=0)),
        Evaluate(["mae"], [], ["same_season"]),
    ],
    target="value", time="time", exclude=["target_time"],
)  # fmt: skip
run = pipeline.run(pd.read_csv(path, parse_dates=["time"]), track=False, cache=False)
table = run.metrics[(run.metrics["part"] == "validation") & (run.metrics["metric"] == "mae")].set_index("model")[
    "value"
]
gap = run.evaluation.beats["same_season"]
print(json.dumps({"mae": table["model"], "naive": table["same_season"],
                  "beats": f"{gap['value']:.3f} [{gap['lower']:.3f}, {gap['upper']:.3f}]"}))  # fmt: skip
