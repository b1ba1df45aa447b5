"""DESIGN's Monitor around a foreign model by hand: evidently, a bar from windows inside the reference, MLflow.

evidently 0.7 needs pandas below 3, so this one runs in an environment of its own:
``pip install "evidently==0.7.*" "pandas<3" mlflow scikit-learn``.
"""

import mlflow
import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

# --- data, not counted
data = load_breast_cancer(as_frame=True)
foreign = HistGradientBoostingClassifier(random_state=0).fit(data.data[:300], data.target[:300])
frame = data.data.assign(p=foreign.predict_proba(data.data)[:, 1])
reference, today = frame[:300], frame[300:].copy()  # in order of time
today["mean radius"] *= 25.4  # someone began to send it in another unit
# --- end of data

columns = [name for name in reference if name != "p"]
numerical = reference[columns].select_dtypes("number").columns.tolist()
categorical = [name for name in columns if name not in numerical]
definition = DataDefinition(
    numerical_columns=[*numerical, "p"],
    categorical_columns=categorical,
)


def distances(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.Series, object]:
    report = Report([DataDriftPreset(num_method="wasserstein", cat_method="jensenshannon")])
    snapshot = report.run(
        current_data=Dataset.from_pandas(after, data_definition=definition),
        reference_data=Dataset.from_pandas(before, data_definition=definition),
    )
    found = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot.dict()["metrics"]
        if "ValueDrift" in metric["metric_name"]
    }
    return pd.Series(found), snapshot


# How much do windows of the reference differ from the rest of it?
windows = np.array_split(np.arange(len(reference)), 5)
inside = [distances(reference.drop(reference.index[rows]), reference.iloc[rows])[0] for rows in windows]
bar = pd.concat(inside, axis=1).max(axis=1)

effect, snapshot = distances(reference, today)
verdict = pd.DataFrame({"effect": effect, "bar": bar, "drifted": effect > bar}).sort_values("effect", ascending=False)
missing = today[columns].isna().mean() - reference[columns].isna().mean()
print(verdict[verdict["drifted"]].round(3).to_string())
with mlflow.start_run(run_name="monitor"):
    mlflow.log_metrics({f"drift/{name}": value for name, value in effect.items()})
    mlflow.log_metric("drifted_columns", int(verdict["drifted"].sum()))
    mlflow.log_dict({"missing": missing[missing.abs() > 0.05].to_dict()}, "findings.json")
    mlflow.set_tag("verdict", "drift" if verdict["drifted"].any() else "no drift")
    snapshot.save_html("drift.html")
    mlflow.log_artifact("drift.html")
