"""
Write your own step and test it
===============================

A few measurements are far larger than all others. Clip them at a quantile that is learned from the training
rows only. How do you write such a step, and how do you know that it keeps the promises of its kind?
"""

# %%
# Fields and hooks
# ----------------
# Annotated fields define the configuration, ``learn`` and ``apply`` the behaviour. The class needs no
# ``__init__`` and no decorator, and keeps no state on ``self``.

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Rows, Standardize, Transform
from mlsys.testing import check_step


class Clip(Transform):
    """Clip columns at a quantile of the training rows."""

    columns: tuple[str, ...]
    quantile: float = 0.99

    def learn(self, train: Rows):  # training rows only
        """Return the quantile of each column."""
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):  # any rows: one row out for each row in
        """Clip at the learned quantiles."""
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


# %%
# Try it on a frame, without a pipeline: ``fit`` returns the step together with what it learned.

df = load_breast_cancer(as_frame=True).frame
clip = Clip(("worst area", "area error"), quantile=0.95)
fitted = clip.fit(df)
fitted.state

# %%
# The effect on one column. The step itself is unchanged and can be fitted again.

import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
limit = fitted.state["area error"]
bins = range(0, 560, 10)
ax.hist(df["area error"], bins=bins, color="#c9c9c9")
ax.hist(fitted.transform(df)["area error"], bins=bins, color="#0b6e99", histtype="step", linewidth=1.5)
ax.axvline(limit, color="#b3405b", linewidth=1)
ax.text(limit + 5, 110, f"limit learned: {limit:.0f}", color="#b3405b")
ax.text(limit + 5, 90, "blue: after, grey: before")
ax.set(xlabel="area error (square pixels)", ylabel="rows")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Does it keep the promises of its kind?
# --------------------------------------
# ``check_step`` tests each promise on your rows: the same rows come out, each row is treated alone, nothing
# changes in place, a stored state gives the same answers. A promise that these rows or this step cannot test
# is *not assessed*.

import pandas as pd

pd.set_option("display.max_colwidth", 120)
report = check_step(clip, df)
report.table[["check", "outcome", "promise"]]

# %%
# A mistake that is easy to miss
# ------------------------------
# This step learns limits but applies those of the current batch. On many rows the result looks the same, but a
# single request in production gets a different answer.


class ClipEachBatch(Clip):
    """A wrong step: it clips at a quantile of the rows it receives."""

    def apply(self, frame, limits):
        """Ignore what was learned."""
        return super().apply(frame, frame[list(self.columns)].quantile(self.quantile))


wrong = check_step(ClipEachBatch(("worst area", "area error"), quantile=0.95), df, raise_on_failure=False)
print(*wrong.table.query("outcome == 'failed'")["message"], sep="\n\n")

# %%
# In a pipeline
# -------------
# List the step like any other. Within each fold it sees only that fold's training rows.

Pipeline([clip, Standardize(), LogisticRegression()], target="target").run(df, track=False)

# %%
# :doc:`/kinds` describes all kinds and their hooks; :doc:`/own_step` lists what ``check_step`` tests.
