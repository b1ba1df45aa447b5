"""
Five weak rules or 200 hand labels?
===================================

Nobody has labelled the rows. One afternoon is enough to write five rules of thumb, or to label 200 rows by hand. Which
afternoon is better spent, and what if both are?
"""

# %%
# Rows and rules
# --------------
# Measurements of 569 tumours, 212 of them malignant. The rules are what a textbook would say: large or rough is bad,
# small or smooth is good. Each speaks where it has an opinion, and none of them is right every time. A part of the rows
# is kept for judging.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import CastVotes, LabelModel, Pipeline, PredefinedSplit, Train
from mlsys.labeling import cast_votes, lf_report, show_conflicts, threshold

loaded = load_breast_cancer(as_frame=True)
tumours = loaded.data.rename(columns=lambda name: name.replace(" ", "_"))
truth = loaded.target.map({0: "malignant", 1: "benign"})
rules = [
    threshold("mean_radius", "malignant", above=16, name="large"),
    threshold("mean_radius", "benign", below=12, name="small"),
    threshold("mean_concavity", "benign", below=0.04, name="smooth"),
    threshold("worst_texture", "malignant", above=32, name="rough"),
    threshold("mean_compactness", "malignant", above=0.15, name="dense"),
]
part = np.where(np.random.default_rng(0).random(len(tumours)) < 0.6, "train", "validation")

# %%
# What are the rules worth?
# -------------------------
# The label model has seen no label, only where rules agree and differ. Beside its estimates stands the truth, which it
# did not use.

report = lf_report(rules, tumours)
alone = lf_report(rules, tumours, truth)
report[["function", "coverage", "conflict", "accuracy", "lower", "upper"]].assign(truth=alone["gold_accuracy"]).round(2)

# %%
# Where they contradict each other is where to look before the next rule is written.

columns = ["mean_radius", "mean_concavity", "worst_texture", "mean_compactness"]
show_conflicts(rules, tumours[columns], "dense", 4)

# %%
# An afternoon each way
# ---------------------
# In the pipeline, votes are cast before the split, the label model learns from the votes of training rows, and the
# model is judged by rows whose label is true. With labels by hand, the target is known in some training rows, and
# null elsewhere: the label model keeps what is known.


def accuracy(hands: int, with_rules: bool, seed: int = 0) -> float:
    """Train with some labels by hand, with or without rules, and return the accuracy on judged rows."""
    training = np.flatnonzero(part == "train")
    labelled = np.random.default_rng(seed).choice(training, hands, replace=False)
    known = np.isin(np.arange(len(tumours)), labelled) | (part == "validation")
    rows = tumours.assign(part=part, diagnosis=truth.where(known))
    if not with_rules:
        rows = rows[known]
    steps = [
        *([CastVotes(rules)] if with_rules else []),
        PredefinedSplit("part"),
        *([LabelModel()] if with_rules else []),
        StandardScaler(),
        Train(LogisticRegression()),
    ]
    run = Pipeline(steps, target="diagnosis").run(rows, track=False, cache=False)
    return float(run.evaluation.table.query("model == 'model' and metric == 'accuracy'")["value"].iloc[0])


hands = [10, 20, 50, 100, 200]
by_hand = [np.mean([accuracy(each, False, seed) for seed in range(3)]) for each in hands]
both = [np.mean([accuracy(each, True, seed) for seed in range(3)]) for each in hands]

# %%
# What it comes to
# ----------------

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(hands, by_hand, "o-", color="#0072b2")
ax.plot(hands, both, "o-", color="#d55e00")
ax.annotate("labels by hand", (hands[-1], by_hand[-1]), xytext=(6, 4), textcoords="offset points", color="#0072b2")
ax.annotate("and five rules", (hands[-1], both[-1]), xytext=(6, -12), textcoords="offset points", color="#d55e00")
ax.set(xlabel="rows labelled by hand (logarithmic)", ylabel="accuracy on judged rows", xscale="log", xlim=(9, 420))
ax.set_xticks(hands, [str(each) for each in hands])
ax.minorticks_off()
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Labels by hand win here from twenty on: a few show enough to tell these classes apart, while what the rules get wrong
# stays wrong in however many rows. The rules are worth a little more than ten labels. Whether they are worth more
# elsewhere is a question to measure, as here, on rows labelled by hand.
#
# What a label is made of can be looked up: who voted what, and how much that counted.

votes = cast_votes(rules, tumours).long()
learned = LabelModel().fit(votes)
learned.trace(votes, int(votes.table["item"].value_counts().index[0]))

# %%
pd.DataFrame({"by hand": hands, "hand labels": by_hand, "with rules": both}).round(3)
