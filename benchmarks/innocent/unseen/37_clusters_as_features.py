"""Districts of a town as distances to cluster centres: after scikit-learn's examples on housing."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from mlsys import Apply, Evaluate, Pipeline, Train

rng = np.random.default_rng(37)
rows = 3_000
centre = rng.integers(0, 4, rows)
homes = pd.DataFrame(
    {
        "latitude": np.array([52.50, 52.53, 52.47, 52.56])[centre] + rng.normal(0, 0.01, rows),
        "longitude": np.array([13.35, 13.42, 13.45, 13.30])[centre] + rng.normal(0, 0.015, rows),
        "age": rng.integers(0, 120, rows),
        "rooms": rng.integers(1, 7, rows),
    }
)
homes["rent"] = 400 + 90 * homes["rooms"] + 120 * centre - homes["age"] + rng.normal(0, 80, rows)

pipeline = Pipeline(
    [
        Apply(KMeans(n_clusters=6), columns=["latitude", "longitude"]),
        Train(LinearRegression()),
        Evaluate(slices={"large": lambda f: f["rooms"] > 4}),
    ],
    target="rent",
)
run = pipeline.run(homes)
boosted = pipeline.replace(Train=HistGradientBoostingRegressor()).run(homes)
print(run, boosted, sep="\n")
