"""
When should I retrain?
======================

Every week costs something if the model is old, and something if it is trained. A policy weighs the two, and a replay of
the past shows what it would have cost.
"""

# %%
# Synthetic data: prices of a market that moves, and then stands still
# ---------------------------------------------------------------------
# What demand depends on turns slowly for 40 weeks, stands still for 30, and jumps in week 70.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import date2num
from sklearn.linear_model import LogisticRegression, SGDClassifier

from mlsys import RetrainPolicy, training_history

rng = np.random.default_rng(0)
weeks, each = 100, 200
week = np.repeat(np.arange(weeks), each)
angle = np.interp(week, [0, 40, 70, 71, 100], [0, 1.6, 1.6, 2.8, 2.8])
price, season = rng.normal(size=(2, weeks * each))
score = 2 * (np.cos(angle) * price + np.sin(angle) * season)
rows = pd.DataFrame(
    {
        "time": pd.date_range("2023-01-02", periods=weeks * each, freq=pd.Timedelta("7D") / each),
        "price": price,
        "season": season,
        "sold": (rng.random(weeks * each) < 1 / (1 + np.exp(-score))).astype(int),
    }
)

# %%
# What newer data is worth
# ------------------------
# A model is trained before each week on the eight weeks before, and evaluated on every later week. The curve compares
# models of different age on the same weeks, so that hard weeks do not blur it.

history = training_history(LogisticRegression(), rows, target="sold", time="time", every="7D", window="56D")
history.freshness_curve().plot()

# %%
# What policies would have cost
# -----------------------------
# A wrong prediction costs 3, a training 200; labels arrive two weeks later. The policy knows only what labels had shown
# by then. *In hindsight* is the least that any schedule costs.

policy = RetrainPolicy(cost_retrain=200, cost_per_error=3, label_delay="14D")
replay = policy.replay(history)
replay.plot()

# %%
# It trains where the market moves, and not where it stands still.

trained = replay.tables["trained"]
figure, ax = plt.subplots(figsize=(7.5, 2.2), layout="constrained")
for place, name in enumerate(["this policy", "every 8 periods", "on alarm", "in hindsight"]):
    times = trained.loc[trained["strategy"] == name, "period"]
    colour = "#1f5fa8" if name == "this policy" else "#777777"
    ax.plot(times, np.full(len(times), place), "|", markersize=14, markeredgewidth=2, color=colour)
still, jump = (float(date2num(rows["time"].iloc[number * each])) for number in (40, 70))
ax.axvspan(still, jump, color="#f1f1f1", zorder=0)
ax.text(still, -0.6, " the market stands still", fontsize=8, color="#666666")
ax.set_yticks(range(4), ["this policy", "every 8 weeks", "on alarm", "in hindsight"])
ax.set_ylim(3.5, -0.9)
ax.spines[["top", "right"]].set_visible(False)

# %%
# Afresh, or going on?
# --------------------
# A model that learns on is cheaper to update, but keeps what it has learned from weeks that are long gone.

model = SGDClassifier(loss="log_loss", random_state=0)
both = {
    name: training_history(model, rows, target="sold", time="time", every="7D", start=8, stateful=stateful)
    for name, stateful in (("afresh on all", False), ("going on", True))
}
compared = RetrainPolicy(200, 3, label_delay="14D", cost_update=20).replay({"8 weeks": history, **both}).table
compared[compared["strategy"] == "this policy"].round(3)

# %%
# What to do this week
# --------------------
# The same rule for the model in use: one row for each period. The expected saving is over as long a time again as the
# model has served.

advice = policy.advise(history.served(since="2024-01-01", label_delay="14D"))
advice

# %%
advice.plot()

# %%
# Broken data is not learned
# --------------------------
# If the last period broke its schema, a new model would learn the break.

policy.advise(history.served(since="2024-01-01").assign(broken=lambda frame: frame.index == frame.index[-1])).deed

# %%
# :doc:`/retraining` says how a new model takes over, and how it is rolled back.
