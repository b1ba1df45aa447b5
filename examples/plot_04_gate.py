"""
A gate that refuses a model
===========================

The model beats every baseline and looks good on average. Should it go live? A run informs; a gate refuses. Its
conditions compare the ends of intervals, computed on the evaluated rows, with limits that you set.
"""

# %%
# Synthetic data: loans in two branches
# -------------------------------------
# 6,000 loans. The smaller branch records late payments late, so the best predictor is mostly missing there.

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
# A missed default costs ten times as much as a loan refused without need. ``Cost`` moves the decision threshold to
# minimize the cost of errors.

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
# For whom is the model worse?
# ----------------------------
# The intervals of slices hold simultaneously: with two slices, each is slightly wider than a single 95 % interval.

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
run.reports["evaluate"].plot(ax)

# %%
# The cost of errors at each threshold
# ------------------------------------
# The curve shows the cost of 1,000 loans at each threshold. ``Cost`` chooses 1/11, which is optimal for these prices
# if the probabilities are calibrated (Elkan 2001).

scored = run.predictions["validation"].join(loans["defaulted"])
chance_of_default, happened = scored["probability_True"], scored["defaulted"]


def price(threshold: float) -> float:
    """Cost of 1,000 loans if those above the threshold are refused."""
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
# Every condition must hold. ``.lower`` and ``.upper`` are the ends of intervals, so a small sample does not pass by
# chance: the whole interval of the gap between branches must be below the limit.

gate = Gate(metric("roc_auc").lower >= 0.70, beats("zero_rule"), gap("roc_auc", by="branch").upper <= 0.15)
verdict = run.register("loans", alias="champion", gate=gate)
verdict

# %%
# Nothing was registered. In a script, ``verdict.raise_if_refused()`` stops the job. If the gate passes, a version and
# its alias are written to MLflow's registry. For a final decision use the test rows:
# ``run.final_test().register(...)``.

bool(verdict)
