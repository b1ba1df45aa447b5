"""Salaries from a table as it comes, with dates, nullable types and categories: after skrub's TableVectorizer."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Derive, Evaluate, Impute, OneHot, Pipeline, TargetEncode

rng = np.random.default_rng(30)
rows = 3_500
titles = ["Bus Operator", "Police Officer III", "Firefighter", "Library Assistant", "Manager II", "Office Clerk"]
title = rng.integers(0, len(titles), rows)
hired = pd.Timestamp("2016-12-31") - pd.to_timedelta(rng.integers(30, 12_000, rows), unit="D")
employees = pd.DataFrame(
    {
        "gender": pd.Series(rng.choice(["F", "M"], rows), dtype="category"),
        "department": pd.Series(rng.choice(["POL", "HHS", "FRS", "DOT", "COR"], rows), dtype="string"),
        "position": pd.Series(np.array(titles)[title], dtype="str"),
        "date_first_hired": hired,
        "full_time": pd.array(rng.random(rows) < 0.9, dtype="boolean"),
        "children": pd.array(rng.poisson(1, rows), dtype="Int64"),
    }
)
years = (pd.Timestamp("2016-12-31") - hired).days / 365.25
employees["salary"] = 35_000 + 6_000 * title + 900 * years + 9_000 * employees["full_time"].astype(int)
employees["salary"] = employees["salary"].astype("float64") + rng.normal(0, 8_000, rows)
employees.loc[rng.random(rows) < 0.02, ["gender", "children"]] = None

pipeline = Pipeline(
    [
        Derive({"year_hired": pd.col("date_first_hired").dt.year, "day_hired": lambda f: f["date_first_hired"].dt.day}),
        Impute(),
        TargetEncode(["position"]),
        OneHot(["gender", "department"]),
        HistGradientBoostingRegressor(),
        Evaluate(metrics=["mae", "r2"], slices=["gender", "full_time"]),
    ],
    target="salary",
    exclude=["date_first_hired"],
)
run = pipeline.run(employees)
print(run)
