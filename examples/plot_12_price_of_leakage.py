"""
What did the leak cost me?
==========================

Will flights out of New York be late? There are three ways to evaluate one model, and only one of them predicts its
performance in autumn. How much better do the others make it look?
"""

# %%
# The wrong way: a random split
# -----------------------------
# To keep this page quick, it uses every eighth day of the year, with all its flights. The pipeline is that of
# :doc:`flight_delays` in the same folder, without calibration and the drift report, which do not affect the ranking.
# Rows are split at random, which is common practice:

import pandas as pd

from flight_delays import flights_csv, pipeline
from mlsys import Evaluate, RandomSplit

flights = pd.read_csv(flights_csv).query("day % 8 == 1")
honest = pipeline.replace(Calibrate=None, DetectDrift=None, Evaluate=Evaluate())
random = honest.replace(TimeSplit=RandomSplit()).run(flights, track=False)
random

# %%
# This looks good. But the model predicted flights after it had seen others of the same afternoon, with the same weather
# and the same queue on the runway. The finding ``LK210`` says so, but not how much this inflates the score.
#
# The price of each leak
# ----------------------
# ``price_of_leakage`` runs the pipeline correctly, split by time, and then with each of the leaks that it prevents:
# on the same sample, by folds, with the same number of training rows.

price = honest.price_of_leakage(flights, rows=16_000, folds=4, repeats=1)
price.plot()

# %%
price

# %%
# - **Every step learns from all rows**: imputed medians and encoded airports hardly change when later rows are
#   included. It is a mistake, but a cheap one.
# - **Random split**: the blue dot is the score for flights of a month that the model has not seen, the red dot the
#   apparent score after it has seen that month.
# - **Late columns admitted**: the departure delay is recorded after the plane has left. The source declares when it
#   becomes known (``known_at=``), so it is not a feature; without the declaration it would dominate the model.
#
# The valid estimate
# ------------------
# Evaluate on later flights, those of September:

later = honest.run(flights, track=False)
later

# %%
# Every eighth day of a month is only a few days, and the rows of one day share their weather. The interval above treats
# rows as independent and is too narrow. Four windows in time show how much the score really varies:

found = honest.cross_validate(4, flights, track=False)
found.plot()

# %%
found.folds.query("model == 'model' and metric == 'roc_auc'")[["fold", "learned until", "judged until", "value"]]

# %%
# Which column was it?
# --------------------
# If nobody had declared ``dep_delay``, it would be a feature. The check ``LK204`` names it, and refitting without each
# feature shows how much it contributes:

source = pipeline["ReadCSV"]
known_at = {column: moment for column, moment in source.known_at.items() if column != "dep_delay"}
leaking = honest.replace(ReadCSV=source.with_(known_at=known_at))
worth = leaking.ablate(["dep_delay", "carrier", "hour", "temp", "dest"], flights)
worth.plot()

# %%
worth.carries_most

# %%
# Try it on your frame
# --------------------
# Three lines are enough. Set ``time=`` if rows have a time, and ``known_at=`` for columns that are written later:
#
# .. code-block:: python
#
#     from mlsys import Pipeline
#     pipeline = Pipeline([HistGradientBoostingClassifier()], target="y", time="when", known_at={"closed": "closed_at"})
#     pipeline.price_of_leakage(df).plot()
#
# For an order of steps that a pipeline refuses, use ``mlsys.price_of_leakage(steps, df, target="y")``.
# :doc:`/cross_validation` states the assumptions of the intervals.
