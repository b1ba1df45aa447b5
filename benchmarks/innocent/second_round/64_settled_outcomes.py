"""The customer's last outcome, read by a History that waits until it is settled."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import History, NaturalLabel, OneHot, Pipeline, TimeSplit


class LastOutcome(History):
    """The last outcome that is known, and how often it was bad."""

    def apply(self, frame, past):
        return frame.assign(last=past.last("returned"), usual=past.mean("returned"), known=past.count())


rng = np.random.default_rng(64)
rows = 2_000
customer = rng.integers(0, 120, rows)
habit = rng.normal(0, 1.5, 120)
ordered = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 365, rows)).round(3), "D")
orders = pd.DataFrame(
    {
        "order": np.arange(rows) + 7_000,
        "customer": [f"C{number:03d}" for number in customer],
        "ordered": ordered,
        "settled": ordered + pd.Timedelta("30D"),
        "channel": rng.choice(["web", "shop"], rows),
        "amount": rng.gamma(2.0, 40.0, rows).round(2),
        "outcome": (rng.random(rows) < 1 / (1 + np.exp(-(habit[customer] - 0.5)))).astype(int),
    }
)
pipeline = Pipeline(
    [
        NaturalLabel("returned", from_column="outcome", rule=lambda s: s > 0, known_at="settled"),
        LastOutcome("customer"),
        TimeSplit(),
        OneHot(["channel"]),
        HistGradientBoostingClassifier(max_iter=40),
    ],
    target="returned",
    time="ordered",
    id="order",
    exclude=["customer", "settled"],
)
run = pipeline.run(orders)
print(run)
