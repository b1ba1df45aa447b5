"""Post-tuning a decision by what mistakes cost: after scikit-learn's example on cost-sensitive learning."""

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier

from mlsys import Calibrate, Cost, Evaluate, OneHot, Pipeline

rng = np.random.default_rng(21)
rows = 2_000
credit = pd.DataFrame(
    {
        "checking": rng.choice(["none", "negative", "low", "high"], rows, p=[0.4, 0.27, 0.27, 0.06]),
        "duration": rng.choice([6, 12, 18, 24, 36, 48], rows),
        "amount": rng.lognormal(7.8, 0.8, rows).round(),
        "age": rng.integers(19, 75, rows),
        "housing": rng.choice(["own", "rent", "free"], rows, p=[0.7, 0.2, 0.1]),
    }
)
score = 0.04 * (credit["duration"] - 20) + 1.2 * (credit["checking"] == "negative") - 0.02 * credit["age"] - 0.7
credit["bad"] = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(int)


def long_credits(frame):
    """The rule of a clerk."""
    return (frame["duration"] > 24).astype(int)


pipeline = Pipeline(
    [
        OneHot(["checking", "housing"]),
        GradientBoostingClassifier(n_estimators=50),
        Calibrate(),
        Evaluate(value=Cost(missed=5, false_alarm=1), baselines=[long_credits]),
    ],
    target="bad",
)
run = pipeline.run(credit)
print(run)
