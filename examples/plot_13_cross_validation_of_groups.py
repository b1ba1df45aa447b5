"""
Why is my cross-validation too good?
====================================

A clinic wants to know which visits end in a second one. Cross-validation says the model is very good; at the next
clinic it guesses. What went wrong, and what is the honest number?
"""

# %%
# The wrong way: folds of rows
# ----------------------------
# 120 patients with fifteen visits each. Who comes back is mostly a matter of the patient, not of the visit.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlsys import GroupFolds, KFolds, Pipeline

rng = np.random.default_rng(4)
patients, visits = 120, 15
frail = rng.normal(size=patients)
frame = pd.DataFrame({"patient": np.repeat(np.arange(patients), visits)})
for name, mean, spread, within in (("height", 170, 10, 0.1), ("weight", 75, 12, 0.3), ("pressure", 130, 15, 9)):
    frame[name] = (mean + spread * rng.normal(size=patients))[frame["patient"]] + within * rng.normal(size=len(frame))
frame["pulse"] = 72 + 5 * frail[frame["patient"]] + 8 * rng.normal(size=len(frame))
frame["returns"] = (frail[frame["patient"]] + 0.15 * rng.normal(size=len(frame)) > 0).astype(int)

model = RandomForestClassifier(100)
by_row = Pipeline([model], target="returns", exclude=["patient"]).cross_validate(KFolds(5), frame, track=False)
by_row.plot()

# %%
by_row

# %%
# Nothing is accused, because nobody said what a patient is. Height and weight hardly change from visit to visit, so
# that a forest recognises the patient by them, and knows how the other visits ended.
#
# Say who is who
# --------------
# With ``group="patient"`` the same folds are asked again, and now the run can see it: ``LK211``, in every fold.

pipeline = Pipeline([model], target="returns", group="patient")
asked = pipeline.cross_validate(KFolds(5), frame, track=False)
[str(finding) for finding in asked.findings if finding.code == "LK211"]

# %%
# The honest number: folds of patients
# ------------------------------------
# :class:`~mlsys.GroupFolds` keeps a patient on one side, and is what ``cross_validate()`` takes by itself where there
# is a group role. Of patients who were never seen the model knows nothing.

by_patient = pipeline.cross_validate(GroupFolds(5), frame, track=False)
by_patient

# %%
# Side by side: the same model, the same rows, other folds.

figure, (above, below) = plt.subplots(2, 1, figsize=(7.5, 4), layout="constrained", sharex=True)
for ax, found, title in ((above, by_row, "folds of visits"), (below, by_patient, "folds of patients")):
    found.plot(ax)
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_xlabel(ax.get_xlabel() if ax is below else "")

# %%
# The intervals are those of Nadeau and Bengio (2003), which know that folds share training rows. They cannot know that
# the wrong folds share patients: a narrow interval around the wrong number.
#
# What it would have cost
# -----------------------

price = pipeline.price_of_leakage(frame)
price.plot()

# %%
price

# %%
# Is the pulse worth it?
# ----------------------
# Judged on patients who were not seen, each feature is left out in turn. The height, which made the wrong number, does
# harm: without it the model is better. The pulse is all there is.

pipeline.ablate(data=frame).plot()

# %%
# Try it on your frame
# --------------------
# Name what rows have in common, such as a customer, a patient, a machine:
#
# .. code-block:: python
#
#     from mlsys import Pipeline
#     pipeline = Pipeline([RandomForestClassifier()], target="y", group="customer")
#     pipeline.cross_validate(data=df)
#
# What the folds hold, and what the intervals assume: :doc:`/cross_validation` and :doc:`/splits`.
