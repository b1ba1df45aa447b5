"""One tool on one task, in the tool's own environment: statistics of shifted columns, or a whole table once.

``python one_tool.py TOOL statistics TIMES ROWS`` prints JSON: by shift the statistics without and with it, larger for
more drift. ``python one_tool.py TOOL table REFERENCE TODAY`` compares two Parquet files as the tool does by default;
``load`` in place of ``table`` only imports the tool and reads the files.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from tables import SHIFTS, column

Statistic = Callable[[pd.Series, pd.Series], float]
SMALLEST = 1e-300


def is_number(values: pd.Series) -> bool:
    return values.dtype.kind in "if"


def of_mlsys(reference: pd.Series, today: pd.Series) -> float:
    from mlsys import Monitor

    check = Monitor.fit(pd.DataFrame({"x": reference})).check(pd.DataFrame({"x": today}))
    return -np.log10(max(float(check.table["p"].iloc[0]), SMALLEST))


def of_evidently(reference: pd.Series, today: pd.Series) -> float:
    from evidently.legacy.calculations.stattests.registry import get_stattest
    from evidently.legacy.core import ColumnType

    kind = ColumnType.Numerical if is_number(reference) else ColumnType.Categorical
    test = get_stattest(reference, today, kind, None)
    score = float(test(reference, today, kind, None).drift_score)
    return -np.log10(max(score, SMALLEST)) if "p_value" in test.display_name else score


def of_nannyml(reference: pd.Series, today: pd.Series) -> float:
    from nannyml.chunk import DefaultChunker
    from nannyml.drift.univariate.methods import CategoricalJensenShannonDistance, ContinuousJensenShannonDistance
    from nannyml.thresholds import ConstantThreshold

    kind = ContinuousJensenShannonDistance if is_number(reference) else CategoricalJensenShannonDistance
    method = kind(chunker=DefaultChunker(), threshold=ConstantThreshold(None, 0.1))
    return float(method.fit(reference.rename("x")).calculate(today.rename("x")))


def table_of_mlsys(reference: pd.DataFrame, today: pd.DataFrame) -> Any:
    from mlsys import Monitor

    return Monitor.fit(reference).check(today).verdict


def table_of_evidently(reference: pd.DataFrame, today: pd.DataFrame) -> Any:
    from evidently import Report
    from evidently.presets import DataDriftPreset

    return len(Report([DataDriftPreset()]).run(today, reference).json())


def table_of_nannyml(reference: pd.DataFrame, today: pd.DataFrame) -> Any:
    from nannyml import UnivariateDriftCalculator

    names = list(reference.columns)
    made = UnivariateDriftCalculator(names, treat_as_categorical=[name for name in names if name.startswith("c")])
    return len(made.fit(reference).calculate(today).to_df())


STATISTICS: dict[str, Statistic] = {"mlsys": of_mlsys, "evidently": of_evidently, "nannyml": of_nannyml}
TABLES = {"mlsys": table_of_mlsys, "evidently": table_of_evidently, "nannyml": table_of_nannyml}
IMPORTED = {"mlsys": "mlsys.drift", "evidently": "evidently.presets", "nannyml": "nannyml"}


def statistics(tool: str, times: int, rows: int) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {}
    for number, shift in enumerate(SHIFTS):
        found[shift] = [[], []]
        for time in range(times):
            for shifted in (False, True):
                reference = column(shift, 4 * (1_000 * number + time) + 2 * shifted, rows, False)
                today = column(shift, 4 * (1_000 * number + time) + 2 * shifted + 1, rows, shifted)
                found[shift][shifted].append(STATISTICS[tool](reference, today))
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    tool, task, *given = sys.argv[1:]
    if task == "statistics":
        print("JSON" + json.dumps(statistics(tool, int(given[0]), int(given[1]))))
        return
    __import__(IMPORTED[tool])
    frames = [pd.read_parquet(file) for file in given]
    if task == "table":
        print(TABLES[tool](*frames))


if __name__ == "__main__":
    main()
