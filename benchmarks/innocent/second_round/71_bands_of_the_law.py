"""Incomes in the bands of a tax law, held as intervals."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, Pipeline, StratifiedSplit

BANDS = pd.IntervalIndex.from_breaks([0, 11_604, 17_005, 66_760, 277_825, np.inf])

rng = np.random.default_rng(72)
people = pd.DataFrame({"income": rng.lognormal(10.4, 0.7, 2_000).round(), "children": rng.poisson(1.1, 2_000)})
band = BANDS.get_indexer(people["income"])
people["files_late"] = (rng.random(2_000) < 0.5 - 0.1 * band + 0.05 * people["children"]).astype(int)

columns = {"band": lambda f: BANDS.get_indexer(f["income"]).astype("float64")}
run = Pipeline(
    [Derive(columns), StratifiedSplit(), HistGradientBoostingClassifier(max_iter=40)], target="files_late"
).run(people)
print(run)
