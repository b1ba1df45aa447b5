"""
A sample of a stream
====================

Payments come in all day, and nobody knows how many there will be. How much was paid today, and how sure is that, from a
thousand rows that fit on a page?
"""

# %%
# A day of payments, an hour a frame. A few of them are very large.

import numpy as np
import pandas as pd
from matplotlib import pyplot

from mlsys import HashSample, ReservoirSample


def hour(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(number)
    rows = int(rng.integers(1_000, 12_000))
    frame = pd.DataFrame({"amount": rng.lognormal(3.0, 1.3, rows).round(2), "card": rng.random(rows) < 0.7})
    return frame.set_axis(number * 100_000 + np.arange(rows), axis=0)


day = [hour(number) for number in range(24)]
sum(map(len, day))

# %%
# A reservoir holds a thousand rows at any time, each row so far as likely to be among them as any other. Rows that it
# skips cost nothing.

design = ReservoirSample(1_000)
draw = design.stream(seed=1)
for frame in day:
    draw.push(frame)
draw.said

# %%
# What was paid
# -------------
# ``sampling_weight`` says how many rows each row stands for. The design turns them into means and totals with an
# interval, of all payments or by group.

sample = draw.sample()
design.estimate(sample, "amount").round(1)

# %%
design.estimate(sample, "amount", by="card").round(1)

# %%
# Large rows first
# ----------------
# A total depends on its large rows. Drawn in proportion to the amount, the same number of rows gives an interval of the
# total half as wide. The small payments are few now, so that the sample says less about the payments as such: of the
# thousand rows about two hundred are effective.

by_amount = ReservoirSample(1_000, size="amount")
draw = by_amount.stream(seed=1)
for frame in day:
    draw.push(frame)
large = draw.sample()
by_amount.estimate(large, "amount").round(1)

# %%
# How the interval of the total narrows over the day: after each hour, the total so far relative to the true one.

lines: dict[str, list[np.ndarray]] = {"each row alike": [], "in proportion to the amount": []}
for name, each in zip(lines, (design, by_amount), strict=True):
    draw, paid = each.stream(seed=1), 0.0
    for frame in day:
        paid += frame["amount"].sum()
        total = each.estimate(draw.push(frame).sample(), "amount")[["value", "lower", "upper"]].to_numpy()[1]
        lines[name].append(total / paid)

figure, ax = pyplot.subplots(figsize=(7, 4), layout="constrained")
hours = np.arange(1, 25)
looks = (("#0072B2", 2, 4), ("#D55E00", 1, -12))
for (name, line), (colour, edge, above) in zip(lines.items(), looks, strict=True):
    value, lower, upper = np.array(line).T
    ax.fill_between(hours, 100 * (lower - 1), 100 * (upper - 1), color=colour, alpha=0.3, linewidth=0)
    ax.plot(hours, 100 * (value - 1), color=colour)
    end = (24, 100 * (line[-1][edge] - 1))
    ax.annotate(name, end, (0, above), textcoords="offset points", color=colour, ha="right")
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xlabel="hours of the day", ylabel="total so far, % off the true one", ylim=(-20, 30))
ax.set_title("Large rows first: as many rows, half the interval", loc="left")

# %%
# Several machines
# ----------------
# Each draws from what it sees, and the draws are added. By the hash of the id the same rows are drawn in whatever order
# and pieces they came, today and when the day is read again.

machines = [HashSample(1_000).stream().push(pd.concat(day[start::3])) for start in range(3)]
merged = machines[2] + machines[0] + machines[1]
again = HashSample(1_000).select(pd.concat(day))
merged.said, set(merged.sample().index) == set(again.index)
