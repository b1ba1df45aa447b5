"""
Edit one step
=============

You change one line of a helper and run again. Which steps run again, and how do you know? mlsys caches the results of
steps beside your script. A step runs again if its code, configuration or input has changed, and the report says which.
"""

# %%
# Synthetic data: bicycle hires
# -----------------------------
# 60,000 hires, each a line of text written by a machine. Parsing the lines takes some time. The cache of this page
# starts empty.

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
# A helper extracts the parts of a line; three functions use it.

WRITTEN = re.compile(r"(\d\d):\d\d (\w+) ([\d.]+)min")


def part(lines, number):
    """One part of every line."""
    return pd.Series([WRITTEN.findall(line)[0][number - 1] for line in lines], index=lines.index)


def hour(frame):
    """Hour of the day."""
    return part(frame["line"], 1).astype("int64")


def at_the_river(frame):
    """Whether the hire started at the river."""
    return part(frame["line"], 2) == "river"


def long_hire(frame):
    """Whether the hire lasted longer than half an hour."""
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
# Run again without changes
# -------------------------
# In this process, or in a new one tomorrow: rows are compared by content, and no function is called.

again = pipeline.run(hires, track=False)
again.cache_report()

# %%
# Edit a comment and a docstring
# ------------------------------
# Run the cell again in a notebook, or save the script. The code does the same as before, so no step runs again.


def long_hire(frame):
    """Return whether the hire lasted longer than half an hour."""
    # the machine writes minutes with one decimal
    return part(frame["line"], 3).astype("float64") > 30


def with_(function):
    """Return the pipeline with another function for the duration of a hire."""
    return pipeline.replace(Long=Derive({"long": function}))


with_(long_hire).run(hires, track=False).cache_report()

# %%
# Edit a number
# -------------
# A quarter of an hour is already long. This step and those after it run again; the two before it do not.


def long_hire(frame):
    """Return whether the hire lasted longer than a quarter of an hour."""
    return part(frame["line"], 3).astype("float64") > 15


edited = with_(long_hire).run(hires, track=False)
edited.cache_report()

# %%
# Edit a helper that all three functions use
# ------------------------------------------
# The functions themselves are unchanged, and the report names the helper. The new helper extracts the same parts, so
# the rows are the same as before, and the model is not trained again.


def part(lines, number):
    """One part of every line."""
    found = [WRITTEN.findall(line)[0] for line in lines]
    return pd.Series([each[number - 1] for each in found], index=lines.index)


helper = with_(long_hire).run(hires, track=False)
helper.cache_report()

# %%
# Time saved
# ----------

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
ax.set(xlabel="time of the steps (seconds)")
ax.spines[["top", "right"]].set_visible(False)

# %%
# What the cache cannot see
# -------------------------
# A function that opens a file depends on more than its code. The report says so; declare the file with ``depends_on=``:
# ``Derive({"fee": fee}, depends_on=["prices.txt"])``. For a step that must run every time, set ``cache=False``.


def fee(frame):
    """Hourly price, from a file."""
    return frame["hour"] * float(Path("prices.txt").read_text())


Path("prices.txt").write_text("1.5")
priced = pipeline.insert(Derive({"fee": fee}, name="Fee"), after="Long").run(hires, until="Fee", track=False)
for note in priced.cache_report().attrs["notes"]:
    print(note)

Path("prices.txt").unlink()
own.close()
