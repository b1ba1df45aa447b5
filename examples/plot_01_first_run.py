"""
Six lines on a frame
====================

Is a tumour benign? 569 rows, 30 measurements, one estimator. What can be said about the model when
nothing else is configured?
"""

# %%
# Name the target, pass the frame and show the run. The card shows the metric with its interval beside
# trivial baselines, and lists the steps that were supplied, with reasons.

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Pipeline

df = load_breast_cancer(as_frame=True).frame
run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df, track=False)
run

# %%
# With ``track=False`` nothing is written. By default the run is also recorded in MLflow (:doc:`/mlflow`).
#
# What did the model see?
# -----------------------
# The table shows for every column whether it was used, and why. The target, columns with a role and
# columns that become known too late are never features.

run.features.tail(4)

# %%
# How sure is the result?
# -----------------------
# A single validation part of 569 rows would be too small, so the model was evaluated by five folds: each
# row was predicted once, by a model that had not seen it. The test rows are still sealed.

run.reports["evaluate"].plot()

# %%
# The same in numbers. Scores on training rows are marked as no estimate.

run.metrics[["part", "model", "metric", "value", "lower", "upper", "n", "verdict"]].round(3)

# %%
# Open the test rows
# ------------------
# Do this once, after all choices are made. Nothing is learned again; every report runs on the test rows.

final = run.final_test()
final

# %%
# Next: :doc:`plot_02_your_own_step`, :doc:`plot_03_variants`, or a pipeline on
# :doc:`336,776 flights <flight_delays>`.
