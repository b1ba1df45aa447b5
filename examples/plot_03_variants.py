"""
Which of three models? Paired intervals on the same rows
========================================================

Three models predict the same tumours, and their scores differ slightly. Is the difference more than chance? If not,
which model is the cheapest to serve?
"""

# %%
# One pipeline, three variants
# ----------------------------
# A variant names the steps that differ. The steps before them run once.

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Pipeline, Standardize, Train

df = load_breast_cancer(as_frame=True).frame
pipeline = Pipeline([Standardize(), Train(HistGradientBoostingClassifier())], target="target")
variants = pipeline.variants(
    boosted={},
    linear={"Train": Train(LogisticRegression())},
    forest={"Train": Train(RandomForestClassifier(100))},
)
variants

# %%
runs = variants.run(df, track=False)

# %%
# Compare on the same evaluated rows
# ----------------------------------
# Each interval alone is wide. The interval of the *difference* is narrower, because both models are resampled on the
# same rows: rows that are hard for one model are also hard for the other.

comparison = mlsys.compare(runs)
comparison

# %%
# A model is "not told apart" from the best if the interval of the difference contains zero. Among the best and these
# models the cheapest is chosen: the smallest of those that answer about as fast as the fastest.

import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.4), layout="constrained", sharey=True)
comparison.plot(left)
drawn = comparison.table.to_dict("records")
for place, row in zip(reversed(range(len(drawn))), drawn, strict=True):
    if row["verdict"] == "best":
        right.text(0, place, "highest value ", va="center", ha="right", color="#0b6e99")
        continue
    colour = "#b3405b" if row["verdict"] == "worse" else "#8a8a8a"
    right.plot([row["difference lower"], row["difference upper"]], [place, place], color=colour, linewidth=2.5)
    right.plot(row["difference"], place, "o", color=colour)
    right.annotate(
        row["verdict"],
        (row["difference upper"], place),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
    )
right.axvline(0, color="#c8c8c8", linewidth=0.8, zorder=0)
right.set(xlabel="difference from the best, paired 95 % interval")
right.locator_params(axis="x", nbins=5)
right.margins(x=0.35)
right.spines[["top", "right"]].set_visible(False)

# %%
# By another metric
# -----------------
# The headline metric measures ranking; log loss also measures the quality of the probabilities.

mlsys.compare(runs, metric="log_loss")

# %%
# The model to continue with:

comparison.best.card.headline
