"""
Reproduce last month's run
==========================

Somebody asks where last month's number came from. Since then the script has changed, and the file was exported again.
With the id of the run you can repeat it; mlsys says whether the result is the same, or which step differs and why.
"""

# %%
# Last month
# ----------
# Synthetic data: a file with the orders of a shop. ``snapshot=True`` keeps a copy of the data, addressed by content, on
# this machine. MLflow and the mlsys folder are temporary on this page.

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

import mlsys
from mlsys import Derive, Evaluate, Impute, OneHot, Pipeline, RandomSplit, ReadCSV, Train
from mlsys.settings import override

own = ExitStack()
place = Path(own.enter_context(TemporaryDirectory()))
own.enter_context(override(folder=str(place / ".mlsys")))
own.callback(mlflow.set_tracking_uri, mlflow.get_tracking_uri())
mlflow.set_tracking_uri(f"sqlite:///{place}/mlflow.db")
mlflow.create_experiment("returns", artifact_location=str(place / "artifacts"))

rng = np.random.default_rng(0)
rows = 6_000
price, days = rng.gamma(2.0, 30.0, rows).round(2), rng.integers(0, 30, rows)
country = rng.choice(["DE", "FR", "PL"], rows)
chance = 1 / (1 + np.exp(-(0.012 * price + 0.06 * days + 0.9 * (country == "PL") - 2.6)))
orders = pd.DataFrame({"price": price, "days": days, "country": country, "returned": rng.random(rows) < chance})
orders.to_csv(place / "orders.csv", index=False)


def margin(frame):
    """A fifth of the price, less the cost of the parcel."""
    return (frame["price"] * 0.2 - 4.5).clip(lower=0)


pipeline = Pipeline(
    [
        ReadCSV(place / "orders.csv"),
        Derive({"margin": margin}),
        RandomSplit(),
        Impute(),
        OneHot(["country"]),
        Train(HistGradientBoostingClassifier(max_iter=40)),
        Evaluate(),
    ],
    target="returned",
    name="returns",
)
run_id = pipeline.run(snapshot=True, verbose=False).mlflow_run_id

# %%
# With today's code
# -----------------
# Parcels have become more expensive, and somebody edited the function. Pass the current pipeline: the result names the
# first step that differs, with the cause. The steps after it only received different input.


def margin(frame):
    """A fifth of the price, less the cost of the parcel."""
    return (frame["price"] * 0.2 - 5.2).clip(lower=0)


code = mlsys.reproduce(run_id, pipeline=pipeline.replace(Derive=Derive({"margin": margin})))
code

# %%
# With another setting and another seed
# -------------------------------------

smaller = Train(HistGradientBoostingClassifier(max_iter=30))
setting = mlsys.reproduce(run_id, pipeline=pipeline.replace(Train=smaller))
seed = mlsys.reproduce(run_id, pipeline=pipeline.rebuilt([each.step for each in pipeline.steps], seed=1))
setting.first, seed.first

# %%
# With today's file
# -----------------
# The file was exported again, and 400 orders are missing.

orders.iloc[:5_600].to_csv(place / "orders.csv", index=False)
data = mlsys.reproduce(run_id, pipeline=pipeline)
data

# %%
# From the id alone
# -----------------
# The code comes from MLflow, the content of the file from the snapshot. Every step is compared with its result of last
# month: columns, row ids and learned state.

then = mlsys.reproduce(run_id)
then

# %%
# What differs, and why
# ---------------------

tries = {
    "id alone": then,
    "today's code": code,
    "fewer trees": setting,
    "another seed": seed,
    "today's file": data,
}
steps = [planned.name for planned in pipeline.steps]
figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for line, done in enumerate(tries.values()):
    outcome = {each.step: each for each in done.steps}
    for column, name in enumerate(steps):
        same = outcome[name].outcome == "same"
        ax.plot(column, line, "o", markersize=13, color="#0b6e99" if same else "#e0a33a", markeredgecolor="white")
        if done.first is not None and done.first.step == name:
            ax.annotate(
                ", ".join(outcome[name].causes),
                (column, line),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
    auc = done.metrics.set_index("metric").loc["roc_auc", "now"]
    ax.text(len(steps) - 0.55, line, f"AUC {auc:.4f}", va="center", fontsize=9)
ax.set_yticks(range(len(tries)), list(tries))
ax.set_xticks(range(len(steps)), steps)
ax.set(xlim=(-0.5, len(steps) + 0.5), ylim=(len(tries) - 0.5, -0.7))
ax.set_title(
    "blue: identical to the last bit; yellow: different, with the cause at the first step", fontsize=10, loc="left"
)
ax.spines[:].set_visible(False)
ax.tick_params(length=0)

# %%
# What cannot be reproduced
# -------------------------
# Rows passed to ``run(frame)`` without a snapshot, a lambda that holds values of an enclosing function, and code from
# standard input cannot be restored: the error says what is missing, and at which commit it existed. Identical bits
# can be expected with the same package versions on the same kind of machine; different versions are listed among the
# causes.

own.close()
