"""
Labels arrive late: how long must I wait?
=========================================

Which orders come back is known only weeks later. A short wait gives fresh labels, and wrong ones: what has not come
back yet counts as kept. How long is long enough?
"""

# %%
# Orders of half a year
# ---------------------
# Made by this script. A quarter of the orders come back, after two weeks on average, some only after six. The data was
# drawn on the first of July: of orders sent in June, many returns are not in it.

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
# An order that came back within the window is positive; one whose window has passed is negative; of the rest nobody
# knows, and it is in no part of a split.

returned = NaturalLabel("returned", event_at="came_back", since="sent", window="42D", until="2024-07-01")
labels = returned.labels(orders)
labels.value_counts(dropna=False)

# %%
# The length of the feedback loop
# -------------------------------
# The curve counts each order for as long as it was observed (Kaplan and Meier), so that those sent in June do not bend
# it down, as the plain share of what has come back so far does.

loop = returned.feedback_loop(orders)
loop.plot()

# %%
loop.summary

# %%
# What a shorter window would bring
# ---------------------------------
# More orders have a label, but part of the returns are called kept. ``bias`` is how much rarer returns then look.

shown = [16, 33, 49, 66, 83, 99]
loop.table.iloc[shown][["window_days", "positive", "of_all_positives", "bias", "known_rows"]].round(3)

# %%
# Why the plain share misleads
# ----------------------------
# By week of sending, the share that has come back so far falls towards the day on which the data was drawn, though
# nothing has changed. Labels with a window end where the window does.

weeks = orders["sent"].dt.to_period("W").dt.start_time
so_far = 100 * orders["came_back"].notna().groupby(weeks).mean()
waited = 100 * labels.astype("float64")[orders["sent"] + pd.Timedelta("42D") <= drawn].groupby(weeks).mean()
figure, ax = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
ax.plot(so_far.index, so_far, color="#b3405b")
ax.plot(waited.index, waited, color="#0b6e99")
ax.annotate("come back so far", (so_far.index[-2], so_far.iloc[-2]), xytext=(-6, 12), textcoords="offset points",
            ha="right", color="#b3405b")  # fmt: skip
ax.annotate("come back within 42 days", (waited.index[len(waited) // 2], waited.max()), xytext=(0, 6),
            textcoords="offset points", ha="center", color="#0b6e99")  # fmt: skip
ax.set(xlabel="week of sending", ylabel="orders (%)", ylim=(0, 40))
ax.spines[["top", "right"]].set_visible(False)

# %%
# What may be trained on while the last labels are open: :doc:`plot_14_late_labels`.
