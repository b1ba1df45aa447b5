"""A list of important customers and how often each bought last year, from the sales department."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, GroupSplit, Pipeline

names = [f"C{number:03d}" for number in range(300)]
loyal = np.random.default_rng(70).gamma(1.0, 4.0, 300)
rng = np.random.default_rng(71)
last_year = Counter(dict(zip(names, rng.poisson(loyal).tolist(), strict=True)))
important = {name for name, times in last_year.items() if times > 8}
customer = rng.integers(0, 300, 2_000)
offers = pd.DataFrame({"customer": [names[number] for number in customer], "discount": rng.integers(0, 30, 2_000)})
chance = 1 / (1 + np.exp(-(0.3 * loyal[customer] + 0.05 * offers["discount"] - 2)))
offers["buys"] = (rng.random(2_000) < chance).astype(int)

columns = {
    "bought_last_year": lambda f: f["customer"].map(last_year),
    "important": lambda f: f["customer"].isin(important).astype(int),
}
run = Pipeline(
    [Derive(columns), GroupSplit(), HistGradientBoostingClassifier(max_iter=40)], target="buys", group="customer"
).run(offers)
print(run)
