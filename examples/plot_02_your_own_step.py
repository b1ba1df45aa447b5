"""
A step of your own, and how to trust it
=======================================

A few measurements are far beyond all others. Clip them at a quantile, learned from the training rows and
from nothing else. How is such a step written, and how do you know that it does what its kind promises?
"""

# %%
# Fields and hooks
# ----------------
# Annotated fields are the configuration, ``learn`` and ``apply`` the behaviour. There is no ``__init__``,
# no decorator and no state on ``self``.

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Rows, Standardize, Transform
from mlsys.testing import check_step


class Clip(Transform):
    """Clip columns at a quantile of the training rows."""

    columns: tuple[str, ...]
    quantile: float = 0.99

    def learn(self, train: Rows):  # training rows, nothing else, ever
        """Return the quantile of each column."""
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):  # any rows, one out for one in
        """Clip at what was learned."""
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


# %%
# On a frame, without a pipeline: ``fit`` gives the step together with what it learned.

df = load_breast_cancer(as_frame=True).frame
clip = Clip(("worst area", "area error"), quantile=0.95)
fitted = clip.fit(df)
fitted.state

# %%
# What it does to a column, drawn. The step itself is unchanged and can be fitted again.

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
# ``check_step`` tries each on rows of yours: same rows out, each row treated alone, nothing changed in
# place, a stored state that answers as before. What these rows, or this step, give nothing to try on is not
# assessed.

import pandas as pd

pd.set_option("display.max_colwidth", 120)
report = check_step(clip, df)
report.table[["check", "outcome", "promise"]]

# %%
# A mistake that a first look misses
# ----------------------------------
# This one learns limits and then uses those of the rows at hand. On many rows the outcome looks the same; a
# single request in production gets another answer.


class ClipEachBatch(Clip):
    """A wrong step: it clips at a quantile of whatever rows it is shown."""

    def apply(self, frame, limits):
        """Forget what was learned."""
        return super().apply(frame, frame[list(self.columns)].quantile(self.quantile))


wrong = check_step(ClipEachBatch(("worst area", "area error"), quantile=0.95), df, raise_on_failure=False)
print(*wrong.table.query("outcome == 'failed'")["message"], sep="\n\n")

# %%
# In a pipeline
# -------------
# The step stands in the list like any other. Within each fold it sees that fold's training rows only.

Pipeline([clip, Standardize(), LogisticRegression()], target="target").run(df, track=False)

# %%
# All kinds with their hooks are on :doc:`/kinds`; what ``check_step`` tries is on :doc:`/own_step`.
