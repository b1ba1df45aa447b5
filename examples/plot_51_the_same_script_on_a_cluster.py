"""
The same script on a cluster
============================

The flights of four months lie in a folder, in 11 pieces. What changes in the script when workers take the pieces, and
what changes in the result?
"""

# %%
# Flights from New York in the first months of 2013 that arrived, and whether they were late. A file with 11 row groups
# stands for a folder that is larger than memory: with these settings no more than 10,000 rows are read at a time.

from pathlib import Path
from tempfile import mkdtemp

import pandas as pd
from distributed import Client, get_task_stream
from matplotlib import pyplot
from sklearn.linear_model import SGDClassifier

from flight_delays import flights_csv
from mlsys import OneHot, Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode, Train
from mlsys.engines import DaskEngine
from mlsys.settings import override
from mlsys.states import digest

folder = Path(mkdtemp())
arrived = pd.read_csv(flights_csv).query("month <= 4").dropna(subset=["arr_delay"]).reset_index(drop=True)
rows = arrived[["month", "day", "hour", "minute", "carrier", "origin", "dest", "distance"]]
rows.assign(late=(arrived["arr_delay"] > 15).astype(int)).to_parquet(folder / "flights.parquet", row_group_size=10_000)
pieces = {"rows_in_memory": 50_000, "rows_per_partition": 10_000}

pipeline = Pipeline(
    [
        ReadParquet(folder),
        RandomSplit(),
        TargetEncode(["dest"]),
        OneHot(["carrier", "origin"]),
        Standardize(["month", "day", "hour", "minute", "distance"]),
        Train(SGDClassifier(loss="log_loss", alpha=1e-4), classes=[0, 1]),
    ],
    target="late",
)

# %%
# On this machine, one piece after another. Results are not cached here, because the second run would find those of the
# first: what one engine has computed, another one takes from the cache.

with override(**pieces):
    here = pipeline.run(track=False, cache=False)
here

# %%
# On workers
# ----------
# ``pipeline.run(engine="dask")`` starts workers here and stops them at the end;
# ``engine=DaskEngine("tls://host:8786")`` uses a cluster that is there already. The pipeline stays as it is. In a
# ``with`` block the workers stay for what comes next, and ``engine.address`` is where Dask's own client can look on.

with override(**pieces), DaskEngine(workers=2) as engine, Client(engine.address, set_as_default=False) as client:
    with get_task_stream(client) as stream:
        there = pipeline.run(track=False, cache=False, engine=engine)
there.outcome.engine

# %%
# What was learned
# ----------------
# The plan, not the cluster, decides which rows are a piece, and sums are exact. So every state is the same to the last
# byte, and so are the predictions and scores.

steps = ["TargetEncode", "OneHot", "Standardize", "Train"]
pd.Series({step: digest(here.state(step)) == digest(there.state(step)) for step in steps}, name="same bytes")

# %%
here.metrics.equals(there.metrics)

# %%
# Who did what
# ------------
# Each bar is a piece on a worker; wide ones are those in which packages are imported. Both work at once, on whatever is
# next. The gaps are where this process trains the model with the pieces, in the order of the plan, and evaluates it.
# Two workers on one machine gain little: they are worth their price where pieces take long, or where the machines are
# several.

figure, axis = pyplot.subplots(figsize=(8, 2.4), layout="constrained")
spans = [(task["worker"], each) for task in stream.data for each in task["startstops"] if each["action"] == "compute"]
begin = min(each["start"] for _, each in spans)
workers = sorted({worker for worker, _ in spans})
for place, worker in enumerate(workers):
    bars = [(each["start"] - begin, each["stop"] - each["start"]) for who, each in spans if who == worker]
    axis.broken_barh(bars, (place - 0.35, 0.7), color=f"C{place}", linewidth=0)
axis.set_yticks(
    range(len(workers)),
    [
        f"worker {place + 1}\n{sum(who == worker for who, _ in spans)} pieces of work"
        for place, worker in enumerate(workers)
    ],
)
axis.set(xlabel="seconds since the first piece", title="Both workers are busy whenever pieces are processed")
axis.spines[["top", "right", "left"]].set_visible(False)
pyplot.show()

# %%
# Next: :doc:`/cluster` says what is sent, what happens when a worker is lost, and what a cluster must have;
# :doc:`/out_of_core` lists which steps work piece by piece.
