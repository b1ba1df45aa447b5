"""A target with a long tail, learned on the log scale: after scikit-learn's example on transformed targets."""

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import QuantileTransformer

from mlsys import Apply, Evaluate, OneHot, Pipeline, Train

rng = np.random.default_rng(22)
rows = 1_500
houses = pd.DataFrame(
    {
        "area": rng.gamma(8, 15, rows).round(),
        "rooms": rng.integers(1, 9, rows),
        "garage": rng.random(rows) < 0.6,
        "district": rng.choice(["north", "south", "east", "west"], rows),
    }
)
log_price = 10 + 0.006 * houses["area"] + 0.05 * houses["rooms"] + 0.1 * houses["garage"] + rng.normal(0, 0.3, rows)
houses["price"] = np.exp(log_price).round(-2)

regressor = TransformedTargetRegressor(RidgeCV(), func=np.log1p, inverse_func=np.expm1)
run = Pipeline(
    [
        Apply(QuantileTransformer(n_quantiles=200, output_distribution="normal"), columns=["area"]),
        OneHot(["district"]),
        Train(regressor),
        Evaluate(metrics=["median_absolute_error", "mae", "r2"]),
    ],
    target="price",
).run(houses)
print(run)
