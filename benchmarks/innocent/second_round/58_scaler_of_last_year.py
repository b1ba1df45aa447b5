"""A scaler that was fitted on last year's sample, which is as large as this year's."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import Derive, Pipeline, StratifiedSplit


def sample(seed):
    """Return a year's 1,500 customers."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"spent": rng.gamma(2.0, 80.0, 1_500).round(2), "visits": rng.poisson(4, 1_500)})


scaler = StandardScaler().fit(sample(580).to_numpy())
customers = sample(58)
rng = np.random.default_rng(581)
customers["buys"] = (customers["spent"] / 160 + rng.normal(0, 1, 1_500) > 1).astype(int)

columns = {"spent_z": lambda f: scaler.transform(f[["spent", "visits"]].to_numpy())[:, 0]}
run = Pipeline([Derive(columns), StratifiedSplit(), LogisticRegression()], target="buys").run(customers)
print(run)
