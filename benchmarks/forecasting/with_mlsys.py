"""With the library: lags, rows of the forecast, calendar of the target's time, a split, baselines and intervals."""

import json
import sys

import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import (
    Derive,
    Evaluate,
    Filter,
    Forecast,
    Lag,
    Pipeline,
    SeasonLag,
    TimeSplit,
    TrainForecast,
    WindowAggregate,
)

path, horizon, season, step, validation, test, lags, seasons, level, relative, way = sys.argv[1:]
by_changes = relative == "change"
WINDOWS = {"1D": f"{season}D", "1h": f"{season}h", "MS": "366D"}


def weekday(rows):
    return rows["target_time"].dt.day_of_week


def month(rows):
    return rows["target_time"].dt.month


def hour(rows):
    return rows["target_time"].dt.hour


def lags_of(way):
    """Return the lags: all up to the farthest where predictions are fed back."""
    return list(range(1, max(json.loads(lags)) + 1)) if way == "recursive" else json.loads(lags)


def has_past(rows):
    """Whether a row knows its farthest lag; the others learn from such rows alone."""
    return rows[f"value_lag_{max(json.loads(lags))}"].notna()


def judged(how):
    """Return the pipeline; ``how`` is given to the forecast."""
    learned = {"strategy": "recursive"} if way == "recursive" else {"strategy": "per_horizon"}
    if how and by_changes:
        learned["changes"] = True
    beyond = [
        *([WindowAggregate((), {"value_mean": ("value", "mean")}, WINDOWS[step])] if level == "value_mean" else []),
        *(
            SeasonLag((), "value", season=int(each), horizon=int(horizon), seasons=count, step=step, time="time")
            for each, count in json.loads(seasons).items()
        ),
    ]
    calendar = {"1D": {"weekday": weekday, "month": month}, "MS": {"month": month}}
    estimator = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    return Pipeline(
        [
            Lag((), "value", lags_of(way), step=step, time="time", changes=bool(how) and by_changes),
            *(beyond if how else []),
            Forecast(int(horizon), step, season=int(season), known_ahead=["holiday"], **how),
            *([Filter(has_past)] if way == "recursive" else []),
            Derive(calendar.get(step, {"weekday": weekday, "month": month, "hour": hour})),
            TimeSplit(validation=validation, test=test),
            TrainForecast(estimator, **learned),
            Evaluate(["mae"], [], ["same_season"]),
        ],
        target="value", time="time", exclude=["target_time", "horizon"],
    )  # fmt: skip


scale = {"level": level, "relative": "difference" if by_changes else relative} if way in {"level", "last"} else {}


def said(run, part):
    """Return the errors of model and same season on a part, and how much better the model is."""
    table = run.reports["evaluate"].table
    errors = table[(table["part"] == part) & (table["metric"] == "mae")].set_index("model")["value"]
    gap = run.evaluation.beats["same_season"]
    better = f"{gap['value']:.3f} [{gap['lower']:.3f}, {gap['upper']:.3f}]"
    return {"mae": errors["model"], "naive": errors["same_season"], "beats": better}


run = judged(scale).run(pd.read_csv(path, parse_dates=["time"]), track=False, cache=False)
found = said(run, "validation")
if way == "last":
    found = said(run.final_test(), "test")
print(json.dumps(found))
