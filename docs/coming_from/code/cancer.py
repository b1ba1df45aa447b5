"""569 biopsies, as ``cancer.csv``: 30 measures, ``benign``, and ``part``, every fifth row for validation."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer

rows = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "benign"})
rows.columns = rows.columns.str.replace(" ", "_")
rows["part"] = ["validation" if number % 5 == 0 else "train" for number in range(len(rows))]
rows.to_csv(Path("cancer.csv"), index=False)
