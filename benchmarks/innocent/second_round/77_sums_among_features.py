"""Amount, quantity and price in one table: an identity of features, the target is another thing."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import OneHot, Pipeline, StratifiedSplit

rng = np.random.default_rng(77)
rows = 2_000
lines = pd.DataFrame({"quantity": rng.integers(1, 20, rows), "price": rng.gamma(3, 6, rows).round(2)})
lines["amount"] = (lines["quantity"] * lines["price"]).round(2)
lines["country"] = pd.Series(rng.choice(["AT", "CH", "DE", "IT"], rows, p=[0.2, 0.1, 0.6, 0.1]), dtype="str")
late = 0.004 * lines["amount"] + 0.9 * (lines["country"] == "IT") - 1
lines["paid_late"] = (rng.random(rows) < 1 / (1 + np.exp(-late))).astype(int)

run = Pipeline(
    [StratifiedSplit(), OneHot(["country"]), HistGradientBoostingClassifier(max_iter=40)], target="paid_late"
).run(lines)
print(run)
