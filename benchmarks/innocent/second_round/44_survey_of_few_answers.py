"""Five questions with five answers each: many people answer alike, and are not the same people."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, StratifiedSplit

rng = np.random.default_rng(44)
mood = rng.normal(0, 1, 3_000)
answers = {f"q{n}": np.clip((3 + mood + rng.normal(0, 0.8, 3_000)).round(), 1, 5).astype(int) for n in range(1, 6)}
people = pd.DataFrame(answers).assign(stays=(mood + rng.normal(0, 1, 3_000) > 0).astype(int))

run = Pipeline([StratifiedSplit(), LogisticRegression()], target="stays").run(people)
print(run)
