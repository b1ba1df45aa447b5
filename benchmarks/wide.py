"""What many columns cost: the same pipeline over 500, 1,000 and 2,000 columns of numbers, beside scikit-learn's part.

Run: ``python benchmarks/wide.py``. Writes ``docs/benchmarks/wide.rst``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from measuring import in_turn, spread, table, write_page

ROWS = 2_000
COLUMNS = (500, 1_000, 2_000)
REPEATS = 3
ITERATIONS = 50
"""Of the logistic regression, on both sides."""
SERVED = 20
"""Requests of one row."""
LIMITS = {"whole": 5.0, "DetectDrift": 3.0, "one row": 0.020}
"""Seconds to reach at 1,000 columns."""


def measured(columns: int) -> None:
    """Time the pipeline, one served row and scikit-learn's part; the last line is JSON."""
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    from mlsys import DetectDrift, Evaluate, Impute, Pipeline, Standardize, StratifiedSplit

    def frame_of(width: int) -> pd.DataFrame:
        values = np.random.default_rng(0).normal(size=(ROWS, width))
        frame = pd.DataFrame(values).rename(columns="f{}".format)
        return frame.assign(y=(frame["f0"] > 0).astype(int))

    def run(frame: pd.DataFrame) -> Any:
        steps = [StratifiedSplit(), Impute(), Standardize(), LogisticRegression(max_iter=ITERATIONS)]
        pipeline = Pipeline([*steps, Evaluate(), DetectDrift()], target="y")
        return pipeline.run(frame, track=False, cache=False, verbose=False)

    def seconds(work: Any) -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    small = frame_of(20)
    run(small).predict(small.head(1))  # imports
    frame, found = frame_of(columns), []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        done = run(frame)
        whole = time.perf_counter() - begin
        steps = dict(zip(done.steps["step"], done.steps["seconds"], strict=True))
        first = seconds(lambda done=done: done.predict(frame.head(1)))
        row = statistics.median(seconds(lambda done=done: done.predict(frame.head(1))) for _ in range(SERVED))
        scaled = seconds(
            lambda: LogisticRegression(max_iter=ITERATIONS).fit(
                StandardScaler().fit_transform(frame.drop(columns="y")), frame["y"]
            )
        )
        found.append({"whole": whole, **steps, "first row": first, "one row": row, "scikit-learn": scaled})
    print(json.dumps(found))


def alone(columns: int) -> dict[str, list[float]]:
    """Measure one width in a process of its own and return seconds by what they are of."""
    command = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import wide; wide.measured({columns})"
    runs = json.loads(
        in_turn({str(columns): [sys.executable, "-c", command]}, 1)[str(columns)][0].output.splitlines()[-1]
    )
    return {name: [each[name] for each in runs] for name in runs[0]}


def main() -> None:
    """Measure all widths and write the page."""
    found = {columns: alone(columns) for columns in COLUMNS}
    names = list(found[COLUMNS[0]])
    rows = []
    for name in names:
        unit, digits = (1000, 1) if name.endswith("row") else (1, 2)
        cells = [spread([unit * value for value in found[columns][name]], digits) for columns in COLUMNS]
        limit = f"at most {unit * LIMITS[name]:g} at 1,000" if name in LIMITS else ""
        rows.append([WORDS.get(name, f"``{name}``, s"), *cells, limit])
    text = f"""{ROWS:,} rows of normal numbers without nulls through ``StratifiedSplit``, ``Impute``, ``Standardize``,
``LogisticRegression``, ``Evaluate`` and ``DetectDrift``, nothing recorded and nothing kept; medians with minimum and
maximum of {REPEATS} runs in a process that has imported everything. What the steps leave of the whole are the checks on
the data, which look at every column and at every pair of rows that may be equal.

{table(["what", *(f"{columns:,} columns" for columns in COLUMNS), "to reach"], rows)}
"""
    write_page("wide", "Wide frames", "python benchmarks/wide.py", text)


WORDS = {
    "whole": "the whole run, s",
    "first row": "the first served row, ms",
    "one row": "one served row, ms",
    "scikit-learn": "scikit-learn's scaler and regression alone, s",
}

if __name__ == "__main__":
    main()
