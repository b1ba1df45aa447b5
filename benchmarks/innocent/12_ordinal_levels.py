"""Houses whose kitchens and basements are graded in words that have an order."""

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.preprocessing import OrdinalEncoder

from mlsys import Apply, Pipeline

rng = np.random.default_rng(7)
rows = 1_200
grades = ["poor", "fair", "typical", "good", "excellent"]
area, kitchen, basement = rng.gamma(9, 15, rows), rng.integers(0, 5, rows), rng.integers(0, 5, rows)
houses = pd.DataFrame(
    {
        "area": area.round(),
        "year_built": rng.integers(1900, 2020, rows),
        "kitchen": np.array(grades)[kitchen],
        "basement": pd.Categorical(np.array(grades)[basement], categories=grades, ordered=True),
    }
)
houses["price"] = 1_500 * area + 12_000 * kitchen + 9_000 * basement + rng.normal(0, 25_000, rows)

order = OrdinalEncoder(categories=[grades, grades], handle_unknown="use_encoded_value", unknown_value=-1)
run = Pipeline(
    [Apply(order, columns=["kitchen", "basement"]), GradientBoostingRegressor(n_estimators=60)], target="price"
).run(houses)
print(run)
