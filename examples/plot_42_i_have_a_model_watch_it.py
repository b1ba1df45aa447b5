"""
I have a model: watch it
========================

The model is there already, of whatever library, and so are the rows that it was judged on. What is needed to be told
when it fails?
"""

# %%
# A model that somebody else made
# -------------------------------
# It says how likely a loan is to be paid late. All that is known of it are its predictions on last year's loans, with
# what became of them.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import LossDetector, MaturingLosses, Monitor


def loans(first_day: str, days: int, seed: int, flipped: float = 0.0) -> pd.DataFrame:
    """Loans, 40 a day: income, the model's probability of being late, whether they were, and when that was known."""
    rng = np.random.default_rng(seed)
    size = 40 * days
    day = pd.Timestamp(first_day) + pd.to_timedelta(np.repeat(np.arange(days), 40), "D")
    income = rng.gamma(4.0, 10.0, size)
    p = 1 / (1 + np.exp(0.08 * (income - 30)))
    late = (rng.random(size) < p) ^ (rng.random(size) < flipped)
    known = day + pd.to_timedelta(rng.integers(3, 30, size) + 5 * late, "D")
    loan = [f"{seed}-{number}" for number in range(size)]
    return pd.DataFrame({"loan": loan, "day": day, "income": income, "p": p, "late": late.astype(int), "known": known})


reference = loans("2025-01-01", days=100, seed=0)
budget = "1 false page per 90 days"
known_then = reference.drop(columns="known")
monitor = Monitor.fit(known_then, prediction="p", target="late", id="loan", time="day", budget=budget)
monitor

# %%
# Each night
# ----------
# A check compares today's loans with the reference. No label is known yet: the check says what the columns and the
# predictions let one expect. ``monitor.save(folder)`` keeps it, and ``mlsys check folder today.parquet`` does this from
# the command line.

today = loans("2026-01-01", days=1, seed=1).drop(columns=["late", "known"])
monitor.check(today)

# %%
# Each loan
# ---------
# Labels come after days or weeks, and those of late payers later. So each loan is judged when it is 35 days old, in the
# order of the days: ``MaturingLosses`` waits for that. The detector has learned from the reference how large the loss
# is, and will call without a reason at most once in 100,000 loans, on average.

losses = (reference["p"] - reference["late"]) ** 2
detector = LossDetector.fit(losses, mean_time_between_false_alarms=100_000)
waiting = MaturingLosses("35D", id="loan", time="day", prediction="p", target="late", loss="squared")

# %%
# 140 days, in which the customers change after 70: a fifth of them behave otherwise, at the same incomes.

year = pd.concat([loans("2026-01-01", 70, seed=2), loans("2026-03-12", 70, seed=3, flipped=0.2)])
calls, evidence = [], []
for now in pd.date_range("2026-01-01", "2026-06-23"):
    waiting.predicted(year[year["day"] == now])
    waiting.labelled(year[year["known"] == now])
    alarms = detector.update(waiting.mature(now))
    calls += [(now, alarm) for alarm in alarms]
    evidence.append((now, detector.threshold if alarms else detector.evidence))

detector

# %%
# The first call, and since which loan the loss is higher: loan 2,800 was the last before the change. The day of the
# call has 35 days of waiting in it, which no detector can take away; :func:`mlsys.label_delays` tells how long labels
# take.
# The other calls came because nothing was done: after an alarm the detector begins anew.

calls[0]

# %%
# What was odd about the labels
# -----------------------------
# Labels that never came, of ids that nobody predicted, or a clock that went back are counted.

waiting.labelled(pd.DataFrame({"loan": ["nobody's"], "late": [1]}))
waiting

# %%
# Over time
# ---------

days, values = zip(*evidence, strict=True)
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.semilogy(days, np.maximum(values, 1), color="#4269d0")
ax.axhline(detector.threshold, color="grey", linewidth=1)
ax.annotate("alarm", (days[0], detector.threshold), (0, -12), textcoords="offset points", color="grey")
change = pd.Timestamp("2026-03-12")
for moment, said in ((change, "customers\nchange"), (change + pd.Timedelta("35D"), "their loans\nmature")):
    ax.plot(pd.Series([moment] * 2), [1, detector.threshold], color="grey", linewidth=1, linestyle=":")
    ax.annotate(said, (moment, 2), (-4, 0), textcoords="offset points", ha="right", color="grey")
ax.set_ylabel("evidence of a higher loss")
_ = ax.spines[["top", "right"]].set_visible(False)

# %%
# The evidence is the capital of somebody who bets that losses are higher, against odds that are fair while they are
# not. :doc:`/benchmarks/streams_of_losses` has false alarms and delays beside other
# detectors; what to do about an alarm is :doc:`plot_41_when_to_retrain`.
