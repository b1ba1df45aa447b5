"""
Is this feature worth its keep?
===============================

Every column has to be collected, checked and served, for years. Which ones would the model miss?
"""

# %%
# 406 cars of 1970 to 1982. The report stands in the list like any other.

from sklearn.ensemble import HistGradientBoostingRegressor
from vega_datasets import data

from mlsys import FeatureImportance, Pipeline, RandomSplit

df = data.cars().drop(columns=["Name"])
split = RandomSplit(validation=0.3, test=0.2)
steps = [split, HistGradientBoostingRegressor(), FeatureImportance(repeats=10)]
run = Pipeline(steps, target="Miles_per_Gallon").run(df, track=False)
importance = run.reports["importance"]
importance

# %%
# Each feature is shuffled among rows that the model has not seen, and the model asked again. Columns that tell the
# same (a heavy car has a large engine) are shuffled together: alone, each would look as if it could be spared, since
# the other stands in for it.

importance.plot()

# %%
# Grey bars are losses that shuffling could show by chance. What if we leave these columns out?

spared = importance.table.loc[importance.table["verdict"] == "not used", "features"].tolist()
spared = [name for group in spared for name in group.split(", ")]
spared

# %%
smaller = Pipeline(steps[:2], target="Miles_per_Gallon", exclude=spared).run(df, track=False)
smaller
