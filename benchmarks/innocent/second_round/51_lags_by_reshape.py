"""Lags made by a Reshape, shifted, of a column that is not the target."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Pipeline, Reshape, TimeSplit


class Lagged(Reshape):
    """Yesterday's vibration of each machine, and the mean of its last three days."""

    def reshape(self, frame):
        rows = pd.DataFrame(frame).sort_values(["day", "machine"], ignore_index=True)
        before = rows.groupby("machine")["vibration"].shift(1)
        usual = before.groupby(rows["machine"]).transform(lambda s: s.rolling(3, min_periods=1).mean())
        return rows.assign(before=before.fillna(0.0), usual=usual.fillna(0.0))


rng = np.random.default_rng(51)
readings = pd.DataFrame(
    {
        "reading": np.arange(1_800) + 500,
        "machine": np.tile([f"M{number:02d}" for number in range(30)], 60),
        "day": np.repeat(pd.date_range("2024-01-01", periods=60), 30),
        "vibration": rng.normal(20, 4, 1_800),
    }
)
shaken = readings.groupby("machine")["vibration"].shift(1).fillna(20.0)
readings["fails"] = (rng.random(1_800) < 1 / (1 + np.exp(-0.4 * (shaken - 24)))).astype(int)

pipeline = Pipeline(
    [Lagged(), TimeSplit(), HistGradientBoostingClassifier(max_iter=40)],
    target="fails",
    time="day",
    id="reading",
    exclude=["machine"],
)
run = pipeline.run(readings)
assert {"before", "usual"} <= set(run.features.query("used")["column"]), "lags were lost"
print(run)
