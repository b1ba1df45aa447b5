"""Genotypes 0, 1, 2 of a dozen places: people of one genotype are not the same person."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, StratifiedSplit

rng = np.random.default_rng(60)
often = rng.uniform(0.05, 0.3, 10)
people = pd.DataFrame(rng.binomial(2, often, (2_000, 10)), columns=[f"rs{number}" for number in range(1_000, 1_010)])
risk = 1.2 * people["rs1003"] + 0.6 * people["rs1007"] - 1.0
people["case"] = (rng.random(2_000) < 1 / (1 + np.exp(-risk))).astype(int)

run = Pipeline([StratifiedSplit(), LogisticRegression()], target="case").run(people)
print(run)
