"""DESIGN's variants, comparison and nightly life by hand: paired intervals on the same rows, latency, size, reload."""

import pickle
import time

import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# --- data, not counted
frame = load_breast_cancer(as_frame=True).frame
train, validation = train_test_split(frame, test_size=0.4, stratify=frame["target"], random_state=0)
features, target = [name for name in frame if name != "target"], "target"
# --- end of data

models = {
    "linear": make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000)),
    "boosted": make_pipeline(SimpleImputer(), HistGradientBoostingClassifier(random_state=0)),
}
mlflow.set_experiment("comparison")
label, scores, table, uris = validation[target].to_numpy(), {}, {}, {}
with mlflow.start_run(run_name="variants"):
    for name, model in models.items():
        with mlflow.start_run(run_name=name, nested=True):
            model.fit(train[features], train[target])
            begin = time.perf_counter()
            scores[name] = model.predict_proba(validation[features])[:, 1]
            latency = (time.perf_counter() - begin) / len(validation)
            size = len(pickle.dumps(model))
            table[name] = {"roc_auc": roc_auc_score(label, scores[name]), "seconds_per_row": latency, "bytes": size}
            mlflow.log_metrics(table[name])
            uris[name] = mlflow.sklearn.log_model(
                model, name="model", input_example=train[features].head(), serialization_format="cloudpickle"
            ).model_uri

table = pd.DataFrame(table).T.sort_values("roc_auc", ascending=False)
best = table.index[0]
rng = np.random.default_rng(0)
draws = [rng.integers(0, len(label), len(label)) for _ in range(500)]
draws = [draw for draw in draws if label[draw].min() != label[draw].max()]
for name in table.index:
    differences = [roc_auc_score(label[d], scores[best][d]) - roc_auc_score(label[d], scores[name][d]) for d in draws]
    table.loc[name, ["behind_lower", "behind_upper"]] = np.quantile(differences, [0.025, 0.975])
tied = table[table["behind_lower"] <= 0]
winner = tied["seconds_per_row"].idxmin()
print(table, f"winner: {winner}", sep="\n")

version = mlflow.register_model(uris[winner], "comparison").version
mlflow.MlflowClient().set_registered_model_alias("comparison", "champion", version)
loaded = mlflow.sklearn.load_model("models:/comparison@champion")
batch = validation[features]
probabilities = loaded.predict_proba(batch)
prediction = pd.DataFrame(
    probabilities, columns=[f"probability_{level}" for level in loaded.classes_], index=batch.index
)
prediction.insert(0, "prediction", loaded.classes_[probabilities.argmax(axis=1)])

# Reproduce: fit again and find out whether anything differs
again = models[winner].fit(train[features], train[target]).predict_proba(batch)
for column, difference in zip(prediction.columns[1:], np.abs(again - probabilities).max(axis=0), strict=True):
    print(column, "reproduced" if difference == 0 else f"differs by {difference}")
print(prediction.head())
