"""
A gate that says no
===================

The model beats every baseline and looks fine on average. Should it go live? Runs inform, gates refuse: what must hold
is written down as comparisons with the ends of intervals, and asked of the rows that judge.
"""

# %%
# Made data: loans, in two branches
# ---------------------------------
# 6,000 loans; the smaller branch keeps its books late, so the best predictor is mostly missing there.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Cost, Evaluate, Gate, Pipeline, StratifiedSplit, Train, beats, gap, metric

rng = np.random.default_rng(0)
rows = 6_000
branch = rng.choice(["city", "coast"], rows, p=[0.8, 0.2])
debt, income, late_before = rng.gamma(2, 1, rows), rng.normal(3, 1, rows), rng.poisson(0.4, rows)
chance = 1 / (1 + np.exp(-(1.8 * late_before + 0.5 * debt - 0.8 * income - 0.6)))
missing = np.where(branch == "coast", 0.9, 0.05)
loans = pd.DataFrame(
    {
        "debt": debt,
        "income": income,
        "late_before": np.where(rng.random(rows) < missing, np.nan, late_before),
        "branch": branch,
        "defaulted": rng.random(rows) < chance,
    }
)

# %%
# A default that was missed costs ten times a loan that was refused without need. ``Cost`` moves the decision to where
# mistakes cost least.

run = Pipeline(
    [
        StratifiedSplit(),
        Train(HistGradientBoostingClassifier(max_iter=50)),
        Evaluate(slices=["branch"], value=Cost(missed=10, false_alarm=1)),
    ],
    target="defaulted",
    exclude=["branch"],
).run(loans, track=False)
run

# %%
# For whom is it worse?
# ---------------------
# The intervals of slices hold together: with two slices each is a little wider than 95 % alone would ask for.

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
run.reports["evaluate"].plot(ax)

# %%
# What mistakes cost, by where the decision falls
# -----------------------------------------------
# The curve is what 1,000 loans cost at each threshold. ``Cost`` acts from 1/11 on, which follows from the prices alone
# as far as the probabilities are true (Elkan 2001).

scored = run.predictions["validation"].join(loans["defaulted"])
chance_of_default, happened = scored["probability_True"], scored["defaulted"]


def price(threshold: float) -> float:
    """Cost of 1,000 loans when those above a threshold are refused."""
    refused = chance_of_default >= threshold
    return float(1_000 * (10 * (happened & ~refused) + (~happened & refused)).mean())


thresholds = np.linspace(0.01, 0.9, 90)
chosen = Cost(missed=10, false_alarm=1).threshold
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(thresholds, [price(each) for each in thresholds], color="#0b6e99")
for threshold, words, colour in ((chosen, "by prices: 1/11", "#0b6e99"), (0.5, "the usual 0.5", "#b3405b")):
    ax.plot(threshold, price(threshold), "o", color=colour)
    ax.annotate(
        f"{words}, {price(threshold):,.0f}",
        (threshold, price(threshold)),
        xytext=(8, -12),
        textcoords="offset points",
        color=colour,
    )
ax.set(xlabel="probability from which a loan is refused", ylabel="cost of 1,000 loans", ylim=(0, None))
ax.spines[["top", "right"]].set_visible(False)

# %%
# The gate
# --------
# Every term must hold. ``.lower`` and ``.upper`` are ends of intervals, so a small sample cannot pass by luck. The gap
# between branches must be small for certain, not by the look of it.

gate = Gate(metric("roc_auc").lower >= 0.70, beats("zero_rule"), gap("roc_auc", by="branch").upper <= 0.15)
verdict = run.register("loans", alias="champion", gate=gate)
verdict

# %%
# Nothing was registered. In a script, ``verdict.raise_if_refused()`` ends the job. A yes writes a version and its
# alias to MLflow's registry; the rows that judge are then better the test rows: ``run.final_test().register(...)``.

bool(verdict)
