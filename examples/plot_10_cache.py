"""
Edit one step
=============

You change one line of a helper and run again. What is done again, and how would you know? Results of steps are kept
beside your script; a step is redone when its code, its configuration or its input changed, and the report says which.
"""

# %%
# A day's work: hires of bicycles
# -------------------------------
# Made data: 60,000 hires as a machine wrote them down. Reading the text of each line takes the time that such things
# take. The cache of this page begins empty.

import re
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Derive, Evaluate, Pipeline, RandomSplit, Train
from mlsys.settings import override

own = ExitStack()
own.enter_context(override(folder=own.enter_context(TemporaryDirectory())))

rng = np.random.default_rng(0)
rows = 60_000
start, minutes = rng.integers(0, 24 * 60, rows), rng.gamma(2.0, 9.0, rows).round(1)
station = rng.choice(["north", "south", "east", "river"], rows)
hurt = rng.random(rows) < 1 / (1 + np.exp(-(0.06 * minutes + 0.8 * (station == "river") - 4)))
hires = pd.DataFrame(
    {
        "line": [
            f"{t // 60:02d}:{t % 60:02d} {place} {length}min"
            for t, place, length in zip(start, station, minutes, strict=True)
        ],
        "repaired": hurt,
    }
)
hires.head(3)

# %%
# A helper finds the parts of a line; three functions use it.

WRITTEN = re.compile(r"(\d\d):\d\d (\w+) ([\d.]+)min")


def part(lines, number):
    """One part of every line."""
    return pd.Series([WRITTEN.findall(line)[0][number - 1] for line in lines], index=lines.index)


def hour(frame):
    """Hour of the day."""
    return part(frame["line"], 1).astype("int64")


def at_the_river(frame):
    """Whether the hire began at the river."""
    return part(frame["line"], 2) == "river"


def long_hire(frame):
    """Whether it took longer than half an hour."""
    return part(frame["line"], 3).astype("float64") > 30


pipeline = Pipeline(
    [
        Derive({"hour": hour}, name="Hour"),
        Derive({"river": at_the_river}, name="River"),
        Derive({"long": long_hire}, name="Long"),
        RandomSplit(),
        Train(HistGradientBoostingClassifier(max_iter=40)),
        Evaluate(),
    ],
    target="repaired",
    exclude=["line"],
)
first = pipeline.run(hires, track=False)
first.cache_report()

# %%
# Again, with nothing changed
# ---------------------------
# In this process or in a fresh one tomorrow: the rows are compared by content, no function is called.

again = pipeline.run(hires, track=False)
again.cache_report()

# %%
# A comment and a docstring
# -------------------------
# In a notebook a cell is run again; in a script a file is saved. What Python does is the same, so nothing is redone.


def long_hire(frame):
    """Say whether the hire took longer than half an hour."""
    # the machine writes minutes with one digit after the point
    return part(frame["line"], 3).astype("float64") > 30


def with_(function):
    """Return the pipeline with another function for the length of a hire."""
    return pipeline.replace(Long=Derive({"long": function}))


with_(long_hire).run(hires, track=False).cache_report()

# %%
# One number
# ----------
# A quarter of an hour is long too, it turns out. That step is redone and what follows it; the two before are not.


def long_hire(frame):
    """Say whether the hire took longer than a quarter of an hour."""
    return part(frame["line"], 3).astype("float64") > 15


edited = with_(long_hire).run(hires, track=False)
edited.cache_report()

# %%
# A helper that all three use
# ---------------------------
# The functions themselves are untouched. The report names the helper; and since the new one finds the same parts, the
# rows come out as before, and the model is not trained again.


def part(lines, number):
    """One part of every line."""
    found = [WRITTEN.findall(line)[0] for line in lines]
    return pd.Series([each[number - 1] for each in found], index=lines.index)


helper = with_(long_hire).run(hires, track=False)
helper.cache_report()

# %%
# What it saved
# -------------

runs = {"first": first, "again": again, "one number": edited, "a helper": helper}
whole = first.cache_report()["seconds"].sum()
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
for place, run in enumerate(runs.values()):
    begin = 0.0
    for step, seconds in run.cache_report()[["step", "seconds"]].to_numpy().tolist():
        ax.barh(place, seconds, left=begin, color="#0b6e99", edgecolor="white", height=0.6)
        if seconds > 0.1 * whole:
            ax.text(begin + seconds / 2, place, step, color="white", ha="center", va="center", fontsize=8)
        begin += seconds
    ax.text(begin, place, f"  {begin:.2f} s", va="center", fontsize=9)
ax.set_yticks(range(len(runs)), list(runs))
ax.invert_yaxis()
ax.set(xlabel="seconds that steps took")
ax.spines[["top", "right"]].set_visible(False)

# %%
# What it cannot see
# ------------------
# A function that opens a file depends on more than its code. The report says so, and ``depends_on=`` puts it right:
# ``Derive({"fee": fee}, depends_on=["prices.txt"])``. What must run each time says ``cache=False``.


def fee(frame):
    """Price by the hour, from a file."""
    return frame["hour"] * float(Path("prices.txt").read_text())


Path("prices.txt").write_text("1.5")
priced = pipeline.insert(Derive({"fee": fee}, name="Fee"), after="Long").run(hires, until="Fee", track=False)
for note in priced.cache_report().attrs["notes"]:
    print(note)

Path("prices.txt").unlink()
own.close()
