"""What is left of a bill after its named parts: a remainder, exact to the cent."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, Pipeline, StratifiedSplit

rng = np.random.default_rng(53)
rows = 1_800
bills = pd.DataFrame({name: rng.gamma(2.0, 20.0, rows).round(2) for name in ("rent", "heating", "water", "other")})
bills["total"] = bills[["rent", "heating", "water", "other"]].sum(axis=1).round(2)
bills["late"] = (bills["total"] / 200 + rng.normal(0, 0.5, rows) > 1).astype(int)
bills = bills.drop(columns="other")

columns = {
    "rest": lambda f: f["total"] - f[["rent", "heating", "water"]].sum(axis=1),
    "share": lambda f: f["heating"] / f["total"],
}
run = Pipeline([Derive(columns), StratifiedSplit(), HistGradientBoostingClassifier(max_iter=40)], target="late").run(
    bills
)
print(run)
