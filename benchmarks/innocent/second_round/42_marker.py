"""A marker of heart damage at .97, as troponin is, beside what else is known on arrival."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, OneHot, Pipeline, Standardize, StratifiedSplit

rng = np.random.default_rng(42)
rows = 1_600
infarct = (rng.random(rows) < 0.25).astype(int)
patients = pd.DataFrame(
    {
        "age": (58 + 6 * infarct + rng.normal(0, 12, rows)).round(),
        "pulse": rng.normal(82, 14, rows).round(),
        "pain": pd.Series(rng.choice(["chest", "arm", "back"], rows), dtype="str"),
        "troponin": np.exp(2.7 * infarct + rng.normal(2.0, 1.0, rows)).round(2),
        "infarct": infarct,
    }
)

pipeline = Pipeline(
    [
        Derive({"log_troponin": lambda f: np.log(f["troponin"] + 1)}),
        StratifiedSplit(),
        OneHot(["pain"]),
        Standardize(),
        LogisticRegression(),
    ],
    target="infarct",
)
run = pipeline.run(patients)
print(run)
