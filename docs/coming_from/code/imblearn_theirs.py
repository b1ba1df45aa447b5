"""Oversample the rare class with imbalanced-learn's Pipeline."""

import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

rows = pd.read_csv("cancer.csv")
train, validation = rows[rows["part"] == "train"], rows[rows["part"] == "validation"]
features = rows.columns.drop(["benign", "part"])

model = make_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression())
model.fit(train[features], train["benign"])
scores = model.predict_proba(validation[features])[:, 1]
print(roc_auc_score(validation["benign"], scores))
