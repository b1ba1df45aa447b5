"""Rows beyond memory that are slow to make are made once in a run and not once for each pass, with equal bytes."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier
from tests.engines.scattered import ScatteredEngine

from mlsys import Derive, Evaluate, Impute, OneHot, Pipeline, RandomSplit, ReadParquet, Run, Standardize, Train
from mlsys.cache import Passes, passes, passes_of
from mlsys.cache.store import Store
from mlsys.engines import LocalEngine
from mlsys.folder import home
from mlsys.settings import override
from mlsys.states import digest
from mlsys.tables import Partition, noting

ROWS, PIECE = 1_200, 200
made: list[int] = []
"""Rows that the slow function was given, call by call."""


def slow(frame: pd.DataFrame) -> pd.Series:
    if len(frame) > PIECE // 2:  # pieces, and not the few rows of checks
        made.append(len(frame))
        time.sleep(0.02)
    return frame["x"] ** 2


def quick(frame: pd.DataFrame) -> pd.Series:
    return frame["x"] ** 2


def orders() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=ROWS),
            "shop": pd.Series(rng.choice(["a", "b", None], ROWS), dtype="str"),
            "when": pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(ROWS), unit="h"),
            "count": pd.array(rng.integers(0, 9, ROWS), dtype="Int64"),
        }
    )
    frame.loc[::7, ["x", "count"]] = None
    return frame.assign(y=(rng.random(ROWS) < 0.4).astype(int))


@pytest.fixture(autouse=True)
def folder() -> Iterator[Path]:
    made.clear()
    orders().to_parquet("orders.parquet", row_group_size=PIECE)
    yield Path("orders.parquet")


def run(
    function: Any = slow,
    *,
    after: bool = False,
    engine: Any = "local",
    cache: bool = True,
    judged: bool = True,
    path: Path = Path("orders.parquet"),
    **more: Any,
) -> Run:
    derive = Derive({"z": function})
    steps = [RandomSplit(), derive] if after else [derive, RandomSplit()]
    learned = [Impute(), OneHot(["shop"]), Standardize(["z"])]
    model = [Train(SGDClassifier(random_state=0), classes=[0, 1], epochs=2), Evaluate()] if judged else []
    pipeline = Pipeline([ReadParquet(path), *steps, *learned, *model], target="y")
    with override(rows_in_memory=300, rows_per_partition=PIECE, **more):
        return pipeline.run(track=False, cache=cache, engine=engine)


LEARNED = ("Impute", "OneHot", "Standardize")


def told(run: Run, judged: bool = True) -> dict[str, Any]:
    states = {step: digest(run.state(step)) for step in (*LEARNED, *["Train"] * judged)}
    parts = {part: run.digest(part) for part in ("train", "validation")}
    return {**states, **parts, **({"metrics": digest(run.metrics)} if judged else {})}


@pytest.fixture
def worth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all be kept: what is worth it is told by a clock, which a busy machine delays."""
    monkeypatch.setattr(passes, "WORTH", 0.0)


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """Return what is learned where nothing is kept, and of how many rows the slow function was asked."""
    path = tmp_path_factory.mktemp("orders") / "orders.parquet"
    orders().to_parquet(path, row_group_size=PIECE)
    made.clear()
    return told(run(cache=False, path=path)), sum(made)


def left() -> list[Path]:
    return [path for path in (home() / "cache").iterdir() if "passes" in path.name]


ONCE = 2 * ROWS + PIECE
"""Rows of all pieces; of them the first 4,096, all here, are made for a look at the function."""
Again = tuple[dict[str, Any], int]


def test_a_slow_function_runs_once_for_each_row_and_not_once_for_each_pass(again: Again, worth: None) -> None:
    made.clear()
    kept = run()
    assert sum(made) == ONCE
    assert again[1] > 4 * ONCE
    assert told(kept) == again[0]
    assert not left()
    assert len(kept.frame("train", after="Impute")) == kept.rows["train"]  # made again, once the files are gone


def test_so_does_one_after_the_split(again: Again, worth: None) -> None:
    made.clear()
    kept = run(after=True)
    assert again[1] > 2 * sum(made)
    plain = run(after=True, cache=False, judged=False)
    found, parts = told(kept), {part: plain.digest(part) for part in ("train", "validation")}
    assert found == {**again[0], **parts}  # whose columns stand in another order


def test_cheap_functions_write_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("written")

    monkeypatch.setattr(passes, "WORTH", 1e9)
    monkeypatch.setattr(passes, "_write", never)
    assert len(run(quick, judged=False).rows) == 3


def test_files_stay_below_the_cap_of_the_cache(again: Again, worth: None) -> None:
    made.clear()
    found = told(run(cache_bytes=20_000, judged=False), judged=False)
    assert found == {name: again[0][name] for name in found}
    assert sum(made) > 1.5 * ONCE


def test_a_full_disk_costs_time_and_one_note(
    again: Again, worth: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, *_: Any) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, f"No space left on device, {time.time()}")

    monkeypatch.setattr(passes, "_write", full)
    with caplog.at_level(logging.WARNING, "mlsys"):
        found = told(run(judged=False), judged=False)
    assert found == {name: again[0][name] for name in found}
    assert sum("nothing more is stored" in each.message for each in caplog.records) == 1
    assert not left()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_stays_after_an_interrupt_or_an_error(error: type[BaseException], worth: None) -> None:
    there = []

    def breaks(frame: pd.DataFrame) -> pd.Series:
        if len(made) > 10:
            there.extend(left())
            raise error("stop")
        return slow(frame)

    with pytest.raises(error):
        run(breaks, judged=False)
    assert there and not left()


@pytest.mark.long
def test_other_engines_keep_nothing_here() -> None:
    whole = told(run(quick))
    with override(cache_bytes=20_000_000):
        assert told(run(quick, engine=ScatteredEngine())) == whole


def held(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return a frame as it is kept and read again."""
    store, partition = Store(), Partition(len(frame), lambda columns: frame)
    with passes_of(store) as these:
        stretch = these.stretch()
        return stretch.get(partition, None) if stretch.offer(partition, frame, 60.0) else None


@pytest.mark.parametrize(
    "frame",
    [
        orders(),
        orders()[::3],
        orders().set_index("when"),
        orders().set_axis(["a", "a", 3, "b", "c"], axis=1),
        orders().assign(shop=lambda each: each["shop"].astype("category"), x=lambda each: each["x"].astype("float32")),
        orders().assign(flag=True, day=lambda each: each["when"].dt.tz_localize(None), took=pd.Timedelta("1h")),
        orders().sort_values("x").rename_axis("row"),
    ],
    ids=["plain", "some", "by time", "names", "types", "more types", "order"],
)
def test_what_is_read_is_what_was_made(frame: pd.DataFrame) -> None:
    found = held(frame)
    assert found is not None
    pd.testing.assert_frame_equal(found, frame, check_exact=True)
    assert type(found.index) is type(frame.index)


def test_what_has_no_form_on_disk_is_made_again() -> None:
    frame = orders()
    assert held(frame.assign(odd=pd.Series([{1}] * ROWS, dtype=object))) is None
    assert held(frame.set_index(["when", "shop"])) is None
    assert held(frame[:0]) is None
    assert held(noting(frame, 1)) is None


def test_some_columns_are_read_and_a_damaged_file_is_made_again() -> None:
    frame, store = orders(), Store()
    partition = Partition(ROWS, lambda columns: frame)
    with passes_of(store) as these:
        stretch = these.stretch()
        assert stretch.offer(partition, frame, 60.0) and not stretch.offer(partition, frame, 60.0)
        some = stretch.get(partition, ["y", "x"])
        assert some is not None and some.columns.tolist() == ["x", "y"] and some["y"].equals(frame["y"])
        assert stretch.get(Partition(ROWS, lambda columns: frame), None) is None
        next(these._folder.iterdir()).write_bytes(b"damaged")
        assert stretch.get(partition, None) is None
    assert not these.is_open and not stretch.offer(partition, frame, 60.0)


def test_what_is_cheaper_to_make_is_not_written() -> None:
    frame, store = orders(), Store()
    with passes_of(store) as these:
        assert isinstance(these, Passes) and not these.stretch().offer(
            Partition(ROWS, lambda columns: frame), frame, 0.0
        )
        assert not these._folder.exists()


def test_work_elsewhere_reads_no_files_of_this_process() -> None:
    import cloudpickle

    frame = orders()
    partition = Partition(ROWS, lambda columns: frame)
    table = LocalEngine().hold([partition], None).map(lambda each: each)
    with passes_of(Store()) as these:
        table.kept_by(these.stretch)
        stretch = table._chain.links[0].kept
        assert stretch is not None and stretch.offer(partition, frame, 60.0)
        assert cloudpickle.loads(cloudpickle.dumps(stretch)).get(partition, None) is None
