"""
My first table
==============

A typical table has names, a date, categories as text and some nulls. How far does a car go on a gallon, and how must
the columns be prepared for an estimator?
"""

# %%
# At first, do nothing. The data are 406 cars from 1970 to 1982.

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
# What happened to my columns?
# ----------------------------
# The estimator accepts neither texts nor dates, so the pipeline supplied ``Prepare``, and the card says what it did.
# Like every step, it learned from the training rows only.

run.features

# %%
# Who decides how a column is prepared?
# -------------------------------------
# You can. The plan of the run shows the steps that ``Prepare`` stands for. Copy them and change what you like;
# unchanged, they give the same model as ``Prepare``.

run.pipeline.plan()

# %%
# Or keep ``Prepare`` and configure it, for example to encode texts by words instead of characters.

by_words = Pipeline([Prepare(text="words"), HistGradientBoostingRegressor()], target="Miles_per_Gallon")
by_words.run(df, track=False).card

# %%
# Other estimators have other needs
# ---------------------------------
# A linear model accepts neither nulls nor categories, and is sensitive to scale: the same line of code, another
# preparation.

linear = Pipeline([Ridge()], target="Miles_per_Gallon").run(df, track=False)
linear

# %%
# How far off is it?
# ------------------
# Each dot is a car that the model predicted without having seen it.

run.evaluation.plot(kind="residuals")

# %%
# Use the model
# -------------
# The model accepts raw rows with texts, dates and nulls: it contains the preparation that was learned.

linear.predict(df.tail(3)).join(df.tail(3)[["Name", "Miles_per_Gallon"]])

# %%
# Next: :doc:`plot_16_from_scikit_learn`, or :doc:`a complete pipeline <flight_delays>`.
