"""DESIGN's six lines by hand: a metric with its interval beside doing nothing, the worst slice, leakage checks."""

import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split

# --- data, not counted
df = load_breast_cancer(as_frame=True).frame
# --- end of data

TARGET = "target"
features, target = df.drop(columns=TARGET), df[TARGET]
X_develop, X_test, y_develop, y_test = train_test_split(
    features, target, test_size=0.2, stratify=target, random_state=0
)
model = HistGradientBoostingClassifier(random_state=0)
folds = StratifiedKFold(5, shuffle=True, random_state=0)


def interval(label, score):
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(500):
        draw = rng.integers(0, len(label), len(label))
        if label.iloc[draw].nunique() == 2:
            areas.append(roc_auc_score(label.iloc[draw], score[draw]))
    return roc_auc_score(label, score), *np.quantile(areas, [0.025, 0.975])


candidates = {
    "model": model,
    "zero rule": DummyClassifier(strategy="prior"),
    "random": DummyClassifier(strategy="uniform", random_state=0),
}
scores = {
    name: cross_val_predict(candidate, X_develop, y_develop, cv=folds, method="predict_proba")[:, 1]
    for name, candidate in candidates.items()
}
metrics = {name: interval(y_develop, score) for name, score in scores.items()}
card = pd.DataFrame(metrics, index=["roc_auc", "lower", "upper"]).T

slices = []
for column in features:
    groups = pd.qcut(X_develop[column], 4, duplicates="drop")
    for level, positions in X_develop.groupby(groups, observed=True).indices.items():
        if len(positions) >= 50:
            wrong = np.abs(y_develop.iloc[positions] - scores["model"][positions]) > 0.5
            slices.append({"slice": f"{column}={level}", "rows": len(positions), "error": wrong.mean()})
worst = pd.DataFrame(slices).sort_values("error").iloc[-1]

findings = []
if len(duplicates := X_test.merge(X_develop.drop_duplicates(), how="inner")):
    findings.append(f"{len(duplicates)} test rows equal a training row")
for column in features:
    area = roc_auc_score(y_develop, X_develop[column].fillna(X_develop[column].median()))
    if max(area, 1 - area) > 0.99:
        findings.append(f"{column} alone separates the classes (AUC {max(area, 1 - area):.3f})")
for column in features.columns[features.isna().any()]:
    area = roc_auc_score(y_develop, X_develop[column].isna())
    if max(area, 1 - area) > 0.8:
        findings.append(f"missingness of {column} predicts the target")

print(card.round(4), f"\nworst slice: {worst['slice']} ({worst['rows']} rows, error {worst['error']:.3f})")
print("findings:", findings or "none")
model.fit(X_develop, y_develop)
with mlflow.start_run():
    mlflow.log_params({"model": type(model).__name__, "folds": 5})
    for name, values in metrics.items():
        mlflow.log_metrics({f"{name}/{part}": value for part, value in zip(card.columns, values, strict=True)})
    mlflow.log_table(card.reset_index(), "card.json")
    mlflow.sklearn.log_model(model, name="model", input_example=X_develop.head(), serialization_format="cloudpickle")
