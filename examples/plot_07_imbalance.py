"""
Oversampling stays in the training rows
=======================================

About one row in forty is fraud. Rows that are repeated before the split stand on both sides of it, and the model is
then judged by rows it knows. What does that mistake look like in numbers, and what does oversampling bring when it
is done right?
"""

# %%
# Made data: 8,000 payments, 2.4 % fraud
# --------------------------------------

import matplotlib.pyplot as plt
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

import mlsys
from mlsys import Calibrate, Evaluate, Pipeline, StratifiedSplit
from mlsys.errors import LeakageError

X, y = make_classification(
    8_000, n_features=12, n_informative=5, weights=[0.98], class_sep=0.8, flip_y=0.01, random_state=0
)
payments = pd.DataFrame(X, columns=[f"signal_{number}" for number in range(12)]).assign(fraud=y)
f"{payments['fraud'].mean():.1%}"

# %%
# The mistake, refused
# --------------------
# A sampler stands in the list as it is. Before the split it is refused, with the order that works; no data is read.

forest = RandomForestClassifier(30, min_samples_leaf=2)
try:
    Pipeline([RandomOverSampler(), StratifiedSplit(), forest], target="fraud")
except LeakageError as error:
    print(error)

# %%
# The mistake, made by hand
# -------------------------
# Nobody can keep you from repeating rows before the pipeline. Equal rows on both sides are found (``LK213``), and the
# result is too good to be true.

frauds = payments[payments["fraud"] == 1]
copies = frauds.sample(len(payments) - 2 * len(frauds), replace=True, random_state=0)
repeated = pd.concat([payments, copies], ignore_index=True)
by_hand = Pipeline([StratifiedSplit(), forest], target="fraud").run(repeated, track=False)
by_hand

# %%
# Done right
# ----------
# After the split the sampler changes training rows and no others. Repeated classes make the probabilities of the rare
# class too high, so the third variant calibrates them afterwards.

pipeline = Pipeline(
    [
        StratifiedSplit(),
        RandomOverSampler(),
        forest,
        Calibrate(),
        Evaluate(metrics=["average_precision", "roc_auc", "recall", "precision", "log_loss"]),
    ],
    target="fraud",
)
variants = pipeline.variants(
    plain={"Resample": None, "Calibrate": None}, oversampled={"Calibrate": None}, oversampled_calibrated={}
)
runs = variants.run(payments, track=False)
pd.DataFrame({name: {"training rows": run.frame("train").shape[0], **run.rows} for name, run in runs.items()}).T

# %%
# On the same rows, none of them repeated
# ---------------------------------------

comparison = mlsys.compare(runs)
comparison.table[["run", "value", "lower", "upper", "difference", "verdict"]].round(3)

# %%
# Oversampling by repetition ranks no better here. What it moves is where the probabilities lie, and with them recall
# and precision at one half; a threshold moves these as well (:doc:`plot_04_gate`).

shown = ["average_precision", "recall", "precision", "log_loss"]
figure, axes = plt.subplots(1, 4, figsize=(10, 2.6), layout="constrained", sharey=True)
axes[0].set_ylim(3.5, -0.5)
names = ["repeated before\nthe split", "plain", "oversampled", "oversampled,\ncalibrated"]
for ax, metric in zip(axes, shown, strict=True):
    for place, run in enumerate([by_hand, *runs.values()]):
        row = run.metrics.query(
            "model == 'model' and slice == 'all' and part == 'validation' and metric == @metric"
        ).iloc[0]
        colour = "#b3405b" if place == 0 else "#0b6e99"
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.5)
        ax.plot(row["value"], place, "o", color=colour)
    ax.set(xlabel=metric, xlim=(0, 1.04))
    ax.set_yticks(range(4), names)
    ax.spines[["top", "right"]].set_visible(False)

# %%
# The red row is no estimate of anything: its validation rows are copies of training rows.
