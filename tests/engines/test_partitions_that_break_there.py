"""Partitions that break on a worker: the message of one process, with the worker beside partition and step."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.bad_input.test_partitions_that_break import EACH, drops_rows, fails, orders, renumbers, run, when_read

from mlsys.engines import DaskEngine, LocalEngine
from mlsys.errors import ContractError, DataError

pytest.importorskip("distributed", reason="the engine needs dask[distributed]")
__all__ = ["orders"]  # a fixture


def is_third(frame: pd.DataFrame) -> bool:
    return int(frame["id"].iloc[0]) == 2 * EACH


def text_for_number(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(x=frame["x"].astype("str") + "!") if is_third(frame) else frame


def one_column_more(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(more=1) if is_third(frame) else frame


def one_column_less(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="x") if is_third(frame) else frame


def repeats_a_row(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[:1]]) if is_third(frame) else frame


def no_frame(frame: pd.DataFrame) -> Any:
    return frame["x"] if is_third(frame) else frame


def of_levels(frame: pd.DataFrame) -> pd.DataFrame:
    level = "b" if is_third(frame) else "a"
    return frame.assign(level=pd.Series(pd.Categorical([level] * len(frame)), frame.index))


STEPS: list[tuple[Callable[[pd.DataFrame], Any], str]] = [
    (drops_rows, "keeps rows, but made 99 rows out of 100"),
    (repeats_a_row, "keeps rows, but made 101 rows out of 100"),
    (renumbers, "changed the index, which identifies rows"),
    (fails, "no"),
    (no_frame, "Series"),
    (text_for_number, "'x'"),
    (one_column_more, "with the columns id, x, y, more"),
    (one_column_less, "with the columns id, y"),
    (of_levels, "'level'"),
]


@pytest.mark.parametrize(("function", "says"), STEPS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_function_that_breaks_on_one_worker(
    function: Callable[[pd.DataFrame], Any], says: str, engine: DaskEngine
) -> None:
    found = []
    for each in (LocalEngine(), engine):
        with pytest.raises(BaseException, match=says) as raised:
            run(function, engine=each)
        said = "\n".join([str(raised.value), *raised.value.__notes__])
        assert "orders/2.parquet, rows 0 to 100" in said
        assert function.__name__ in said
        found.append((type(raised.value), str(raised.value)))
    assert found[0] == found[1]
    assert "worker tcp://127" in said


def replaced(path: Path, frame: pd.DataFrame) -> None:
    """Put another file in its place at once, as whoever reads it meanwhile sees either."""
    frame.to_parquet("new")
    os.replace("new", path)


def fewer_rows(path: Path) -> None:
    replaced(path, pd.read_parquet(path).head(40))


def text_in_it(path: Path) -> None:
    replaced(path, pd.read_parquet(path).assign(x="much"))


def whole_numbers_in_it(path: Path) -> None:
    replaced(path, pd.read_parquet(path).assign(x=1))


def without_column(path: Path) -> None:
    replaced(path, pd.read_parquet(path).drop(columns="x"))


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


CHANGES: list[tuple[Callable[[Path], Any], str]] = [
    (Path.unlink, "'orders/3.parquet' was there when the files were listed, and is gone"),
    (fewer_rows, "'orders/3.parquet' has 40 rows, but had 100 when the run began"),
    (text_in_it, "'orders/3.parquet' holds 'x' as large_string, but as double when the run began"),
    (whole_numbers_in_it, "'orders/3.parquet' holds 'x' as int64, but as double when the run began"),
    (without_column, "'orders/3.parquet' does not have the column 'x', but had it when the run began"),
    (cut_short, "cannot read 'orders/3.parquet' as Parquet"),
]


@pytest.mark.parametrize(("act", "says"), CHANGES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_file_that_changes_while_workers_read_it(act: Callable[[Path], Any], says: str, engine: DaskEngine) -> None:
    kept = Path("orders/3.parquet").read_bytes()
    for each in (LocalEngine(), engine):
        Path("orders/3.parquet").write_bytes(kept)
        with pytest.raises(DataError, match=says) as raised:
            run(when_read(act), engine=each)
        assert "Remedy" in str(raised.value)
        assert any("orders/3.parquet, rows 0 to 100" in note for note in raised.value.__notes__)


def test_a_partition_without_rows_and_one_of_nulls_change_nothing_there(engine: DaskEngine) -> None:
    pd.read_parquet("orders/1.parquet").assign(x=np.nan).to_parquet("orders/1.parquet")
    pd.read_parquet("orders/0.parquet").iloc[:0].to_parquet("orders/0.parquet")
    here, there = run(), run(engine=engine)
    assert here.rows == there.rows
    pd.testing.assert_frame_equal(here.predictions["validation"], there.predictions["validation"], check_exact=True)


def test_errors_are_those_of_contracts(engine: DaskEngine) -> None:
    with pytest.raises(ContractError):
        run(drops_rows, engine=engine)
