"""
Do made-up rows help?
=====================

Few rows are labelled, and more of them could be made: the same tumour measured once more, or a mixture of two. Do
models learn from such rows, or are they only more of the same?
"""

# %%
# Real data: 569 tumours, of which 57 are labelled
# ------------------------------------------------
# Each number was measured on many cells of one image, and the table holds its standard error. So the noise of the
# measurement is known: a second image of the same tumour would give other numbers by about as much.

from typing import Any

import pandas as pd
from matplotlib import pyplot
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Augment, Jitter, Mixup, Pipeline, Standardize, StratifiedSplit, Train, WeakSpotSearch

table = load_breast_cancer(as_frame=True).frame
noise = {
    f"mean {name.removesuffix(' error')}": float(table[name].median()) for name in table if name.endswith(" error")
}
tumours = table[[*noise, "target"]]

# %%
# Rows that are made of training rows alone
# -----------------------------------------
# ``Augment`` stands after the split: it sees training rows, and no made row is ever evaluated on. The card counts them,
# and each is marked in ``made_by``.


def pipeline(seed: int) -> Pipeline:
    split = StratifiedSplit(validation=0.8, test=0.1, seed=seed)
    steps = [split, Augment(Jitter(noise), copies=3), Standardize(), Train(LogisticRegression())]
    return Pipeline(steps, target="target", seed=seed)


ways: dict[str, dict[str, Any]] = {
    "no made rows": {"Augment": None},
    "measured again": {},
    "ten times the noise": {"Augment": Augment(Jitter({name: 10 * size for name, size in noise.items()}), copies=3)},
    "mixtures of two": {"Augment": Augment(Mixup(), copies=3)},
}
changes = {name.replace(" ", "_"): change for name, change in ways.items()}
runs = pipeline(0).variants(**changes).run(tumours, track=False)
train = runs["measured_again"].frame("train", after="Augment")
train["made_by"].fillna("the data").value_counts()

# %%
# The same validation rows, paired
# --------------------------------
# The interval is that of the difference from the best, on the same rows.

compared = mlsys.compare(runs, metric="log_loss")
compared

# %%
# One draw of 57 rows says little, so 8 are drawn. They share rows: their spread is no interval, but it shows how much
# of a gain is luck of the draw.

found = []
for seed in range(8):
    several = pipeline(seed).variants(**changes).run(tumours, track=False)
    scores = mlsys.compare(several, metric="log_loss").table.set_index("run")["value"]
    found.append(scores["no_made_rows"] - scores.drop("no_made_rows"))
gains = pd.DataFrame(found).rename(columns=lambda name: str(name).replace("_", " "))
gains.describe().loc[["mean", "min", "max"]].round(3)

# %%
# Where is the model weak?
# ------------------------
# ``WeakSpotSearch`` looks for small damage that moves a prediction: by a twentieth of each column's spread here, about
# what the measurement does.

seen = tumours[runs["no_made_rows"].assignment == "validation"]
for name in ("no_made_rows", "measured_again"):
    weak = WeakSpotSearch(noise=0.05).check(runs[name], seen)
    print(f"{name}: {weak.summary}")

# %%
# The picture
# -----------

figure, ax = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
names = gains.mean().sort_values().index
for place, way in enumerate(names):
    ax.plot(gains[way], [place] * len(gains), "o", color="#0b6e99", alpha=0.35, markersize=5)
    ax.plot(gains[way].mean(), place, "|", color="#0b6e99", markersize=24, markeredgewidth=3)
ax.axvline(0, color="#777777", linewidth=1)
ax.set_yticks(range(len(names)), list(names))
ax.set_ylim(-0.6, len(names) - 0.4)
ax.annotate("helps", (1, 1), xycoords="axes fraction", ha="right", va="bottom", color="#777777")
ax.annotate("harms", (0, 1), xycoords="axes fraction", ha="left", va="bottom", color="#777777")
ax.set_xlabel("log loss without made rows, less that with them (8 draws, bar: mean)")
ax.spines[["top", "right", "left"]].set_visible(False)

# %%
# Not here. The first draw alone would have praised mixtures of two, with an interval: it was a lucky draw. Over all
# draws a tumour measured again changes nothing that can be told from luck, mixtures are worse more often than not, and
# noise beyond that of the measurement does harm every time. Nor is the model harder to move. What made rows cost is
# sure: three more copies of the training rows in each fit. Take them as one more variant, and keep them only if they
# win on rows that nobody made. :doc:`/sampling` has the other ways, for texts and categories.
