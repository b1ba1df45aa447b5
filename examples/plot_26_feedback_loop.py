"""
Labels arrive late: how long must I wait?
=========================================

Which orders come back is known only weeks later. A short wait gives fresh but wrong labels, because orders that have
not come back yet count as kept. How long is long enough?
"""

# %%
# Synthetic data: orders of half a year
# -------------------------------------
# A quarter of the orders come back, after two weeks on average, some only after six. The data was exported on the first
# of July, so many returns of orders sent in June are missing.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import NaturalLabel

rng = np.random.default_rng(3)
rows = 30_000
sent = pd.Timestamp("2024-01-01") + pd.to_timedelta(182 * np.sort(rng.random(rows)) ** 0.6, unit="D").floor("s")
comes_back = rng.random(rows) < 0.25
back = sent + pd.to_timedelta(np.where(comes_back, rng.gamma(2.0, 7.0, rows), np.nan), unit="D").floor("s")
drawn = pd.Timestamp("2024-07-01")
orders = pd.DataFrame({"sent": sent, "came_back": pd.Series(back).where(back < drawn)})

# %%
# Positive, negative, not yet known
# ---------------------------------
# An order that came back within the window is positive, one that did not is negative. As long as the window has not
# passed the label is unknown, also of orders that are back already: among the newest orders there would be no others.
# Orders without a label are in no part of a split.

returned = NaturalLabel("returned", event_at="came_back", since="sent", window="42D", until="2024-07-01")
labels = returned.labels(orders)
labels.value_counts(dropna=False)

# %%
# The length of the feedback loop
# -------------------------------
# The curve counts each order for as long as it was observed (Kaplan and Meier), so orders sent in June do not lower it,
# unlike the plain share of returns so far.

loop = returned.feedback_loop(orders)
loop.plot()

# %%
loop.summary

# %%
# The effect of a shorter window
# ------------------------------
# More orders have a label, but part of the returns count as kept. ``bias`` is how much rarer returns then appear.

shown = [16, 33, 49, 66, 83, 99]
loop.table.iloc[shown][["window_days", "positive", "of_all_positives", "bias", "known_rows"]].round(3)

# %%
# Why the plain share misleads
# ----------------------------
# By week of sending, the share of returns so far falls towards the day of the export, although nothing has changed.
# Labels with a window end where the window does.

weeks = orders["sent"].dt.to_period("W").dt.start_time
so_far = 100 * orders["came_back"].notna().groupby(weeks).mean()
waited = 100 * labels.astype("float64").groupby(weeks).mean().dropna()
figure, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
ax.plot(so_far.index, so_far, color="#b3405b")
ax.plot(waited.index, waited, color="#0b6e99")
ax.annotate(
    "returned so far",
    (so_far.index[-2], so_far.iloc[-2]),
    xytext=(-6, 12),
    textcoords="offset points",
    ha="right",
    color="#b3405b",
)
ax.annotate(
    "returned within 42 days",
    (waited.index[len(waited) // 2], waited.max()),
    xytext=(0, 6),
    textcoords="offset points",
    ha="center",
    color="#0b6e99",
)
ax.set(xlabel="week of sending", ylabel="orders (%)", ylim=(0, 40))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Next: :doc:`plot_14_late_labels` shows which rows can be used for training while the last labels are unknown.
