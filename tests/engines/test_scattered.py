"""Partitions in other processes, done in any order, give the bytes that a loop over them gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Impute, OneHot, Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode, Train
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, ContractError
from mlsys.settings import override
from mlsys.tables import Partition, Table

from ..test_scenario_matrix import CASES, Case, given, pipeline_of
from . import flights
from .equal import assert_same, everything
from .scattered import ScatteredEngine

QUIETLY: dict[str, Any] = {"track": False, "verbose": False}
# One of each task, of a frame and of parts; the others in the long tier.
QUICK = [CASES.index(Case("text", "group")), CASES.index(Case("number", "parts without validation"))]
cases = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[] if place in QUICK else [pytest.mark.long], id=f"{case.target}, {case.layout}")
        for place, case in enumerate(CASES)
    ],
)


def local_and_scattered(pipeline: Pipeline, data: Any) -> tuple[dict[str, Any], dict[str, Any], ScatteredEngine]:
    engine = ScatteredEngine()
    local = pipeline.run(data, **QUIETLY, cache=False)
    return everything(local), everything(pipeline.run(data, **QUIETLY, cache=False, engine=engine)), engine


@pytest.mark.long
def test_flights_of_one_frame() -> None:
    flights.write_side_tables(Path())
    with override(rows_per_partition=300):
        local, scattered, engine = local_and_scattered(flights.pipeline(), flights.make_flights())
    assert_same(local, scattered)
    assert engine.turned > 20 and max(map(len, engine.finished)) == 3


@pytest.mark.long
@pytest.mark.parametrize("row_group", [150, 400])
def test_flights_of_pieces(row_group: int) -> None:
    flights.write_side_tables(Path())
    rows = flights.make_flights()
    Path("flights").mkdir()
    for number, start in enumerate(range(0, len(rows), 350)):
        rows.iloc[start : start + 350].to_parquet(f"flights/{number}.parquet", row_group_size=row_group)
    with override(rows_in_memory=600, rows_per_partition=260):
        local, scattered, engine = local_and_scattered(flights.pipeline(ReadParquet("flights")), None)
    assert_same(local, scattered)
    assert engine.turned > 5


def test_pieces_that_no_step_gathers(tmp_path: Path) -> None:
    rows = flights.make_flights().drop(columns=["landed", "planned", "number", "tailnum"])
    rows = rows.assign(late=(rows.pop("arr_delay").fillna(0) > 12).astype(int))
    (tmp_path / "rows").mkdir()
    for number, start in enumerate(range(0, len(rows), 400)):
        rows.iloc[start : start + 400].to_parquet(tmp_path / "rows" / f"{number}.parquet", row_group_size=250)
    learning = [Impute(), TargetEncode(["dest"]), OneHot(["origin"]), Standardize()]
    model = Train(LogisticRegression(max_iter=300), classes=[0, 1])
    steps = [ReadParquet(tmp_path / "rows"), flights.doubled, RandomSplit(), *learning, model, Evaluate()]
    with override(rows_in_memory=500, rows_per_partition=250):
        local, scattered, engine = local_and_scattered(Pipeline(steps, target="late"), None)
    assert_same(local, scattered)
    assert engine.turned > 20


@cases
def test_the_scenario_matrix(case: Case) -> None:
    with override(rows_per_partition=2_000 if "large" in case.layout else 200):
        local, scattered, engine = local_and_scattered(pipeline_of(case), given(case))
    assert_same(local, scattered)
    assert engine.turned


@pytest.mark.long
def test_what_one_engine_kept_is_found_by_the_other() -> None:
    case = Case("text", "plain")
    with override(rows_per_partition=200):
        first = pipeline_of(case).run(given(case), **QUIETLY, engine=ScatteredEngine())
        engine = ScatteredEngine()
        again = pipeline_of(case).run(given(case), **QUIETLY)
        third = pipeline_of(case).run(given(case), **QUIETLY, engine=engine)
    assert set(again.cache_report()["outcome"]) == set(third.cache_report()["outcome"]) == {"hit"}
    assert_same(everything(first), everything(again))
    assert_same(everything(first), everything(third))


@pytest.mark.parametrize("engine", [LocalEngine(), ScatteredEngine()], ids=lambda engine: engine.name)
def test_a_hook_that_changes_what_it_looks_at_is_refused_wherever_it_runs(engine: Any) -> None:
    rows = flights.make_flights()[["distance", "hour"]].assign(y=1.0)
    pipeline = Pipeline([RandomSplit(), flights.ChangesWhatItLooksAt()], target="y")
    with override(rows_per_partition=300), pytest.raises(ContractError, match="changed the rows it received"):
        pipeline.run(rows, **QUIETLY, cache=False, engine=engine)


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="engine='dusk' is not an engine\n.*did you mean 'dask'"):
        Pipeline([RandomSplit()], target="y").run(pd.DataFrame({"y": [1]}), **QUIETLY, engine="dusk")  # type: ignore[arg-type]


def tables(engine: Any) -> dict[str, Table]:
    frame = pd.DataFrame({"x": np.arange(50) * 1.5, "word": pd.Series(["a", "b"] * 25, dtype="str")})
    pieces = [Partition(None, flights.Read(frame.iloc[start : start + 19])) for start in range(0, 50, 19)]
    return {"frame": engine.hold(None, frame), "pieces": engine.hold(pieces, None)}


@pytest.mark.parametrize("kind", ["frame", "pieces"])
def test_verbs_of_a_table(kind: str) -> None:
    with override(rows_per_partition=20):
        one, other = tables(LocalEngine())[kind], tables(ScatteredEngine())[kind]
        longer = lambda rows: rows.assign(y=rows["x"] + 1)  # noqa: E731
        for table, same in ((one, other), (one.map(longer), other.map(longer)), (one.keep(LATE), other.keep(LATE))):
            pd.testing.assert_frame_equal(table.frame(), same.frame())
            pd.testing.assert_frame_equal(table.head(12), same.head(12))
            pd.testing.assert_frame_equal(table.sample(11), same.sample(11))
            pd.testing.assert_frame_equal(table.gather(longer), same.gather(longer))
            assert table.rows == same.rows == table.reduce(len) == same.reduce(len)
            assert [len(each) for each in table.frames(["x"])] == [len(each) for each in same.frames(["x"])]


LATE = np.arange(50) > 31


@pytest.mark.parametrize("kind", ["frame", "pieces"])
def test_an_error_is_that_of_the_first_partition_that_fails(kind: str) -> None:
    with override(rows_per_partition=20):
        for engine in (LocalEngine(), ScatteredEngine()):
            with pytest.raises(KeyError, match="row 20" if kind == "frame" else "row 19"):
                tables(engine)[kind].gather(flights.fails)


def test_levels_that_only_some_partitions_have_are_refused() -> None:
    with (
        override(rows_per_partition=20),
        pytest.raises(ValueError, match="partition 3 comes out .* 'level'"),
    ):
        tables(ScatteredEngine())["frame"].map(flights.by_piece)
