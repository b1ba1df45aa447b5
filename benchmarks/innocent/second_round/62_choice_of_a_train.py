"""Four connections are offered, one is taken: alternatives of one traveller stay together."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, GroupSplit, Pipeline, Standardize

rng = np.random.default_rng(62)
travellers, each = 500, 4
offers = pd.DataFrame(
    {
        "traveller": np.repeat([f"T{number:03d}" for number in range(travellers)], each),
        "place": np.tile(np.arange(1, each + 1), travellers),
        "minutes": rng.gamma(20, 6, travellers * each).round(),
        "changes": rng.integers(0, 4, travellers * each),
        "price": rng.gamma(9, 5, travellers * each).round(2),
    }
)
liking = -0.03 * offers["minutes"] - 0.6 * offers["changes"] - 0.05 * offers["price"] + rng.gumbel(0, 1, len(offers))
offers["taken"] = (liking == liking.groupby(offers["traveller"]).transform("max")).astype(int)

pipeline = Pipeline(
    [
        Derive({"price_a_minute": lambda f: f["price"] / f["minutes"]}),
        GroupSplit(),
        Standardize(),
        LogisticRegression(),
    ],
    target="taken",
    group="traveller",
)
run = pipeline.run(offers)
print(run)
