"""The benchmark of first tables lists what it says, and leaves out columns that only count rows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from first_table.tables import Listed, as_task, counters, listed  # noqa: E402  found beside the tests


def test_180_tables_are_listed_once_in_two_halves() -> None:
    names = [each.name for each in listed()]
    assert len(names) == len(set(names)) == 180
    assert sum(each.held for each in listed()) == 85
    assert all(each.path and each.target for each in listed())


def test_counters_are_named_so_unique_and_dense() -> None:
    rows = np.arange(60)
    frame = pd.DataFrame({"id": rows, "year": rows, "number": rows * 2, "code": rows // 2, "row_no": rows + 7.0})
    assert counters(frame) == ["id", "row_no"]


def test_a_target_of_many_numbers_makes_numbers_and_of_few_classes() -> None:
    table = Listed("t", "", "y", ("leak",))
    frame = pd.DataFrame({"x": range(90), "leak": 1, "y": [*range(30)] * 3})
    features, target, task = as_task(frame, table)
    assert (list(features), task, len(target)) == (["x"], "numbers", 90)
    features, target, task = as_task(frame.assign(y=[1] * 50 + [2] * 30 + [3] * 10), table)
    assert (task, sorted(set(target)), len(features)) == ("two", ["is 1", "is 2"], 80)
