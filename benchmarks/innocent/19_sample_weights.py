"""A survey whose rows stand for different numbers of people: the weight role."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Evaluate, Pipeline, StratifiedSplit

rng = np.random.default_rng(19)
rows = 3_000
survey = pd.DataFrame(
    {
        "age": rng.integers(18, 90, rows),
        "income": rng.lognormal(10.2, 0.5, rows).round(-2),
        "children": rng.poisson(1.2, rows),
        "owns_home": rng.random(rows) < 0.45,
        "weight": rng.gamma(3, 400, rows).round(1),
    }
)
score = 0.02 * (survey["age"] - 50) + 0.7 * survey["owns_home"] + 0.4 * np.log(survey["income"] / 27_000)
survey["voted"] = rng.random(rows) < 1 / (1 + np.exp(-score))

pipeline = Pipeline(
    [StratifiedSplit(validation=0.3, test=0.2), HistGradientBoostingClassifier(max_iter=50), Evaluate()],
    target="voted",
    weight="weight",
)
run = pipeline.run(survey)
print(run)
