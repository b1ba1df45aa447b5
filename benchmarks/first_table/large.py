"""A large mixed table, prepared by either side in a process of its own, and one row of it served.

Run with one thread::

    python large.py make rows file | read file | mlsys file | skrub file | row file
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

WORDS = 3_000
LEVELS = {"colour": 3, "shape": 8, "plan": 12, "region": 20, "model": 35, "store": 1_000, "part": 5_000}
SERVED = 400


def make(rows: int) -> pd.DataFrame:
    """Return 30 features of every kind, and a target."""
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {f"size{number}": rng.normal(size=rows) for number in range(6)}
    columns |= {f"income{number}": rng.lognormal(8, 1, rows) for number in range(4)}
    columns |= {f"count{number}": rng.poisson(3, rows) for number in range(5)}
    for name in ("size0", "size1", "income0"):
        columns[name][rng.random(rows) < 0.1] = np.nan
    for name, levels in LEVELS.items():
        columns[name] = _texts(np.array([f"{name} {level}" for level in range(levels)]), rng.zipf(1.3, rows) % levels)
    letters = rng.choice(list("aeioumnrstlkdp"), (WORDS, 7))
    words = np.array(["".join(each[: 3 + number % 5]) for number, each in enumerate(letters)])
    said = words[rng.zipf(1.2, (rows, 5)) % WORDS]
    columns["comment"] = pd.Series([" ".join(each) for each in said], dtype="str")
    places = zip(rng.integers(1, 400, rows), words[rng.integers(0, WORDS, rows)], strict=True)
    columns["address"] = pd.Series([f"{number} {word} street" for number, word in places], dtype="str")
    start = pd.Timestamp("2020-01-01")
    columns["ordered"] = start + pd.to_timedelta(rng.integers(0, 10**8, rows), unit="s")
    columns["born"] = start - pd.to_timedelta(rng.integers(6_000, 30_000, rows), unit="D")
    columns["day"] = pd.Series(columns["ordered"]).dt.strftime("%d/%m/%Y")
    columns["paid"] = _texts(np.array(["no", "yes"]), rng.integers(0, 2, rows))
    columns["member"] = pd.array(np.where(rng.random(rows) < 0.2, None, rng.random(rows) < 0.5), dtype="boolean")
    columns["active"] = rng.random(rows) < 0.7
    frame = pd.DataFrame(columns)
    assert frame.shape[1] == 30
    return frame.assign(target=frame["size2"] + frame["count0"] + rng.normal(size=rows))


def _texts(levels: Any, codes: Any) -> pd.Series:
    return pd.Series(levels[codes], dtype="str")


def prepared(side: str, frame: pd.DataFrame) -> Any:
    """Return what either side makes of the features for a linear model."""
    features, target = frame.drop(columns="target"), frame["target"]
    if side == "mlsys":
        from mlsys import Prepare

        return Prepare().as_sklearn().fit_transform(features, target)
    from sklearn.linear_model import Ridge
    from skrub import tabular_pipeline

    return tabular_pipeline(Ridge())[:-1].fit_transform(features, target)


def one_row(frame: pd.DataFrame) -> dict[str, float]:
    """Return the median and the 95th percentile of milliseconds for one row."""
    from mlsys import Prepare

    fitted = Prepare().fit(frame, target="target")
    rows = [frame.drop(columns="target").iloc[[place]] for place in range(SERVED)]
    taken = []
    for row in rows:
        begin = time.perf_counter()
        fitted.transform(row)
        taken.append(1000 * (time.perf_counter() - begin))
    return {"median": statistics.median(taken), "p95": statistics.quantiles(taken, n=20)[-1]}


def main(what: str, file: str, rows: int) -> None:
    """Do one of these and say what came of it."""
    warnings.simplefilter("ignore")
    if what == "make":
        make(rows).to_parquet(file)
        return
    frame = pd.read_parquet(file)
    if what == "row":
        print(json.dumps(one_row(frame.head(2_000))))
    elif what == "read":
        print(json.dumps({"frame": float(frame.memory_usage(deep=True).sum()) / 2**20}))
    else:
        print(json.dumps({"columns": prepared(what, frame).shape[1]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[-1], int(sys.argv[2]) if sys.argv[1] == "make" else 0)
