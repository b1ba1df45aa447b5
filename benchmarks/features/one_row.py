"""One served row through all feature steps, 20 columns: time of the processor beyond the model's own, as JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from side_mlsys import steps
from table import NUMBERS, TARGET

from mlsys import Pipeline, RandomSplit, Train

ROWS, TIMES = 20_000, 400


def seconds(call: Callable[[], Any]) -> float:
    """Return how long the processor works on a call."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def model(frame: pd.DataFrame, own: list[Any]) -> Any:
    """Return the model of some steps and a linear model of the numbers."""
    train = Train(LogisticRegression(), features=NUMBERS)
    pipeline = Pipeline([RandomSplit(), *own, train], target=TARGET, id="id")
    return pipeline.run(frame, track=False, cache=False, verbose=False).model


def main(file: str) -> None:
    """Time rows through all steps, and through none but what the numbers need, in turn."""
    frame = pd.read_parquet(file).head(ROWS)
    own = steps()
    whole, bare = model(frame, list(own.values())), model(frame.fillna(dict.fromkeys(NUMBERS, 0.0)), [])
    found: list[tuple[float, float]] = []
    for turn in range(TIMES + 20):
        row = frame.iloc[[turn]].drop(columns=TARGET)
        filled = row.fillna(dict.fromkeys(NUMBERS, 0.0))
        found.append((seconds(lambda row=row: whole.predict(row)), seconds(lambda filled=filled: bare.predict(filled))))
    print(json.dumps({"p50": statistics.median(mine - other for mine, other in found[20:])}))


if __name__ == "__main__":
    main(sys.argv[1])
