"""Compare two tables with mlsys."""

import pandas as pd

from mlsys import Monitor

rows = pd.read_csv("cancer.csv").drop(columns=["part", "benign"])
reference, today = rows.head(300), rows.tail(269)

monitor = Monitor.fit(reference)
check = monitor.check(today)  # check: the layers, the columns, the cause; check.plot() draws them
monitor.history.report("drift.html")
print(sorted(check.table.loc[check.table["verdict"] == "alarm", "column"]))
