"""Baskets and the products in them: aggregate one table, join it to the other, after skrub's first example."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Evaluate, Impute, Join, OneHot, Pipeline

rng = np.random.default_rng(26)
baskets = pd.DataFrame({"basket": np.arange(3_000), "channel": rng.choice(["shop", "web", "phone"], 3_000)})
count = rng.poisson(2, len(baskets)) + 1
products = pd.DataFrame({"basket": np.repeat(baskets["basket"], count)})
products["make"] = rng.choice(["apple", "samsung", "bosch", "lego"], len(products))
products["price"] = rng.lognormal(4, 1, len(products)).round(2)
products = products[products["basket"] % 50 != 0]  # some baskets lost their lines

contents = products.groupby("basket", as_index=False).agg(
    total=("price", "sum"), dearest=("price", "max"), lines=("price", "size"), makes=("make", "nunique")
)
total = baskets["basket"].map(contents.set_index("basket")["total"]).fillna(0)
score = 0.002 * total + 0.5 * (baskets["channel"] == "web") - 2.5
baskets["fraud"] = rng.random(len(baskets)) < 1 / (1 + np.exp(-score))

pipeline = Pipeline(
    [
        Join(contents, on="basket"),
        Impute(numeric=0.0),
        OneHot(["channel"]),
        HistGradientBoostingClassifier(),
        Evaluate(slices=["channel"]),
    ],
    target="fraud",
    id="basket",
)
run = pipeline.run(baskets)
print(run)
print(run.predict(baskets.drop(columns="fraud").head(3)))
