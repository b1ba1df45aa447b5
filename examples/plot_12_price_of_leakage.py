"""
What did the leak cost me?
==========================

Flights out of New York: will they be late? Three ways to judge one model, and only one of them says what would have
happened in autumn. How much better did the others make it look?
"""

# %%
# The wrong way: flights drawn at random
# --------------------------------------
# Every eighth day of the year with all its flights, to keep this page quick. The pipeline is that of
# :doc:`flight_delays`, which lies beside this file, without calibration and the drift report: they change no ranking.
# Rows are split at random, as they often are:

import pandas as pd

from flight_delays import flights_csv, pipeline
from mlsys import Evaluate, RandomSplit

flights = pd.read_csv(flights_csv).query("day % 8 == 1")
honest = pipeline.replace(Calibrate=None, DetectDrift=None, Evaluate=Evaluate())
random = honest.replace(TimeSplit=RandomSplit()).run(flights, track=False)
random

# %%
# That looks good. But the model was asked about flights whose neighbours of the same afternoon it had seen, with their
# weather and their queue on the runway. The finding ``LK210`` says so; how much it is worth, it does not.
#
# What each leak is worth
# -----------------------
# ``price_of_leakage`` runs the pipeline as it should be, split by time, and then with each leak put in that it keeps
# out: on the same sample, by folds, with as many rows to learn from.

price = honest.price_of_leakage(flights, rows=16_000, folds=4, repeats=1)
price.plot()

# %%
price

# %%
# - **Every step learns from all rows**: imputed medians and encoded airports hardly change when later rows join in.
#   It is a mistake, and a cheap one.
# - **Random split**: the blue dot is what the model can do for a flight of a month it has not seen, the red one what it
#   seems to do when it has seen that month.
# - **Late columns admitted**: the delay at departure is written when the plane has left. The source declares when it is
#   known (``known_at=``), so it is no feature; without the declaration it would carry the model.
#
# The honest number
# -----------------
# Judged by what came later, once, on September:

later = honest.run(flights, track=False)
later

# %%
# One month of every eighth day is few days, and rows of one day share their weather: the interval above takes rows as
# independent and is too narrow. Four windows in time show how far the score really moves:

found = honest.cross_validate(4, flights, track=False)
found.plot()

# %%
found.folds.query("model == 'model' and metric == 'roc_auc'")[["fold", "learned until", "judged until", "value"]]

# %%
# Which column was it?
# --------------------
# Nobody had declared ``dep_delay``? Then it is a feature, the check ``LK204`` names it, and refitting without each
# feature shows what it carried:

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
# Three lines; ``time=`` where rows have one, ``known_at=`` for what is written later:
#
# .. code-block:: python
#
#     from mlsys import Pipeline
#     pipeline = Pipeline([HistGradientBoostingClassifier()], target="y", time="when", known_at={"closed": "closed_at"})
#     pipeline.price_of_leakage(df).plot()
#
# An order that is refused when it is built is priced as well: ``mlsys.price_of_leakage(steps, df, target="y")``. What
# the intervals assume is on :doc:`/cross_validation`.
