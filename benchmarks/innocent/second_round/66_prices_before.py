"""The last published price before each sale, joined as of its moment."""

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from mlsys import AsOfJoin, Impute, Pipeline, Standardize, TimeSplit

rng = np.random.default_rng(66)
days = pd.date_range("2023-01-01", periods=365)
prices = pd.DataFrame(
    {"day": days, "metal": "copper", "copper": (8_500 * np.exp(np.cumsum(rng.normal(0, 0.01, 365)))).round(1)}
)
rows = 1_500
sold = pd.to_datetime("2023-01-05") + pd.to_timedelta(np.sort(rng.uniform(0, 358, rows)).round(4), "D")
sales = pd.DataFrame({"sold": sold, "metal": "copper", "metres": rng.gamma(3, 20, rows).round(1)})
at = np.searchsorted(days.to_numpy(), sold.to_numpy()) - 1
sales["price"] = (sales["metres"] * prices["copper"].to_numpy()[at] / 4_000 + rng.normal(0, 8, rows)).round(2)

pipeline = Pipeline(
    [
        AsOfJoin(prices, by="metal", time="day", columns=["copper"], known_after="1h"),
        TimeSplit(),
        Impute(),
        Standardize(),
        Ridge(),
    ],
    target="price",
    time="sold",
    exclude=["metal"],
)
run = pipeline.run(sales)
print(run)
