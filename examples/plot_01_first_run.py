"""
Six lines on a frame
====================

Is the tumour benign? 569 rows, 30 measurements, one estimator. What does an honest answer look like
when nothing else was said?
"""

# %%
# Name what is to be predicted, give the frame, show the run. The card has the metric with its interval
# beside doing nothing, and says what was supplied and why.

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Pipeline

df = load_breast_cancer(as_frame=True).frame
run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df, track=False)
run

# %%
# ``track=False`` leaves no file behind; without it the run is in MLflow as well (:doc:`/mlflow`).
#
# What did the model see?
# -----------------------
# Every column: used or not, and why. Roles, the target and what is known too late are never features.

run.features.tail(4)

# %%
# How sure is the result?
# -----------------------
# With 569 rows one small validation part would say little, so five folds judged the model: every row
# was predicted once, by a model that had not seen it. The test rows are still sealed.

run.reports["evaluate"].plot()

# %%
# The same in numbers; training rows are shown as no estimate.

run.metrics[["part", "model", "metric", "value", "lower", "upper", "n", "verdict"]].round(3)

# %%
# Open the test rows
# ------------------
# Once, when all choices are made. The states stay as they are; every report runs again.

final = run.final_test()
final

# %%
# Where to go on: :doc:`plot_02_your_own_step`, :doc:`plot_03_variants`, or the pipeline on
# :doc:`336,776 flights <flight_delays>`.
