"""Customers exported twice: repeats are removed before the split, the customer number is an id."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, OneHot, Pipeline, Select, StratifiedSplit


class LastOfEach(Select):
    """Keep the last export of each customer."""

    column: str

    def keep(self, frame, rng):
        return ~frame[self.column].duplicated(keep="last")


rng = np.random.default_rng(28)
rows = 2_400
customers = pd.DataFrame(
    {
        "customer_id": [f"C{number:05d}" for number in rng.permutation(rows)],
        "tenure": rng.integers(0, 72, rows),
        "contract": rng.choice(["monthly", "yearly"], rows, p=[0.6, 0.4]),
        "paperless": rng.choice(["yes", "no"], rows),
        "charges": rng.normal(65, 20, rows).round(2),
    }
)
score = 0.8 * (customers["contract"] == "monthly") - 0.04 * customers["tenure"] + 0.02 * (customers["charges"] - 65)
customers["churn"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-score)), "yes", "no")
export = pd.concat([customers, customers.sample(frac=0.3, random_state=0)], ignore_index=True)

pipeline = Pipeline(
    [
        LastOfEach("customer_id"),
        StratifiedSplit(),
        OneHot(["contract", "paperless"]),
        LogisticRegression(max_iter=2_000),
        Evaluate(slices={"new": lambda frame: frame["tenure"] < 12}),
    ],
    target="churn",
    id="customer_id",
)
final = pipeline.run(export).final_test()
print(final)
