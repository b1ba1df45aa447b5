"""Claims of insured cars by their exposure: after scikit-learn's example on Poisson regression."""

import numpy as np
import pandas as pd
from sklearn.linear_model import PoissonRegressor
from sklearn.preprocessing import KBinsDiscretizer

from mlsys import Apply, Evaluate, OneHot, Pipeline, RandomSplit, Standardize

rng = np.random.default_rng(38)
rows = 12_000
cars = pd.DataFrame(
    {
        "area": rng.choice(list("ABCDEF"), rows),
        "power": rng.integers(4, 16, rows),
        "car_age": rng.integers(0, 20, rows),
        "driver_age": rng.integers(18, 90, rows),
        "gas": rng.choice(["diesel", "regular"], rows),
        "exposure": rng.uniform(0.1, 1, rows).round(2),
    }
)
rate = np.exp(-1.5 + 0.04 * cars["power"] + 0.7 * (cars["driver_age"] < 25))
cars["frequency"] = rng.poisson(rate * cars["exposure"]) / cars["exposure"]

pipeline = Pipeline(
    [
        RandomSplit(),
        Apply(KBinsDiscretizer(n_bins=8, encode="onehot-dense", quantile_method="linear"), columns=["driver_age"]),
        OneHot(["area", "gas"]),
        Standardize(["power", "car_age"]),
        PoissonRegressor(alpha=1e-4),
        Evaluate(metrics=["rmse", "mae"]),
    ],
    target="frequency",
    weight="exposure",
)
run = pipeline.run(cars)
print(run)
