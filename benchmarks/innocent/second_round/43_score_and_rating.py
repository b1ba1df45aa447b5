"""Last year's score of a bureau and the rating class made of it, both known at the decision."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import OneHot, Pipeline, StratifiedSplit

rng = np.random.default_rng(43)
rows = 2_000
default = (rng.random(rows) < 0.3).astype(int)
credits = pd.DataFrame(
    {
        "income": rng.lognormal(7.8, 0.4, rows).round(2),
        "amount": rng.lognormal(8.5, 0.7, rows).round(2),
        "score": (610 - 75 * default + rng.normal(0, 38, rows)).round(),
        "default": default,
    }
)
credits["rating"] = pd.cut(credits["score"], [0, 530, 570, 610, 650, 999], labels=list("EDCBA")).astype("str")

run = Pipeline(
    [StratifiedSplit(), OneHot(["rating"]), HistGradientBoostingClassifier(max_iter=50)], target="default"
).run(credits)
print(run)
