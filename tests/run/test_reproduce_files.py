"""What a run read: files and rows that changed, are gone, and come back from the snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Derive,
    Evaluate,
    Impute,
    Join,
    OneHot,
    Pipeline,
    RandomSplit,
    ReadCSV,
)
from mlsys.errors import DataError

pytestmark = pytest.mark.usefixtures("store")


def doubled(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * 2


def pipeline(*first: Any, **arguments: Any) -> Pipeline:
    steps = [*first, RandomSplit(), Impute(), OneHot(["shop"]), LogisticRegression(), Evaluate()]
    return Pipeline(steps, target="late", **arguments)


@pytest.fixture
def files(orders: pd.DataFrame) -> Path:
    Path("data").mkdir()
    orders[:300].to_csv("data/1.csv", index=False)
    orders[300:].to_csv("data/2.csv", index=False)
    pd.DataFrame({"shop": list("xyz"), "size": [1.0, 2.0, 3.0]}).to_csv("shops.csv", index=False)
    return Path("data")


def from_files(path: Any) -> Pipeline:
    return pipeline(ReadCSV(path), Join("shops.csv", on="shop"))


PATHS = ["data", "./data", "data/*.csv", ["data/1.csv", "data/2.csv"], "~/data", "absolute"]


@pytest.mark.quick("edited-data", "edited-data/[*].csv")
@pytest.mark.parametrize("path", PATHS, ids=str)
@pytest.mark.parametrize("how", ["edited", pytest.param("gone", marks=pytest.mark.long)])
def test_files_come_back_from_the_snapshot(
    tracked: Callable[..., str], files: Path, path: Any, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run = tracked(from_files(str(files.resolve()) if path == "absolute" else path), snapshot=True)
    for file in (files / "1.csv", Path("shops.csv")):
        if how == "gone":
            file.unlink()
        else:
            file.write_text(file.read_text().replace("x", "y"))
    before = sorted(Path().rglob("*.csv"))
    assert mlsys.reproduce(run), "the content of then was kept"
    assert mlsys.reproduce(run), "a second time as well"
    laid_out = {each for each in Path().rglob("*.csv") if ".mlsys" in each.parts}
    assert set(before) - laid_out == set(Path().rglob("*.csv")) - laid_out


def test_an_edited_file_is_the_cause(tracked: Callable[..., str], first_of: Callable[..., Any], files: Path) -> None:
    run = tracked(from_files("data"))
    (files / "2.csv").write_text((files / "2.csv").read_text().replace("x", "y"))
    done = mlsys.reproduce(run)
    assert first_of(done) == ("ReadCSV", "differs", ("data",)) and "content of data/2.csv changed" in repr(done)


@pytest.mark.long
def test_an_edited_side_table_is_the_cause(
    tracked: Callable[..., str], first_of: Callable[..., Any], files: Path
) -> None:
    run = tracked(from_files("data"))
    Path("shops.csv").write_text(Path("shops.csv").read_text().replace("3.0", "4.0"))
    assert first_of(mlsys.reproduce(run)) == ("Join", "differs", ("data",))


def test_a_missing_file_is_asked_for(tracked: Callable[..., str], files: Path) -> None:
    run = tracked(from_files("data"))
    (files / "1.csv").unlink()
    with pytest.raises(
        DataError, match=r"read 'data/1.csv', which is not in (.|\n)*digest of its content: [0-9a-f]{32}"
    ):
        mlsys.reproduce(run)


def test_a_damaged_snapshot_is_not_used(tracked: Callable[..., str], files: Path) -> None:
    run = tracked(from_files("data"), snapshot=True)
    for kept in Path(".mlsys/snapshots").iterdir():
        kept.write_bytes(kept.read_bytes() + b"\n")
    (files / "1.csv").unlink()
    with pytest.raises(DataError, match="which is not in"):
        mlsys.reproduce(run)
    for kept in Path(".mlsys/snapshots").iterdir():  # waited for, it would never end
        kept.unlink()
        os.mkfifo(kept)
    with pytest.raises(DataError, match="which is not in"):
        mlsys.reproduce(run)


def test_a_folder_that_a_function_depends_on_is_kept_too(
    tracked: Callable[..., str], first_of: Callable[..., Any], files: Path, orders: pd.DataFrame
) -> None:
    Path("rates").mkdir()
    Path("rates/a.txt").write_text("2")

    run = tracked(pipeline(Derive({"more": by_rate}, depends_on=["rates"])), orders, snapshot=True)
    assert mlsys.reproduce(run)
    Path("rates/a.txt").write_text("3")
    done = mlsys.reproduce(run, pipeline=pipeline(Derive({"more": by_rate}, depends_on=["rates"])))
    assert first_of(done) == ("Derive", "differs", ("data",))


def by_rate(rows: pd.DataFrame) -> pd.Series:
    return rows["price"] * float(Path("rates/a.txt").read_text())


@pytest.mark.long
def test_a_column_may_be_called_like_a_folder(tracked: Callable[..., str], orders: pd.DataFrame) -> None:
    Path("shop").mkdir()
    orders.to_csv("shop/1.csv", index=False)
    run = tracked(pipeline(ReadCSV("shop", columns=list(orders.columns))), snapshot=True)
    Path("shop/1.csv").write_text("another")
    assert mlsys.reproduce(run)


def test_given_rows_come_back_from_the_snapshot(tracked: Callable[..., str], orders: pd.DataFrame) -> None:
    rows = orders.set_index(pd.Index(np.arange(600) * 3, name="order"))
    rows["shop"] = rows["shop"].astype(pd.CategoricalDtype(["z", "y", "x", "w"], ordered=True))
    assert mlsys.reproduce(tracked(pipeline(), rows, snapshot=True)).same


@pytest.mark.long
def test_parts_come_back_from_the_snapshot(tracked: Callable[..., str], orders: pd.DataFrame) -> None:
    parts = {"train": orders[:400], "validation": orders[400:500], "test": orders[500:]}
    steps = [Impute(), OneHot(["shop"]), LogisticRegression()]
    done = mlsys.reproduce(tracked(Pipeline(steps, target="late"), parts, snapshot=True))
    assert done.same and done.run.rows == {"train": 400, "validation": 100, "test": 100}


def test_a_snapshot_that_cannot_be_written_costs_the_run_nothing(files: Path, caplog: pytest.LogCaptureFixture) -> None:
    Path(".mlsys").mkdir()
    Path(".mlsys/snapshots").write_text("a file in the way")
    run = from_files("data").run(track=False, snapshot=True)
    assert run.model is not None and "no snapshot was kept" in caplog.text
