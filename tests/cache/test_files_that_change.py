"""A file that changes between its digest and its reading: nothing of it is kept under the old digest."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mlsys import Derive, Join, Pipeline, ReadCSV, ReadParquet, RowTransform
from mlsys.cache.cache import CHANGED
from mlsys.files import Watched
from mlsys.settings import override

Then = Callable[[], None]


def rows(shift: float) -> pd.DataFrame:
    return pd.DataFrame({"key": range(2000), "a": [shift] * 2000})


def replaced(path: Path, shift: float, write: str = "to_csv") -> None:
    """As programs do that write beside and rename."""
    getattr(rows(shift), write)(path.with_suffix(".new"), index=False)
    path.with_suffix(".new").replace(path)


class _Reading:
    """Does something just before, and after, the first reading of a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: type, hook: str) -> None:
        self.before: list[Then] = []
        self.after: list[Then] = []
        real = getattr(step, hook)

        def reading(*arguments: Any, **named: Any) -> Any:
            while self.before:
                self.before.pop()()
            made = real(*arguments, **named)
            while self.after:
                self.after.pop()()
            return made

        monkeypatch.setattr(step, hook, reading)


def twice(frame: pd.DataFrame) -> Any:
    return frame["a"] * 2


def mean(pipeline: Pipeline, column: str = "a") -> float:
    return float(pipeline.run(track=False, verbose=False).frame("all")[column].mean())


@pytest.fixture
def kept_whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsys.cache.keeping.WORTH", 0.0)


@pytest.mark.usefixtures("kept_whatever_it_costs")
@pytest.mark.parametrize("put_back", [False, True])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("source", "write", "name"), [(ReadCSV, "to_csv", "x.csv"), (ReadParquet, "to_parquet", "x.parquet")]
)
def test_a_source_replaced_under_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: type, write: str, name: str, old: bool, put_back: bool
) -> None:
    path = tmp_path / name
    replaced(path, 0.0, write)
    if old:
        os.utime(path, (1.0, 1.0))
    reading = _Reading(monkeypatch, source, "read")
    reading.before = [lambda: replaced(path, 1000.0, write)]
    reading.after = [lambda: replaced(path, 0.0, write)] if put_back else []
    pipeline = Pipeline([source(path), Derive({"twice": twice})])
    first = pipeline.run(track=False, verbose=False)
    assert first.frame("all")["a"].mean() == 1000.0
    assert CHANGED in first.cache_report()["why"][0]
    assert mean(pipeline) == (0.0 if put_back else 1000.0)
    replaced(path, 0.0, write)
    assert mean(pipeline) == 0.0


@pytest.mark.usefixtures("kept_whatever_it_costs")
def test_a_table_of_a_join_replaced_under_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "side.csv"
    replaced(path, 0.0)
    reading = _Reading(monkeypatch, Join, "side_state")
    reading.before = [lambda: replaced(path, 1000.0)]
    frame = pd.DataFrame({"key": range(2000)})
    pipeline = Pipeline([Join(path, on="key")])

    def joined() -> float:
        return float(pipeline.run(frame, track=False, verbose=False).frame("all")["a"].mean())

    assert joined() == 1000.0
    replaced(path, 0.0)
    assert joined() == 0.0
    replaced(path, 1000.0)
    assert joined() == 1000.0


class AddsWhatAFileSays(RowTransform):
    """Reads a number that stands in a file."""

    path: str

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(b=float(Path(self.path).read_text()))


@pytest.mark.usefixtures("kept_whatever_it_costs")
def test_a_file_named_in_depends_on_that_changes_under_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "number.txt"
    path.write_text("0")
    reading = _Reading(monkeypatch, AddsWhatAFileSays, "apply")
    reading.before = [lambda: path.write_text("7") and None]
    pipeline = Pipeline([AddsWhatAFileSays(str(path), depends_on=[path])])

    def added() -> float:
        return float(pipeline.run(rows(1.0), track=False, verbose=False).frame("all")["b"].mean())

    assert added() == 7.0
    path.write_text("0")
    assert added() == 0.0


def test_a_snapshot_of_a_file_that_changed_after_it_was_read_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "x.csv"
    replaced(path, 0.0)
    reading = _Reading(monkeypatch, ReadCSV, "read")
    reading.after = [lambda: replaced(path, 1000.0)]
    with override(folder=str(tmp_path / "mlsys")), caplog.at_level(logging.WARNING, "mlsys"):
        Pipeline([ReadCSV(path), Derive({"twice": twice})]).run(track=False, verbose=False, snapshot=True)
    kept = [each for each in (tmp_path / "mlsys" / "snapshots").glob("*") if each.is_file()]
    assert not kept and "no snapshot was kept of" in caplog.text


@pytest.mark.parametrize("age", [0.0, 10.0])
def test_watched_files_tell_every_change(tmp_path: Path, age: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one within a tick of the clock of the file system, which ``age`` makes long past or not."""
    now = time.time()
    monkeypatch.setattr("mlsys.files.time.time", lambda: now + age)
    inside = tmp_path / "folder"
    inside.mkdir()
    for name in ("a", "b"):
        (inside / name).write_text(name)

    def changes(change: Then) -> bool:
        watched = Watched([inside])
        assert watched.unchanged() and watched.unchanged()
        change()
        return not watched.unchanged()

    def in_place() -> None:
        (inside / "a").write_text("x")

    def renamed_over() -> None:
        (inside / "new").write_text("b")
        (inside / "new").replace(inside / "b")

    assert changes(in_place) and changes(renamed_over)
    assert changes((inside / "c").touch) and changes((inside / "c").unlink)
