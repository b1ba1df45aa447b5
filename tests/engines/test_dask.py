"""A Dask cluster gives the bytes that this process gives, and says in one sentence what it cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Impute, KFolds, OneHot, Pipeline, RandomSplit, ReadParquet, Standardize, TargetEncode, Train
from mlsys.engines import DaskEngine, LocalEngine
from mlsys.engines.dask.starting import Cluster
from mlsys.settings import override
from mlsys.tables import Partition, Table

from ..test_scenario_matrix import CASES, Case, given, pipeline_of
from . import flights
from .equal import assert_same, everything, learned_and_scored

pytest.importorskip("distributed", reason="the engine needs dask[distributed]")

QUIETLY: dict[str, Any] = {"track": False, "verbose": False, "cache": False}
LEARNING = ("Impute", "TargetEncode", "OneHot", "Standardize", "Train")
QUICK = Case("text", "group")


def local_and_dask(pipeline: Pipeline, data: Any, engine: DaskEngine) -> tuple[dict[str, Any], dict[str, Any]]:
    return everything(pipeline.run(data, **QUIETLY)), everything(pipeline.run(data, **QUIETLY, engine=engine))


def rows_in_pieces(folder: Path, row_group: int, rows: pd.DataFrame) -> ReadParquet:
    """Write rows in files of 400, and return what reads them."""
    folder.mkdir()
    for number, start in enumerate(range(0, len(rows), 400)):
        rows.iloc[start : start + 400].to_parquet(folder / f"{number}.parquet", row_group_size=row_group)
    return ReadParquet(folder)


def learned_in_pieces(source: ReadParquet) -> Pipeline:
    learning = [Impute(), TargetEncode(["dest"]), OneHot(["origin"]), Standardize()]
    model = Train(LogisticRegression(max_iter=300), classes=[0, 1])
    return Pipeline([source, flights.doubled, RandomSplit(), *learning, model, Evaluate()], target="late")


def plain_flights() -> pd.DataFrame:
    rows = flights.make_flights().drop(columns=["landed", "planned", "number", "tailnum"])
    return rows.assign(late=(rows.pop("arr_delay").fillna(0) > 12).astype(int))


def test_states_predictions_and_scores_of_pieces(tmp_path: Path, engine: DaskEngine) -> None:
    pipeline = learned_in_pieces(rows_in_pieces(tmp_path / "rows", 250, plain_flights()))
    with override(rows_in_memory=500, rows_per_partition=250):
        local, there = pipeline.run(None, **QUIETLY), pipeline.run(None, **QUIETLY, engine=engine)
    assert_same(learned_and_scored(local, *LEARNING), learned_and_scored(there, *LEARNING))
    assert local.outcome.engine == "local" and there.outcome.engine == "dask, 2 workers here"


def test_first_partitions_are_done_here_while_workers_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = learned_in_pieces(rows_in_pieces(tmp_path / "rows", 250, plain_flights()))
    looks = iter([False] * 9)  # they come in the middle of a pass
    monkeypatch.setattr(Cluster, "is_there", property(lambda _: next(looks, True)))
    with override(rows_in_memory=500, rows_per_partition=250), DaskEngine(workers=1) as engine:
        there = pipeline.run(None, **QUIETLY, engine=engine)
        local = pipeline.run(None, **QUIETLY)
        assert next(looks, None) is None and engine.workers == 1
    assert_same(learned_and_scored(local, *LEARNING), learned_and_scored(there, *LEARNING))


def test_an_error_while_workers_start_names_the_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "is_there", property(lambda _: False))
    with DaskEngine(workers=1) as engine, pytest.raises(KeyError, match="row 19") as caught:
        tables(engine)["pieces"].gather(flights.fails)
    assert "  in this process, while workers start, partition 2 of 3" in caught.value.__notes__


def test_folds_are_done_by_workers(engine: DaskEngine) -> None:
    case = Case("text", "plain")
    local = pipeline_of(case).cross_validate(3, given(case), **QUIETLY)
    there = pipeline_of(case).cross_validate(3, given(case), **QUIETLY, engine=engine)
    one, other = local.folds.drop(columns="seconds"), there.folds.drop(columns="seconds")
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert local.states == there.states


@pytest.mark.parametrize("folds", [False, True])
def test_trials_are_done_by_workers(engine: DaskEngine, folds: bool) -> None:
    split = KFolds(3, test=0.2) if folds else RandomSplit()
    learning = [Impute(), OneHot(["origin", "dest"]), Standardize(), Train(LogisticRegression(max_iter=300))]
    pipeline = Pipeline([split, *learning], target="late")
    space = {"Impute.numeric": ["mean", "median"], "Train.estimator__C": [0.01, 1.0]}
    asked: dict[str, Any] = {"trials": 4, "n_jobs": 2, **QUIETLY}
    local = pipeline.tune(space, plain_flights(), **asked)
    there = pipeline.tune(space, plain_flights(), **asked, engine=engine)
    one, other = local.table.drop(columns="seconds"), there.table.drop(columns="seconds")
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert [each.said for each in local.tried] == [each.said for each in there.tried]
    assert local.best == there.best and local.value == there.value


def test_refits_of_an_ablation_are_done_by_workers(engine: DaskEngine) -> None:
    case = Case("text", "plain")
    local = pipeline_of(case).ablate(None, given(case), cache=False, verbose=False)
    there = pipeline_of(case).ablate(None, given(case), cache=False, verbose=False, engine=engine)
    pd.testing.assert_frame_equal(local.table, there.table, check_exact=True)


@pytest.mark.long
def test_pieces_that_no_step_gathers(tmp_path: Path, engine: DaskEngine) -> None:
    pipeline = learned_in_pieces(rows_in_pieces(tmp_path / "rows", 250, plain_flights()))
    with override(rows_in_memory=500, rows_per_partition=250):
        assert_same(*local_and_dask(pipeline, None, engine))


def test_a_frame_is_cut_and_sent(engine: DaskEngine) -> None:
    with override(rows_per_partition=200):
        assert_same(*local_and_dask(pipeline_of(QUICK), given(QUICK), engine))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.target}, {case.layout}")
def test_the_scenario_matrix(case: Case, engine: DaskEngine) -> None:
    with override(rows_per_partition=2_000 if "large" in case.layout else 200):
        assert_same(*local_and_dask(pipeline_of(case), given(case), engine))


@pytest.mark.long
@pytest.mark.parametrize(("workers", "partitions"), [(1, 7), (2, 1), (2, 7), (2, 64), (4, 7)])
def test_flights_on_any_number_of_workers_and_partitions(workers: int, partitions: int) -> None:
    flights.write_side_tables(Path())
    rows = flights.make_flights()
    Path("flights").mkdir()
    rows.to_parquet("flights/all.parquet", row_group_size=-(-len(rows) // partitions))
    pieces = override(rows_in_memory=600, rows_per_partition=-(-len(rows) // partitions))
    with pieces, DaskEngine(workers=workers) as engine:
        assert engine.workers == workers
        assert_same(*local_and_dask(flights.pipeline(ReadParquet("flights")), None, engine))


@pytest.mark.long
def test_flights_of_one_frame(engine: DaskEngine) -> None:
    flights.write_side_tables(Path())
    with override(rows_per_partition=300):
        assert_same(*local_and_dask(flights.pipeline(), flights.make_flights(), engine))


def tables(engine: Any) -> dict[str, Table]:
    frame = pd.DataFrame({"x": np.arange(50) * 1.5, "word": pd.Series(["a", "b"] * 25, dtype="str")})
    pieces = [Partition(None, flights.Read(frame.iloc[start : start + 19])) for start in range(0, 50, 19)]
    return {"frame": engine.hold(None, frame), "pieces": engine.hold(pieces, None)}


@pytest.mark.parametrize("kind", ["frame", "pieces"])
def test_verbs_of_a_table(kind: str, engine: DaskEngine) -> None:
    with override(rows_per_partition=20):
        one, other = tables(LocalEngine())[kind], tables(engine)[kind]
        longer = lambda rows: rows.assign(y=rows["x"] + 1)  # noqa: E731
        late = np.arange(50) > 31
        for table, same in ((one, other), (one.map(longer), other.map(longer)), (one.keep(late), other.keep(late))):
            pd.testing.assert_frame_equal(table.frame(), same.frame())
            pd.testing.assert_frame_equal(table.head(12), same.head(12))
            pd.testing.assert_frame_equal(table.sample(11), same.sample(11))
            pd.testing.assert_frame_equal(table.gather(longer), same.gather(longer))
            assert table.rows == same.rows == table.reduce(len) == same.reduce(len)
