"""Adult with errors of a linear model predicted out of fold, as whole numbers; written once, read by each way."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

NAMES = (
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain "
    "capital-loss hours-per-week native-country income"
).split()
RANGES = 10


def main() -> None:
    """Read ``adult.data``, and write codes and errors as a numpy archive."""
    source, out = sys.argv[1:]
    table = pd.read_csv(source, header=None, names=NAMES, skipinitialspace=True)
    y = (table.pop("income") == ">50K").to_numpy()
    columns = []
    for name in table:
        column = table[name]
        if column.nunique() > 2 * RANGES and column.dtype.kind in "iu":
            edges = np.unique(np.quantile(column, np.arange(1, RANGES) / RANGES))
            columns.append(np.searchsorted(edges, column))
        else:
            columns.append(pd.factorize(column)[0])
    codes = np.column_stack(columns)
    told = np.hstack([np.eye(each.max() + 1)[each] for each in columns])
    predicted = cross_val_predict(LogisticRegression(max_iter=500), told, y, cv=5)
    np.savez(out, codes=codes, error=(predicted != y).astype(np.float64), names=np.array(table.columns, dtype=str))
    print(codes.shape, float((predicted != y).mean()))


if __name__ == "__main__":
    main()
