"""Partitions that break while a run reads them: one message each, with the partition, the step and a remedy."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier

from mlsys import Impute, Pipeline, RandomSplit, ReadParquet, Run, Train, WriteCSV, WriteParquet
from mlsys.errors import ContractError, DataError
from mlsys.settings import override

EACH = 100


@pytest.fixture(autouse=True)
def orders() -> None:
    """Four files, each a partition."""
    rng = np.random.default_rng(0)
    Path("orders").mkdir()
    for number in range(4):
        x = rng.normal(size=EACH)
        ids = np.arange(EACH) + EACH * number
        frame = pd.DataFrame({"id": ids, "x": x, "y": (x + rng.normal(size=EACH) > 0).astype(int)})
        frame.to_parquet(f"orders/{number}.parquet")


def run(*before: Any, after: Any = (), cache: bool = False, engine: Any = "local") -> Run:
    model = Train(SGDClassifier(loss="log_loss"), classes=[0, 1])
    steps = [ReadParquet("orders"), *before, RandomSplit(), Impute(), model, *after]
    with override(rows_in_memory=150, rows_per_partition=EACH):
        return Pipeline(steps, target="y", id="id").run(track=False, verbose=False, cache=cache, engine=engine)


def is_third(frame: pd.DataFrame) -> bool:
    return int(frame["id"].iloc[0]) == 2 * EACH


def drops_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[1:] if is_third(frame) else frame


def renumbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True) if is_third(frame) else frame


def fails(frame: pd.DataFrame) -> pd.DataFrame:
    if is_third(frame):
        raise ZeroDivisionError("no")
    return frame


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (drops_rows, ContractError, "drops_rows is a RowTransform, which keeps rows, but made 99 rows out of 100"),
        (renumbers, ContractError, "renumbers changed the index, which identifies rows"),
        (fails, ZeroDivisionError, "no"),
    ],
)
def test_a_function_that_breaks_on_one_partition_is_named_with_it(
    function: Callable[[pd.DataFrame], pd.DataFrame], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as raised:
        run(function)
    notes = raised.value.__notes__
    assert notes.count("mlsys: in the partition orders/2.parquet, rows 0 to 100") == 1
    assert any(function.__name__ in note for note in notes)


def when_read(act: Callable[[Path], None]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a step that does something to the last file as soon as rows of the second are read."""

    def acting(frame: pd.DataFrame) -> pd.DataFrame:
        last = Path("orders/3.parquet")
        if int(frame["id"].iloc[0]) == EACH and last.exists():
            act(last)
        return frame

    return acting


def shorten(path: Path) -> None:
    pd.read_parquet(path).head(40).to_parquet(path)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Path.unlink, "'orders/3.parquet' was there when the files were listed, and is gone"),
        (shorten, "'orders/3.parquet' has 40 rows, but had 100 when the run began"),
        (lambda path: path.write_bytes(b"PAR1"), "cannot read 'orders/3.parquet' as Parquet"),
    ],
    ids=["removed", "shorter", "damaged"],
)
def test_a_file_that_changes_while_a_run_reads_it_is_named(act: Callable[[Path], None], says: str) -> None:
    with pytest.raises(DataError, match=says) as raised:
        run(when_read(act))
    assert "mlsys: in the partition orders/3.parquet, rows 0 to 100" in raised.value.__notes__
    assert "Remedy" in str(raised.value)


def test_a_file_of_other_types_is_named_before_anything_runs() -> None:
    pd.DataFrame({"id": [400], "x": ["much"], "y": [1]}).to_parquet("orders/4.parquet")
    with pytest.raises(DataError, match=r"'x' is double in 'orders/0.parquet' and string in 'orders/4.parquet'"):
        run()


def test_a_file_without_rows_changes_nothing() -> None:
    whole = run()
    pd.DataFrame({"id": [], "x": [], "y": []}).to_parquet("orders/1a.parquet")
    assert run().rows == whole.rows


@contextlib.contextmanager
def no_room(size: int) -> Iterator[None]:
    """Let no file become larger, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("sink", [WriteParquet("out"), WriteCSV("out")], ids=["Parquet", "CSV"])
def test_a_full_disk_is_named_by_the_step_that_writes(sink: Any) -> None:
    name = type(sink).__name__
    with no_room(1_000), pytest.raises(DataError, match=f"{name} cannot write all rows: .*\n *Remedy: free some space"):
        run(after=[sink])
    assert not [path for path in Path("out").rglob("*") if path.is_file()]


def test_a_cache_on_a_full_disk_stores_no_more_and_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with no_room(1_000):
        full = run(cache=True)
    assert "nothing more is stored" in caplog.text
    pd.testing.assert_frame_equal(full.metrics, run().metrics)
