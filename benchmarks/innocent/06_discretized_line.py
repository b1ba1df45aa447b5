"""A straight line on binned values follows a curve: after scikit-learn's example on KBinsDiscretizer."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import KBinsDiscretizer

from mlsys import Apply, Pipeline, RandomSplit, compare

rng = np.random.default_rng(42)
x = rng.uniform(-3, 3, size=400)
frame = pd.DataFrame({"x": x, "y": np.sin(x) + rng.normal(size=len(x)) / 3})

straight = Pipeline([RandomSplit(validation=0.3, test=0.2), LinearRegression()], target="y", name="curve")
bins = KBinsDiscretizer(n_bins=10, encode="onehot-dense", quantile_method="averaged_inverted_cdf")
binned = straight.insert(Apply(bins, columns=["x"]), after="RandomSplit")

runs = {"straight": straight.run(frame), "binned": binned.run(frame)}
print(compare(runs))
