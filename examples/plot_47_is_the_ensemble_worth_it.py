"""
Is the ensemble worth it?
=========================

Models that err in different ways may predict better together. Each request then waits for all of them, and their files
must be kept. Is the ensemble better on the same rows, and what does it cost?
"""

# %%
# Real data: 569 tumours, and three kinds of models
# -------------------------------------------------

from matplotlib import pyplot
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlsys
from mlsys import Pipeline, Stacking, StratifiedSplit

tumours = load_breast_cancer(as_frame=True).frame
members = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(60),
    "boosted trees": HistGradientBoostingClassifier(max_iter=60),
}

# %%
# Stacking without a leak
# -----------------------
# The last model learns from what the members say of rows that they did not learn from: members and all steps before
# them are fitted without each fold in turn. Groups would stay together, and with times each fold would be predicted
# from earlier rows alone.

pipeline = Pipeline([StratifiedSplit(validation=0.5, test=0.1), Stacking(members, folds=3)], target="target")
pipeline.audit_leakage(tumours)

# %%
# Members and ensemble on the same rows
# -------------------------------------
# ``ensemble_study`` trains each member alone behind the same steps, and compares: the log loss with its difference from
# the best, the time for one row, the size of the stored model. Of those that cannot be told apart from the best, it
# takes the fastest and smallest.

study = mlsys.ensemble_study(pipeline, tumours, metric="log_loss")
study

# %%
# The picture
# -----------
# Lower is better, and further left is cheaper.

figure, ax = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
for row in study.table.to_dict("records"):
    taken = row["run"] == study.best_name
    colour = "#0b6e99" if taken else "#777777"
    ax.plot([row["p50 ms a row"]] * 2, [row["lower"], row["upper"]], color=colour, linewidth=2.5)
    ax.plot(row["p50 ms a row"], row["value"], "o", color=colour)
    said = f"{row['run']}\n{row['size kB']:,.0f} kB" + ("\ntake this one" if taken else "")
    ax.annotate(
        said, (row["p50 ms a row"], row["value"]), (8, 0), textcoords="offset points", va="center", color=colour
    )
ax.set_xlim(0, 1.35 * study.table["p50 ms a row"].max())
ax.set(xlabel="milliseconds for one row (median)", ylabel="log loss on validation rows (95 % intervals)")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Not here: the ensemble is better than the trees in it, and worse than its simplest member, which answers several times
# as fast. See :doc:`/ensembles` for when an ensemble helps.
