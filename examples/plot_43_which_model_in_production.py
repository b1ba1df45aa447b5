"""
Which model is better in production?
====================================

A new model looks better on past rows. It first answers in the shadow, then gets a growing share of traffic, then half
of it, and the test says at any time whether it may be stopped.
"""

# %%
# Synthetic data: a shop, and what its customers buy
# --------------------------------------------------
# Whether a customer buys depends on how well the offer fits; the champion knows two of three columns.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import ABTest, Canary, shadow

rng = np.random.default_rng(0)


def customers(n: int) -> pd.DataFrame:
    """Return customers, and whether they would buy."""
    rows = pd.DataFrame({"visits": rng.poisson(4, n), "basket": rng.exponential(30, n), "age": rng.integers(18, 80, n)})
    score = 0.3 * rows["visits"] + 0.02 * rows["basket"] - 0.002 * (rows["age"] - 45) ** 2 - 1.5
    return rows.assign(bought=(rng.random(n) < 1 / (1 + np.exp(-score))).astype(int))


past, today = customers(3_000), customers(2_000)
features = ["visits", "basket", "age"]
champion = LogisticRegression(max_iter=500).fit(past[features], past["bought"])
challenger = HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(past[features], past["bought"])

# %%
# In the shadow
# -------------
# Both models answer the same customers; only the champion's answers are used. Where they differ, and which was right:

found = shadow(champion, challenger, today[features], today["bought"], metrics=["roc_auc", "accuracy", "brier"])
found

# %%
found.plot()

# %%
# A growing share
# ---------------
# The new model must not break the page. One percent of customers get it first; half a percentage point more failures
# over all traffic is tolerated. Here it fails four points more often, and is rolled back before many have seen it.

canary = Canary({"failed": 0.005})
served, share = [], canary.steps[0]
while 0 < share < 1:
    ids = rng.integers(0, 10**9, 2_000)
    arm = canary.assign(ids, canary.steps.index(share))
    failed = rng.random(2_000) < np.where(arm == "challenger", 0.05, 0.01)
    served.append(pd.DataFrame({"arm": arm, "share": share, "failed": failed}))
    decision = canary.decide(pd.concat(served, ignore_index=True))
    share = decision.next_share
decision

# %%
decision.plot()

# %%
# Half of the traffic
# -------------------
# The failure is mended. Does the new model sell more? How many customers it takes:

test = ABTest("bought", minimum_effect=0.02, baseline=0.10, salt="autumn")
test.sample_size()

# %%
# Twenty days of customers, and a look at every evening. The interval holds at all looks together, so the test may stop
# at the first evening that decides.

days, each = 20, 800
rows = pd.DataFrame({"customer": np.arange(days * each)})
rows["day"] = pd.Timestamp("2026-09-01") + pd.to_timedelta(rows["customer"] // each, unit="D")
rows["arm"] = test.assign(rows["customer"])
rows["bought"] = rng.random(len(rows)) < np.where(rows["arm"] == "challenger", 0.125, 0.10)
result = test.analyse(rows, id="customer", time="day")
result

# %%
# What looking costs
# ------------------
# The same days without any difference, 100 times. A test for one look, looked at every evening, finds a difference in
# many of them; the sequential test keeps its 5 %.

once, always = np.zeros(days), np.zeros(days)
for _ in range(100):
    new = rng.random(days * each) < 0.5
    y = rng.random(days * each) < 0.10
    quiet = pd.DataFrame({"arm": np.where(new, "challenger", "champion"), "bought": y, "day": rows["day"]})
    looks = test.analyse(quiet, time="day").tables["looks"]
    counts = [
        np.cumsum(np.add.reduceat(mask, np.arange(0, days * each, each))) for mask in (new, ~new, new & y, ~new & y)
    ]
    shares = [counts[2] / counts[0], counts[3] / counts[1]]
    error = np.sqrt(sum(s * (1 - s) / n for s, n in zip(shares, counts[:2], strict=True)))
    once += np.maximum.accumulate(abs(shares[0] - shares[1]) > 1.96 * error)
    always += np.maximum.accumulate(((looks["lower"] > 0) | (looks["upper"] < 0)).to_numpy())

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", width_ratios=(3, 2))
result.plot(left)
for found_by, said, colour in ((once, "for one look", "#b34700"), (always, "sequential", "#0b5a8a")):
    right.plot(np.arange(1, days + 1), found_by, color=colour)
    right.annotate(said, (days, found_by[-1]), xytext=(-4, 5), textcoords="offset points", ha="right", color=colour)
right.axhline(5, color="#777777", linewidth=1, linestyle="--")
right.set_xlabel("evenings on which somebody looked")
right.set_ylabel("tests that found what is not there, %")
right.spines[["top", "right"]].set_visible(False)

# %%
# :doc:`/test_in_production` has interleaving, bandits, and what a log says of another policy.
