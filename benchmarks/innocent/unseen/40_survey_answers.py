"""Answers on a scale of five, yes and no, and gaps: neural network on a survey."""

import numpy as np
import pandas as pd
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from mlsys import Evaluate, Impute, OneHot, Pipeline

rng = np.random.default_rng(40)
rows = 2_000
content = rng.normal(0, 1, rows)
answers = pd.DataFrame(
    {f"q{i}": np.clip(np.round(3 + 0.8 * content + rng.normal(0, 1, rows)), 1, 5) for i in range(1, 9)}
)
answers["smokes"] = pd.array(rng.random(rows) < 0.25, dtype="boolean")
answers["region"] = pd.Categorical(rng.choice(["north", "south", "east"], rows))
answers["stays"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-0.4 - content)), "stays", "leaves")
answers = answers.mask(
    pd.DataFrame(rng.random(answers.shape) < 0.03).set_axis(answers.columns, axis=1).assign(stays=False)
)

pipeline = Pipeline(
    [
        Impute(),
        OneHot(["region"]),
        MinMaxScaler(),
        MLPClassifier(hidden_layer_sizes=(16,), max_iter=80, early_stopping=True),
        Evaluate(slices={"smokers": lambda f: f["smokes"].fillna(False).astype(bool)}),
    ],
    target="stays",
)
run = pipeline.run(answers)
print(run)
