"""
Are these labels wrong?
=======================

Some labels are always wrong: a slip, a hard case, a rule that did not fit. Which rows should somebody look at again,
and how many of them will turn out to be wrong?
"""

# %%
# Images of handwritten digits, from scikit-learn. First, labels that are wrong on purpose: every twelfth is another
# digit. Then the labels as they came.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import FindLabelErrors

pixels, target = load_digits(return_X_y=True, as_frame=True)
digit = pd.Series(np.asarray(target))
rng = np.random.default_rng(0)
wrong = rng.random(len(digit)) < 1 / 12
images = pixels.assign(
    image=[f"image-{number}" for number in range(len(digit))],
    digit=np.where(wrong, (digit + rng.integers(1, 10, len(digit))) % 10, digit),
)
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))

# %%
# Models that did not see the label
# ---------------------------------
# A model agrees with the wrong labels that it learned from. So the estimator is fitted five times, each time without a
# fifth of the rows, and judges the labels of these.

found = FindLabelErrors(model).of(train=images, target="digit", id="image")
found

# %%
# The worst first. Here it is known which of them are wrong.

known = set(images["image"][wrong])
suspects = found.suspects.assign(wrong=found.suspects["id"].isin(known))
suspects.head()

# %%
# How far down the list?
# ----------------------
# The further down, the more rows are looked at in vain. The ways of choosing differ in where they stop.

compared = []
for way in ("self_confidence", "normalized_margin", "confident_learning", "noise_rate", "by_class"):
    ids = FindLabelErrors(model, way).of(train=images, target="digit", id="image").ids
    hits = len(known.intersection(ids))
    shares = {"precision": hits / len(ids), "recall": hits / len(known)}
    compared.append({"way": way, "looked at": len(ids), "wrong": hits, **shares})
pd.DataFrame(compared).set_index("way").round(2)

# %%
share = suspects["wrong"].cumsum() / np.arange(1, len(suspects) + 1)
_, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(np.arange(1, len(suspects) + 1), share)
ax.set(xlabel="suspects looked at, worst first", ylabel="share that is wrong", ylim=(0, 1.02))
ax.set_title("About nine in ten suspects are wrong labels", loc="left")
plt.show()

# %%
# The labels as they came
# -----------------------
# Nobody has flipped these.

as_they_came = images.assign(digit=digit)
found = FindLabelErrors(model).of(train=as_they_came, target="digit", id="image")
real = found.suspects.head(10)
found

# %%
# What these images look like: the label, and in brackets what the model suggests. Most are badly written rather than
# wrong, which is why a suspect is a row to look at and not an error to be corrected by rule.

_, axes = plt.subplots(1, len(real), figsize=(1.1 * len(real), 1.7), layout="constrained", squeeze=False)
by_id = as_they_came.set_index("image")[pixels.columns]
for ax, suspect in zip(axes[0], real.to_dict("records"), strict=True):
    ax.imshow(by_id.loc[suspect["id"]].to_numpy().reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{suspect['label']} ({suspect['suggested']})", fontsize=10)
    ax.set_axis_off()
plt.show()

# %%
# In a pipeline, ``FindLabelErrors()`` asks the pipeline's own model about rows that it did not learn from. See
# :doc:`/labels_few` for probabilities from elsewhere, groups, and soft labels.
