"""Figures of a census by district, from elsewhere, in a dict."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, Standardize, StratifiedSplit

rng = np.random.default_rng(68)
poverty = {f"D{number:02d}": round(float(rng.beta(2, 8)), 3) for number in range(60)}
rows = 2_000
district = rng.choice(list(poverty), rows)
poor = np.array([poverty[each] for each in district])
pupils = pd.DataFrame({"district": pd.Series(district, dtype="str"), "absent": rng.poisson(5 + 20 * poor)})
pupils["fails"] = (rng.random(rows) < 1 / (1 + np.exp(-(8 * poor + 0.1 * pupils["absent"] - 3)))).astype(int)

columns = {"poverty": lambda f: f["district"].map(poverty)}
run = Pipeline(
    [Derive(columns), StratifiedSplit(), Standardize(), LogisticRegression()], target="fails", exclude=["district"]
).run(pupils)
print(run)
