"""Scale, train, evaluate with scikit-learn's Pipeline."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows = pd.read_csv("cancer.csv")
train, validation = rows[rows["part"] == "train"], rows[rows["part"] == "validation"]
features = rows.columns.drop(["benign", "part"])

model = make_pipeline(StandardScaler(), LogisticRegression())
model.fit(train[features], train["benign"])
scores = model.predict_proba(validation[features])[:, 1]
print(roc_auc_score(validation["benign"], scores))
