"""Compare two tables with evidently."""

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

rows = pd.read_csv("cancer.csv").drop(columns=["part", "benign"])
reference, today = rows.head(300), rows.tail(269)

snapshot = Report([DataDriftPreset()]).run(today, reference)
snapshot.save_html("drift.html")
found = {
    metric["metric_name"].split("column=")[1].split(",")[0]: metric["value"]
    for metric in snapshot.dict()["metrics"]
    if "column=" in metric["metric_name"]
}
print(sorted(name for name, p in found.items() if p < 0.05))
