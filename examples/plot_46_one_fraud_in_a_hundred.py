"""
One fraud in a hundred: resample, weight, or move the threshold?
=================================================================

A missed fraud costs eighty times as much as a check for nothing. Many ways promise help with such rare classes. Which
of them lowers the cost, on the same rows and beyond chance?
"""

# %%
# Synthetic data: 9,000 payments, of which about one in a hundred is fraud
# ------------------------------------------------------------------------

import numpy as np
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from lightgbm import LGBMClassifier
from matplotlib import pyplot

import mlsys
from mlsys import Cost, Pipeline, StratifiedSplit, Train

rng = np.random.default_rng(0)
payments = pd.DataFrame(rng.normal(size=(9_000, 4)), columns=["amount", "distance", "hour", "age"])
odds = 1.6 * payments["amount"] + 1.2 * payments["distance"] * (payments["hour"] > 0) - 6.4
payments["fraud"] = rng.random(9_000) < 1 / (1 + np.exp(-odds))
f"{payments['fraud'].mean():.1%}"

# %%
# Every way on the same folds
# ---------------------------
# ``imbalance_study`` tries the ways in the order that the evidence supports: nothing, another threshold, weights, focal
# loss, fewer rows of the common class, and two ways to train in phases. All but the plain model decide at their
# threshold of least cost, which is found on rows that the model did not see.

booster = LGBMClassifier(n_estimators=40, num_leaves=7, verbose=-1, n_jobs=1)
study = mlsys.imbalance_study(
    Pipeline([StratifiedSplit(), Train(booster)], target="fraud"),
    payments,
    cost=Cost(missed=80, false_alarm=1),
    sampler=RandomUnderSampler(),
    focal=2,
    phases=True,
    folds=3,
)
study.table.pivot(index="way", columns="metric", values="value").loc[study.table["way"].unique()].round(3)

# %%
# No way ranks better beyond chance (average precision), and probabilities get worse (log loss) where nothing corrects
# them: after focal loss and training in phases. What is advised must cost less than the plain model, and than the plain
# model with another threshold.

study.facts["advice"]

# %%
# The picture
# -----------
# Each way's cost beside that of the plain model with its threshold moved, from the same folds.

beside = study.tables["differences"].query("metric == 'cost' and against == 'threshold'").set_index("way")
plain = study.tables["differences"].query("metric == 'cost' and against == 'plain' and way == 'threshold'").iloc[0]
beside.loc["plain"] = {"difference": -plain["difference"], "lower": -plain["upper"], "upper": -plain["lower"]}
ways = [way for way in study.table["way"].unique() if way != "threshold"]
names = {
    "plain": "nothing (cut at 0.5)",
    "weights": "weights",
    "focal": "focal loss",
    "resampled": "fewer common rows",
    "two_phase": "two phases",
    "dynamic": "dynamic sampling",
}

figure, ax = pyplot.subplots(figsize=(7.5, 3.4), layout="constrained")
ax.axvline(0, color="#777777", linewidth=1)
for place, way in enumerate(ways):
    row = beside.loc[way]
    worse, better = row["lower"] > 0, row["upper"] < 0
    colour = "#b3405b" if worse else "#0b6e99" if better else "#777777"
    ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5)
    ax.plot(row["difference"], place, "o", color=colour)
    said = "costs more" if worse else "costs less" if better else "not told apart"
    ax.annotate(said, (row["upper"], place), (6, 0), textcoords="offset points", va="center", color=colour)
ax.set_yticks(range(len(ways)), [names[way] for way in ways])
ax.set_ylim(len(ways) - 0.5, -0.5)
ax.margins(x=0.2)
ax.set_xlabel("cost of 1,000 payments, beside moving the threshold (95 % intervals)")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Moving the threshold is most of what there is to gain. See :doc:`/imbalance` for what each way does to probabilities.
