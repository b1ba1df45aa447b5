"""
One feature in batch and stream: is it the same?
================================================

A model learns from the delays of the last three hours in a table of a year, and then predicts while events arrive. If
the feature is implemented twice, the two versions differ sooner or later. Here it is defined once.
"""

# %%
# Synthetic data: departures of three airports
# --------------------------------------------
# ``delay`` is known when a flight has left, so the delay of a flight that is an hour late becomes known an hour
# later: at noon, nobody knows how late the flights still at the gate will be.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import Lag, WindowAggregate

rng = np.random.default_rng(0)
rows = 20_000
hours = np.sort(rng.uniform(0, 60 * 24, rows))
storm = 60 * np.exp(-(((hours % (9 * 24)) - 100) ** 2) / 400)  # one every nine days
departures = pd.DataFrame(
    {
        "airport": rng.choice(["EWR", "JFK", "LGA"], rows),
        "scheduled": pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h").floor("min"),
        "delay": (rng.gamma(1.0, 10.0, rows) + storm * rng.random(rows)).round(),
    }
)
departures["left"] = departures["scheduled"] + pd.to_timedelta(departures["delay"], unit="min")

# %%
# The definition
# --------------
# The feature describes the airport in the three hours before the decision, which is one hour before schedule. ``over``
# computes it for all rows at once; each row sees only what was known before its own decision.

lately = WindowAggregate(
    "airport", {"departures_3h": "count", "delay_3h": ("delay", "mean"), "worst_3h": ("delay", "max")}, window="3h"
)
when = {"time": "scheduled", "decide_at": "1h before scheduled", "known_at": {"delay": "left"}}
batch = lately.over(departures, **when)
batch[["airport", "scheduled", "delay", "departures_3h", "delay_3h", "worst_3h"]].tail(4)

# %%
# The same as a stream
# --------------------
# Rows arrive in blocks of any size. The stream holds what later rows may need: the last three hours, and flights whose
# delay is not known yet.

stream = lately.stream(**when)
pieces, held = [], []
for block in np.array_split(np.arange(rows), 400):
    pieces.append(stream.push(departures.iloc[block]))
    held.append(stream.held())
pd.testing.assert_frame_equal(pd.concat(pieces), batch, check_exact=True)
print(f"{rows:,} rows, identical to the last bit; at most {max(held)} rows held")

# %%
# The usual mistake
# -----------------
# The usual code in a notebook is a rolling mean over scheduled times. It uses delays of flights that had not left yet:
# during a storm, the most important ones. A model trained on it receives different numbers when it serves.

ordered = departures.sort_values("scheduled", kind="stable").set_index("scheduled")
rolling = ordered.groupby("airport")["delay"].rolling("3h", closed="left").mean().rename("rolling").reset_index()
jfk = batch[batch["airport"] == "JFK"].set_index("scheduled")["delay_3h"].loc["2024-01-04":"2024-01-06"]
naive = rolling[rolling["airport"] == "JFK"].set_index("scheduled")["rolling"].loc["2024-01-04":"2024-01-06"]

figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.plot(naive.index, naive, color="#b3405b")
ax.plot(jfk.index, jfk, color="#0b6e99")
ax.annotate(
    "rolling mean, not known yet",
    (naive.idxmax(), naive.max()),
    xytext=(-8, 0),
    textcoords="offset points",
    ha="right",
    va="top",
    color="#b3405b",
)
ax.annotate("known at the time", (jfk.idxmax(), jfk.max()), xytext=(8, -4), textcoords="offset points", color="#0b6e99")
ax.set(ylabel="mean delay, last 3 h (min)")
ax.xaxis.set_major_locator(plt.matplotlib.dates.DayLocator())
ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b"))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Lags
# ----
# Lags are defined in the same way: ``1`` is the most recent known departure, ``"1D"`` the delay as it was a day before.

Lag("airport", "delay", back=[1, "1D"]).over(departures, **when)[["delay_lag_1", "delay_lag_1D"]].tail(3)

# %%
# In a pipeline, both are steps before the split. A served model keeps the rows that it needs and absorbs new ones with
# ``model.absorb(events)``; see :doc:`/serving`.
