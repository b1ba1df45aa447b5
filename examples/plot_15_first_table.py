"""
My first table
==============

A table as tables are: names, a date, levels in words, nulls here and there. How far does a car go on a gallon, and
what has to be done to the columns before an estimator takes them?
"""

# %%
# Nothing, at first. 406 cars of 1970 to 1982, as they come out of a package.

from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from vega_datasets import data

from mlsys import Pipeline, Prepare

df = data.cars()
df.head(3)

# %%
run = Pipeline([HistGradientBoostingRegressor()], target="Miles_per_Gallon").run(df, track=False)
run

# %%
# What became of my columns?
# --------------------------
# The estimator takes neither texts nor dates, so the pipeline supplied ``Prepare``, and the card says what that did.
# It learned from training rows alone, like every step.

run.features

# %%
# Who decides how a column is prepared?
# -------------------------------------
# You, when you want to. The plan of the run has the steps that ``Prepare`` stood for; copy them, and change what you
# know better. In the place of ``Prepare`` they give the same model.

run.pipeline.plan()

# %%
# Or keep ``Prepare``, and say what it should do otherwise: take texts by their words, not by their letters.

by_words = Pipeline([Prepare(text="words"), HistGradientBoostingRegressor()], target="Miles_per_Gallon")
by_words.run(df, track=False).card

# %%
# Another estimator, other needs
# ------------------------------
# A linear model takes no nulls and no categories, and weighs numbers as they are: the same line, another preparation.

linear = Pipeline([Ridge()], target="Miles_per_Gallon").run(df, track=False)
linear

# %%
# How far off is it?
# ------------------
# Each dot is a car that the model had not seen when it was predicted.

run.evaluation.plot(kind="residuals")

# %%
# Use it
# ------
# The model takes rows as they come, texts, dates and nulls as well: what was learned is in it.

linear.predict(df.tail(3)).join(df.tail(3)[["Name", "Miles_per_Gallon"]])

# %%
# Where to go on: :doc:`plot_16_from_scikit_learn`, or :doc:`a pipeline with every part <flight_delays>`.
