"""Five seeds of a forest, of which the mean is told and none is picked; the last is tested once."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlsys import OneHot, Pipeline, StratifiedSplit, Train

rng = np.random.default_rng(80)
rows = 1_200
calls = pd.DataFrame(
    {
        "hour": rng.integers(8, 20, rows),
        "age": rng.normal(48, 14, rows).round(),
        "job": pd.Series(rng.choice(["clerk", "nurse", "driver", "retired"], rows), dtype="str"),
        "balance": rng.lognormal(7, 1, rows).round(),
    }
)
wish = 0.5 * (calls["job"] == "retired") + 0.3 * np.log(calls["balance"]) - 3
calls["agrees"] = (rng.random(rows) < 1 / (1 + np.exp(-wish))).astype(int)

pipeline = Pipeline([StratifiedSplit(), OneHot(["job"]), Train(RandomForestClassifier(30))], target="agrees")
runs = [
    pipeline.replace(Train=Train(RandomForestClassifier(30, max_depth=5, random_state=seed))).run(calls)
    for seed in range(5)
]
scores = [run.metrics.query("model == 'model' and slice == 'all'")["value"].iloc[0] for run in runs]
print(f"{np.mean(scores):.3f} on average, from {min(scores):.3f} to {max(scores):.3f}")
final = runs[-1].final_test()
print(final)
