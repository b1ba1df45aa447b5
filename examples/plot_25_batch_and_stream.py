"""
One feature, batch and stream: are they the same?
=================================================

A model learns from the delays of the last three hours in a table of a year, and is then asked while events come in.
If the feature is written twice, once for each, the two differ sooner or later. Here it is written once.
"""

# %%
# Departures of three airports
# ----------------------------
# Made by this script. ``delay`` is known when a flight has left, so a flight that is an hour late is known an hour
# later: at noon, nobody knows yet how late those are that still stand at the gate.

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
# What happens at the airport in the three hours before the decision, one hour before schedule. ``over`` computes it for
# all rows at once, each row seeing what was known before its own decision and nothing later.

lately = WindowAggregate(
    "airport", {"departures_3h": "count", "delay_3h": ("delay", "mean"), "worst_3h": ("delay", "max")}, window="3h"
)
when = {"time": "scheduled", "decide_at": "1h before scheduled", "known_at": {"delay": "left"}}
batch = lately.over(departures, **when)
batch[["airport", "scheduled", "delay", "departures_3h", "delay_3h", "worst_3h"]].tail(4)

# %%
# The same as a stream
# --------------------
# Rows arrive in blocks of any size. The stream holds what later rows may still look at: the last three hours, and
# flights that are on their way to be known.

stream = lately.stream(**when)
pieces, held = [], []
for block in np.array_split(np.arange(rows), 400):
    pieces.append(stream.push(departures.iloc[block]))
    held.append(stream.held())
pd.testing.assert_frame_equal(pd.concat(pieces), batch, check_exact=True)
print(f"{rows:,} rows, the same bytes; at most {max(held)} rows held")

# %%
# What a second version gets wrong
# --------------------------------
# The usual way in a notebook is a rolling mean over the scheduled times. It uses delays of flights that had not left at
# the time: during a storm, the most important ones. Trained on that, a model meets other numbers when it serves.

ordered = departures.sort_values("scheduled", kind="stable").set_index("scheduled")
rolling = ordered.groupby("airport")["delay"].rolling("3h", closed="left").mean().rename("rolling").reset_index()
jfk = batch[batch["airport"] == "JFK"].set_index("scheduled")["delay_3h"].loc["2024-01-04":"2024-01-06"]
naive = rolling[rolling["airport"] == "JFK"].set_index("scheduled")["rolling"].loc["2024-01-04":"2024-01-06"]

figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.plot(naive.index, naive, color="#b3405b")
ax.plot(jfk.index, jfk, color="#0b6e99")
ax.annotate("rolling mean of what nobody knew yet", (naive.idxmax(), naive.max()), xytext=(-8, 0),
            textcoords="offset points", ha="right", va="top", color="#b3405b")  # fmt: skip
ax.annotate("what was known", (jfk.idxmax(), jfk.max()), xytext=(8, -4), textcoords="offset points", color="#0b6e99")
ax.set(ylabel="mean delay, last 3 h (min)")
ax.xaxis.set_major_locator(plt.matplotlib.dates.DayLocator())
ax.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b"))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Lags are defined the same way
# -----------------------------
# ``1`` is the most recent departure that was known, ``"1D"`` the delay as it stood a day before.

Lag("airport", "delay", back=[1, "1D"]).over(departures, **when)[["delay_lag_1", "delay_lag_1D"]].tail(3)

# %%
# In a pipeline, both are steps before the split; a served model keeps the rows it needs, and takes in new ones with
# ``model.absorb(events)``: see :doc:`/serving`.
