"""
Why is my cross-validation too good?
====================================

A clinic wants to predict which patients return after a visit. According to cross-validation the model is very good, but
at the next clinic it guesses. What went wrong, and what is the valid estimate?
"""

# %%
# The wrong way: folds of rows
# ----------------------------
# 120 patients with fifteen visits each. Whether they return depends mostly on the patient, not on the visit.

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
# Nothing is reported, because nobody declared what identifies a patient. Height and weight hardly change between
# visits, so the forest recognizes the patient and knows how the other visits ended.
#
# Declare the group
# -----------------
# Run the same folds with ``group="patient"``. Now the problem is found: ``LK211``, in every fold.

pipeline = Pipeline([model], target="returns", group="patient")
asked = pipeline.cross_validate(KFolds(5), frame, track=False)
[str(finding) for finding in asked.findings if finding.code == "LK211"]

# %%
# The valid estimate: folds of patients
# -------------------------------------
# :class:`~mlsys.GroupFolds` keeps all rows of a patient on one side; with a group role it is the default of
# ``cross_validate()``. About new patients the model knows almost nothing.

by_patient = pipeline.cross_validate(GroupFolds(5), frame, track=False)
by_patient

# %%
# Side by side: the same model and rows, different folds.

figure, (above, below) = plt.subplots(2, 1, figsize=(7.5, 4), layout="constrained", sharex=True)
for ax, found, title in ((above, by_row, "folds of visits"), (below, by_patient, "folds of patients")):
    found.plot(ax)
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_xlabel(ax.get_xlabel() if ax is below else "")

# %%
# The intervals follow Nadeau and Bengio (2003) and account for the training rows that folds share. They cannot account
# for shared patients: the wrong folds give a narrow interval around a wrong number.
#
# The price of the leak
# ---------------------

price = pipeline.price_of_leakage(frame)
price.plot()

# %%
price

# %%
# Which features help?
# --------------------
# Each feature is left out in turn, and the model is evaluated on new patients. Height, which caused the wrong number,
# is harmful: without it the model is better. Only the pulse is informative.

pipeline.ablate(data=frame).plot()

# %%
# Try it on your frame
# --------------------
# Declare what rows have in common, such as a customer, a patient or a machine:
#
# .. code-block:: python
#
#     from mlsys import Pipeline
#     pipeline = Pipeline([RandomForestClassifier()], target="y", group="customer")
#     pipeline.cross_validate(data=df)
#
# :doc:`/cross_validation` and :doc:`/splits` describe the folds and the assumptions of the intervals.
