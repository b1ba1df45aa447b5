"""
Is this feature worth its keep?
===============================

Every column has to be collected, checked and served, for years. Which ones would the model miss?
"""

# %%
# 406 cars of 1970 to 1982. The report stands in the list like any other.

from sklearn.ensemble import HistGradientBoostingRegressor
from vega_datasets import data

from mlsys import FeatureImportance, Pipeline, RandomSplit, compare

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
# Whiskers are intervals over the rows; a grey bar reaches zero. Two columns hold less than a twentieth of all
# importance each. What does it cost to do without them?

few = importance.table["share"] < 0.05
spared = [name for group in importance.table.loc[few, "features"] for name in group.split(", ")]
spared

# %%
smaller = Pipeline(steps[:2], target="Miles_per_Gallon", exclude=spared).run(df, track=False)
compare([run, smaller])
