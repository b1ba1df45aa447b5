"""DESIGN's Monitor around a foreign model: a bar from windows inside the reference, record in MLflow."""

import mlflow
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Monitor

# --- data, not counted
data = load_breast_cancer(as_frame=True)
foreign = HistGradientBoostingClassifier(random_state=0).fit(data.data[:300], data.target[:300])
frame = data.data.assign(p=foreign.predict_proba(data.data)[:, 1])
frame["day"] = pd.date_range("2024-01-01", periods=len(frame))
reference, today = frame[:300], frame[300:].copy()
today["mean radius"] *= 25.4  # someone began to send it in another unit
# --- end of data

check = Monitor.fit(reference, prediction="p", time="day").check(today)
print(check)
moved = check.table.set_index("column")["effect"]
missing = check.table.set_index("column").eval("`nulls after` - `nulls before`")
with mlflow.start_run(run_name="monitor"):
    mlflow.log_metrics({f"drift/{name}": value for name, value in moved.items()})
    mlflow.log_metric("drifted_columns", check.scalars["alarms"])
    mlflow.log_dict({"missing": missing[missing.abs() > 0.05].to_dict()}, "findings.json")
    mlflow.set_tag("verdict", check.verdict)
    mlflow.log_text(check._repr_html_(), "drift.html")
    mlflow.log_figure(check.plot().figure, "drift.png")
