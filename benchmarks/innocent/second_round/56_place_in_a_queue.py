"""How long one waits, told from the place in the queue on arrival."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Pipeline, TimeSplit

rng = np.random.default_rng(56)
rows = 1_600
arrives = pd.Timestamp("2024-02-01 08:00") + pd.to_timedelta(np.cumsum(rng.exponential(3, rows)).round(2), "min")
place = np.abs(np.cumsum(rng.choice([-1, 1], rows))).astype(int)
clerks = rng.integers(2, 6, rows)
wait = np.maximum(0.5, 4.0 * place / clerks * rng.gamma(30, 1 / 30, rows) + rng.exponential(1.0, rows))
queue = pd.DataFrame({"arrives": arrives, "place": place, "clerks": clerks, "wait": wait.round(2)})

run = Pipeline([TimeSplit(), HistGradientBoostingRegressor(max_iter=60)], target="wait", time="arrives").run(queue)
print(run)
