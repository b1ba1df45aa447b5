"""The note under a step's error says how many rows it received, by part, whoever raised it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Label,
    Pipeline,
    PredefinedSplit,
    ReadCSV,
    Report,
    Reshape,
    RowTransform,
    Select,
    Sink,
    Split,
    TrainOnly,
    Transform,
)
from mlsys.settings import override

FRAME = pd.DataFrame({"x": np.arange(600.0), "y": np.arange(600) % 2}).assign(
    part=["train"] * 360 + ["validation"] * 140 + ["test"] * 100
)


class Fails(Exception):
    """Raised by every step here."""


def fails(*_: Any, **__: Any) -> Any:
    raise Fails


def making(kind: type[Any], hook: str, **others: Any) -> Any:
    return type("Odd", (kind,), {hook: lambda self, *_, **__: fails(), **others})


PARTS = "500 rows (train 360, validation 140)"
AT_SPLIT = [PredefinedSplit("part")]
CASES: dict[str, tuple[list[Any], str]] = {
    "row transform": ([making(RowTransform, "apply")()], "600 rows"),
    "select": ([making(Select, "keep")()], "600 rows"),
    "reshape": ([making(Reshape, "reshape")()], "600 rows"),
    "label": ([making(Label, "label")("y")], "600 rows"),
    "report before": ([making(Report, "report")(), *AT_SPLIT], "600 rows"),
    "sink before": ([making(Sink, "write")(), *AT_SPLIT], "600 rows"),
    "split": ([making(Split, "assign")()], "600 rows"),
    "transform": ([*AT_SPLIT, making(Transform, "learn", apply=lambda self, frame, state: frame)()], PARTS),
    "row transform after": ([*AT_SPLIT, making(RowTransform, "apply")()], PARTS),
    "training rows": ([*AT_SPLIT, making(TrainOnly, "change")()], PARTS),
    "report": ([*AT_SPLIT, making(Report, "report")()], PARTS),
    "sink": ([*AT_SPLIT, making(Sink, "write")()], PARTS),
}


def note_of(error: BaseException) -> str:
    return next(note for note in error.__notes__ if "it received" in note)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("cache", [False, True])
def test_every_kind_of_step(case: str, cache: bool) -> None:
    steps, said = CASES[case]
    for _ in range(2):  # the second time what stands before is taken from the first
        with pytest.raises(Fails) as raised:
            Pipeline([*steps, LogisticRegression()], target="y").run(FRAME, track=False, cache=cache)
        assert f"it received {said} with x: float64" in note_of(raised.value)


def test_parts_that_were_given_and_a_model(tmp_path: Path) -> None:
    parts: Mapping[str, pd.DataFrame] = {name: rows for name, rows in FRAME.groupby("part")}
    with pytest.raises(Fails) as raised:
        Pipeline([making(Transform, "learn", apply=fails)(), LogisticRegression()], target="y").run(parts, track=False)
    assert "it received 500 rows" in note_of(raised.value) and "(train 360, validation 140)" in note_of(raised.value)


def test_rows_that_a_cache_holds_are_counted_too(tmp_path: Path) -> None:
    late = FRAME.assign(t=pd.date_range("2024", periods=600, freq="h"), y=[0, 1] * 200 + [1] * 200)
    late.to_csv(tmp_path / "late.csv", index=False)
    from mlsys import TimeSplit

    steps = [ReadCSV(str(tmp_path / "late.csv"), times=["t"]), TimeSplit(), LogisticRegression()]
    for _ in range(2):
        with pytest.raises(Exception, match="all 120 test rows have the same class") as raised:
            Pipeline(steps, target="y", time="t").run(track=False)
        assert "it received 600 rows with" in note_of(raised.value)


def test_rows_beyond_memory_are_at_most_so_many(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    with override(rows_in_memory=100, rows_per_partition=100), pytest.raises(Fails) as raised:
        steps = [ReadCSV(str(tmp_path / "rows.csv")), making(Select, "keep")()]
        Pipeline([*steps, LogisticRegression()], target="y").run(track=False, cache=False)
    assert "it received at most " in note_of(raised.value) or "it received 600 rows" in note_of(raised.value)
