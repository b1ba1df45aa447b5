"""
Bigger than memory, same answer
===============================

Your rows no longer fit into memory. Do you have to learn another library, and is the answer still the same? The same
pipeline reads a folder of Parquet files partition by partition. This page compares what the steps learn, byte for byte,
and how much memory each way takes.
"""

# %%
# Synthetic data: orders in a folder
# ----------------------------------
# A real folder would have a hundred times as many rows. Here the settings make memory small instead: sources with more
# than 50,000 rows are read in partitions of 25,000.

import resource
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import SGDClassifier

from mlsys import Evaluate, Impute, OneHot, Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode, Train
from mlsys.settings import override
from mlsys.states import digest

own = ExitStack()
folder = Path(own.enter_context(TemporaryDirectory()))


BLOCK = 25_000


def block(number):
    """25,000 orders, with ten figures about the customer of which one matters."""
    rng = np.random.default_rng(number)
    price, country, device = rng.gamma(2.0, 30.0, BLOCK), rng.integers(0, 40, BLOCK), rng.integers(0, 4, BLOCK)
    known = rng.normal(size=(BLOCK, 10))
    odds = 0.02 * (price - 60) + known[:, 0] / 2 + 0.8 * np.sin(country) + 0.3 * (device == 2) - 1
    columns = {
        "order": np.arange(BLOCK) + number * BLOCK,
        "price": np.where(rng.random(BLOCK) < 0.05, np.nan, price),
        "country": np.array([f"country {at:02d}" for at in range(40)])[country],
        "device": np.array(["phone", "tablet", "laptop", "other"])[device],
        "paid": (rng.random(BLOCK) < 1 / (1 + np.exp(-odds))).astype(int),
    }
    return pd.DataFrame(columns | {f"known_{place}": known[:, place] for place in range(10)})


def write(name, blocks, files):
    """Write a folder; the rows do not depend on the number of files."""
    (folder / name).mkdir()
    for number, some in enumerate(np.array_split(np.arange(blocks), files)):
        pd.concat(map(block, some.tolist())).to_parquet(folder / name / f"{number:02d}.parquet", index=False)


SIZES = (75_000, 150_000, 300_000)
LARGEST = SIZES[-1]
for size in SIZES:
    write(f"{size} rows", size // BLOCK, files=size // BLOCK)
write("four files", LARGEST // BLOCK, files=4)

# %%
# One pipeline
# ------------


def pipeline(name):
    """The same steps, whatever the size."""
    return Pipeline(
        [
            ReadParquet(str(folder / name)),
            RandomSplit(),
            Impute(),
            TargetEncode(["country"]),
            OneHot(["device"]),
            Standardize(),
            Train(SGDClassifier(loss="log_loss", alpha=1e-4, average=True), classes=[0, 1]),
            Evaluate(slices=["device"]),
        ],
        target="paid",
        id="order",
    )


# %%
# The plan says beforehand which steps need rows at once, and how large these are; all others read one partition after
# another.

SMALL = {"rows_in_memory": 50_000, "rows_per_partition": 25_000}
with override(**SMALL):
    plan = pipeline(f"{LARGEST} rows").plan()
[note for note in plan.notes if "gathers" in note]

# %%
# Run it
# ------
# The peak of a process only ever rises, so the partitions come first.


def peak():
    """Most memory that this process has held so far, in MiB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 2**20 if sys.platform == "darwin" else held / 2**10


runs, peaks = {}, {}
for way, settings in (("in partitions", SMALL), ("all in memory", {})):
    for size in SIZES:
        with override(**settings):
            runs[way, size] = pipeline(f"{size} rows").run(track=False, cache=False)
        peaks[way, size] = peak()
with override(**SMALL):
    runs["four files", LARGEST] = pipeline("four files").run(track=False, cache=False)

# %%
# The same bytes
# --------------
# What a step learned has a digest. Four files or twelve, partitions or one frame: the states are the same.
# The model is the same however the files are cut. Only in memory it differs: there ``SGDClassifier`` is fitted at once,
# and from partitions it is fed batches.

steps = ["Impute", "TargetEncode", "OneHot", "Standardize", "Train"]
states = {
    way: [digest(runs[way, size].state(step))[:8] for step in steps]
    for way, size in [("in partitions", LARGEST), ("four files", LARGEST), ("all in memory", LARGEST)]
}
pd.DataFrame(states, index=steps)

# %%
# What batches cost in quality: here less than the intervals are wide.


def score(run):
    """ROC AUC of the model on validation rows, with its interval."""
    return run.metrics.query("model == 'model' and slice == 'all' and metric == 'roc_auc' and part == 'validation'")


pd.concat({way: score(runs[way, LARGEST])[["value", "lower", "upper"]] for way in ("in partitions", "all in memory")})

# %%
# How much memory?
# ----------------
# In partitions the peak hardly grows with the rows. What grows is narrow: keys of the split, and predictions of the
# part that is evaluated. Most of what is held even for few rows are Python and its libraries.
# The first point of "all in memory" is an upper limit: 75,000 rows took no more than the partitions before them.

figure, axis = plt.subplots(figsize=(7, 4))
for way, colour in (("in partitions", "#0072B2"), ("all in memory", "#D55E00")):
    held = [peaks[way, size] for size in SIZES]
    axis.plot([size / 1000 for size in SIZES], held, "o-", color=colour)
    axis.annotate(
        way, (SIZES[-1] / 1000, held[-1]), xytext=(8, 0), textcoords="offset points", color=colour, va="center"
    )
axis.set(xlabel="rows, thousands", ylabel="peak memory of the process, MiB", ylim=(0, None), xlim=(60, 390))
axis.set_title("In partitions, memory grows less with the rows")
axis.spines[["top", "right"]].set_visible(False)
figure.tight_layout()

# %%
# A step that needs all rows is refused with a message before memory is full, and :doc:`/out_of_core` lists which steps
# these are. For more rows than one machine reads in an evening, the same pipeline runs on a cluster.

own.close()
