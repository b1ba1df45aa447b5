"""
Is this feature worth its cost?
===============================

Every column must be collected, checked and served, for years. Which columns does the model really need?
"""

# %%
# 406 cars from 1970 to 1982. List the report like any other step.

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
# Each feature is shuffled among rows that the model has not seen, and the model predicts again. Columns with the same
# information (a heavy car has a large engine) are shuffled together: shuffled alone, each would appear dispensable,
# because the other replaces it.

importance.plot()

# %%
# Whiskers are intervals over the rows; the interval of a grey bar contains zero. Two columns each hold less than a
# twentieth of the total importance. What does it cost to remove them?

few = importance.table["share"] < 0.05
spared = [name for group in importance.table.loc[few, "features"] for name in group.split(", ")]
spared

# %%
smaller = Pipeline(steps[:2], target="Miles_per_Gallon", exclude=spared).run(df, track=False)
compare([run, smaller])
