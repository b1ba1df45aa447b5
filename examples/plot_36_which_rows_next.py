"""
Which rows should I label next?
===============================

Labels cost time, and most rows have none. A strategy asks for the rows of which a model is least sure. Does that need
fewer labels than a random choice, and how good is the model that comes of it?
"""

# %%
# Images of handwritten digits, from scikit-learn. Their labels are known, so that what a strategy would have gained can
# be counted; 20 of them are shown to the model at first.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import ActiveLearning, Evaluate, LabelSpreading, Pipeline, QueriedSplit, StratifiedSplit, Train
from mlsys.errors import DataError

pixels, target = load_digits(return_X_y=True, as_frame=True)
digit = pd.Series(np.asarray(target))
images = pixels.assign(image=[f"image-{number}" for number in range(len(pixels))], digit=digit)
answers = images.set_index("image")["digit"]
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))

# %%
# Replay it first
# ---------------
# Three strategies from the same starts: the rows of smallest margin between the two likeliest digits, one of each
# cluster of such rows, and rows at random. Each point is a model trained on the labels so far, scored on images that
# nobody asked about.

learner = ActiveLearning(model, "margin", batch=20, random_share=0)
replayed = learner.simulate(
    images, target="digit", id="image", start=20, labels=200, seeds=3, against=["clusters", "random"]
)
replayed.plot()

# %%
# Labels until the accuracy is 95 % of that with all labels:

replayed.tables["reached"]

# %%
# Ask, and answer
# ---------------
# Now as it would be done: rows to ask about have no label. One in five of those asked about belongs to a random sample,
# for a reason that comes below.

rows = images.assign(digit=images["digit"].astype("Int64"))
rows.loc[rows.index[20:], "digit"] = pd.NA
learner = ActiveLearning(model, "margin", batch=40, random_share=0.2)
query = learner.query(rows, target="digit", id="image")
query.table.head()

# %%
# Answers come back by id, and the frame keeps how each row came to be labelled. Eight rounds:

for _ in range(8):
    query = learner.query(rows, target="digit", id="image")
    rows = query.answered(rows, answers[query.ids])
rows["queried_by"].value_counts(dropna=False)

# %%
# How good is the model?
# ----------------------
# Rows that a strategy chose are the hard ones, and those that are left the easy ones. Judged by a random part of all
# labelled rows, most of which were chosen, the model looks worse than it is. The split refuses to do this:

try:
    pipeline = Pipeline([QueriedSplit(StratifiedSplit()), Train(model)], target="digit", id="image")
    pipeline.run(rows, track=False)
except DataError as error:
    print(error)

# %%
# ``QueriedSplit()`` evaluates on the random sample and trains on the others.

marks = ["queried_by", "queried_round"]
runs = {
    "labelled rows": (StratifiedSplit(), rows.drop(columns=marks)),
    "random sample": (QueriedSplit(test=0), rows),
}
figures = {}
for name, (split, given) in runs.items():
    steps = [split, Train(model), Evaluate(metrics=["accuracy"])]
    table = Pipeline(steps, target="digit", id="image").run(given, track=False).evaluation.table
    row = table.query("part == 'validation' and slice == 'all' and model == 'model'").iloc[0]
    figures[name] = row[["value", "lower", "upper"]].astype(float)
pd.DataFrame(figures).T.round(3)

# %%
# Since the labels of the other images are known here, too, the truth can be told: images without a label, predicted by
# a model that learned from all labels, and labelled ones by models that did not see theirs.

known = rows["digit"].notna().to_numpy()
fitted = model.fit(pixels[known], digit[known])
right = pd.Series(index=rows.index, dtype=bool)
right[~known] = fitted.predict(pixels[~known]) == digit[~known]
right[known] = cross_val_predict(model, pixels[known], digit[known], cv=10) == digit[known]
figures["rows without a label"] = pd.Series({"value": right[~known].mean()})

_, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
for place, each in enumerate(figures.values()):
    ax.plot([each.get("lower"), each.get("upper")], [place, place], color="C0", linewidth=2)
    ax.plot(each["value"], place, "o", color="C0")
ax.axvline(right.mean(), color="0.5", linewidth=1)
ax.annotate("all images ", (right.mean(), 2.45), color="0.4", fontsize=9, ha="right", va="center")
ax.set_yticks(range(len(figures)), list(figures), fontsize=9)
ax.set(xlabel="accuracy, with a 95 % interval", ylim=(-0.5, 2.7))
ax.set_title("Only the random sample says how good the model is", loc="left")
plt.show()

# %%
# Go on, or stop?
# ---------------
# The report says whether the last rounds still changed predictions, and how good the model is on the random sample,
# each row predicted by a model that did not learn from it. See :doc:`/labels_few`.

stopping = learner.stopping(rows, target="digit", id="image")
stopping

# %%
# Or let the labels spread
# ------------------------
# Images that look alike mostly show one digit. ``LabelSpreading`` gives training rows without a label what their
# neighbours have, where these agree; rows that evaluate are not touched. Here one image in six has a label.

few = images.assign(digit=images["digit"].astype("Int64"))
few.loc[few.sample(frac=5 / 6, random_state=0).index, "digit"] = pd.NA
figures = {}
for name, spread in {"labels alone": [], "labels spread": [LabelSpreading()]}.items():
    steps = [StratifiedSplit(validation=0.3, test=0.1), *spread, Train(model), Evaluate(metrics=["accuracy"])]
    run = Pipeline(steps, target="digit", id="image").run(few, track=False)
    row = run.evaluation.table.query("part == 'validation' and slice == 'all' and model == 'model'").iloc[0]
    figures[name] = row[["value", "lower", "upper"]].astype(float)
pd.DataFrame(figures).T.round(3)

# %%
# A fifth of the labels were hidden from it, to count how many it gets right: about one in ten is wrong here. The model
# does not get better by them; a difference as small as this cannot be told from none with so few rows to evaluate on.
# Look at the share of right labels before training on those that were spread.

run.reports["pseudo labels"]
