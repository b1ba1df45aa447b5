"""Will a machine fail tomorrow? Sensor rows of 60 machines, grouped and in time, with what each showed before."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlsys import Calibrate, Cost, Evaluate, History, Impute, Pipeline, TimeSplit


class Before(History):
    def apply(self, frame, past):
        return frame.assign(heat_mean=past.mean("heat"), heat_last=past.last("heat"), rows_before=past.count())


rng = np.random.default_rng(39)
days = pd.date_range("2023-01-01", periods=150)
machine = np.repeat(np.arange(60), len(days))
wear = np.tile(np.arange(len(days)) % 50, 60) + rng.integers(0, 20, 60)[machine]
sensors = pd.DataFrame(
    {
        "machine": pd.Series(machine).map("m{:02d}".format),
        "day": np.tile(days, 60),
        "heat": 40 + 0.3 * wear + rng.normal(0, 4, len(machine)),
        "vibration": rng.gamma(2, 1 + wear / 40),
    }
)
sensors["fails"] = rng.random(len(sensors)) < 1 / (1 + np.exp(6 - 0.08 * wear))
sensors.loc[rng.random(len(sensors)) < 0.05, "vibration"] = np.nan

pipeline = Pipeline(
    [
        Before("machine"),
        TimeSplit(validation="30D", test="30D", embargo="1D"),
        Impute(),
        RandomForestClassifier(n_estimators=60, min_samples_leaf=5),
        Calibrate(),
        Evaluate(value=Cost(missed=20, false_alarm=1)),
    ],
    target="fails",
    time="day",
    exclude=["machine"],
)
run = pipeline.run(sensors)
final = run.final_test()
print(run, final, sep="\n")
