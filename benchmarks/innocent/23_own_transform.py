"""A step of one's own: how often a level stands in the training rows, and numbers cut at their tails."""

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlsys import Pipeline, Transform


class Frequency(Transform):
    """Replace levels by their share of the training rows."""

    columns: tuple[str, ...]

    def learn(self, train):
        return {name: train[name].value_counts(normalize=True).to_dict() for name in self.columns}

    def apply(self, frame, shares):
        return frame.assign(**{name: frame[name].map(shares[name]).fillna(0.0) for name in self.columns})


class Winsorize(Transform):
    """Cut numbers at two quantiles of the training rows."""

    columns: tuple[str, ...]
    tail: float = 0.01

    def learn(self, train):
        return train[list(self.columns)].quantile([self.tail, 1 - self.tail])

    def apply(self, frame, limits):
        cut = frame[list(self.columns)].clip(limits.iloc[0], limits.iloc[1], axis=1)
        return frame.assign(**cut)


rng = np.random.default_rng(23)
rows = 2_500
calls = pd.DataFrame(
    {
        "city": rng.zipf(1.6, rows).clip(max=200).astype(str),
        "minutes": rng.pareto(2, rows),
        "calls": rng.poisson(4, rows),
    }
)
score = 0.3 * calls["minutes"].clip(upper=6) - 0.2 * calls["calls"] - 0.5
calls["churned"] = rng.random(rows) < 1 / (1 + np.exp(-score))

forest = RandomForestClassifier(max_depth=6)
pipeline = Pipeline([Frequency(["city"]), Winsorize(["minutes"]), forest], target="churned")
run = pipeline.run(calls)
print(run)
