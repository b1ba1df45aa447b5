"""Boosters that workers train together: as good as on one machine, on every worker, also when one is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mlsys import Evaluate, Pipeline, RandomSplit, ReadParquet, Train, load
from mlsys.engines import DaskEngine
from mlsys.errors import DataError, EngineError
from mlsys.models.across import learning, trainers
from mlsys.settings import override
from mlsys.states import digest
from mlsys.tables import Partition

from .flights import Read
from .test_dask import QUIETLY

pytest.importorskip("distributed", reason="the engine needs dask[distributed]")
lightgbm = pytest.importorskip("lightgbm", reason="the booster is trained with lightgbm.dask")
xgboost = pytest.importorskip("xgboost", reason="the booster is trained with xgboost.dask")

ROWS = 8_000


def made(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=["a b", "[b]", "c", "d"])
    margin = 2 * np.sin(2 * frame["a b"]) + frame["[b]"].abs() + 2 * frame["c"] - frame["d"] - 1
    chance = rng.random(rows)
    return frame.assign(
        late=np.where(chance < 1 / (1 + np.exp(-margin)), "yes", "no"),
        level=np.select([margin + chance < -1, margin + chance < 1.5], ["low", "middle"], "high"),
        minutes=margin + chance,
        weight=rng.choice([0.0, 1.0, 2.0], rows),
        order=np.arange(rows),
    )


def pieces(target: str, estimator: Any, rows: pd.DataFrame | None = None, size: int = 1_000, **more: Any) -> Pipeline:
    folder = Path("rows")
    if not folder.exists():
        folder.mkdir()
        frame = made() if rows is None else rows
        for number, start in enumerate(range(0, len(frame), size)):
            frame.iloc[start : start + size].to_parquet(folder / f"{number}.parquet")
    leave = [name for name in ("late", "level", "minutes", "weight") if name not in (target, more.get("weight"))]
    steps = [ReadParquet(folder), RandomSplit(), Train(estimator), Evaluate()]
    return Pipeline(steps, target=target, id="order", exclude=leave, **more)


def run(pipeline: Pipeline, engine: Any = None, in_memory: int = 2_000) -> Any:
    with override(rows_in_memory=in_memory, rows_per_partition=max(1_000, in_memory // 4)):
        return pipeline.run(None, **QUIETLY, engine=engine)


BOOSTERS = {
    "xgboost": xgboost.XGBClassifier(n_estimators=60, max_depth=3),
    "lightgbm": lightgbm.LGBMClassifier(n_estimators=60, num_leaves=8, verbose=-1),
}
FEW = {
    "xgboost": xgboost.XGBClassifier(n_estimators=6, max_depth=3, subsample=0.5),
    "lightgbm": lightgbm.LGBMClassifier(n_estimators=6, num_leaves=8, subsample=0.5, subsample_freq=1, verbose=-1),
}


def scores(fitted: Any, rows: int) -> float:
    fresh = made(rows, seed=1)
    return float(roc_auc_score(fresh["late"] == "yes", fitted.model.predict(fresh)["probability_yes"]))


@pytest.mark.parametrize("library", BOOSTERS)
def test_it_scores_as_on_one_machine_and_is_stored_as_such(library: str, engine: DaskEngine, tmp_path: Path) -> None:
    pipeline = pieces("late", BOOSTERS[library])
    local, there = run(pipeline), run(pipeline, engine)
    assert abs(scores(local, 4_000) - scores(there, 4_000)) < 0.01
    assert "trained by 2 workers together" in repr(there) and "together" not in repr(local)
    fitted, alone = there.state("Train")["estimator"], local.state("Train")["estimator"]
    assert vars(fitted).keys() == vars(alone).keys()
    assert there.state("Train")["classes"] == ["no", "yes"]
    again = load(there.save(tmp_path / "model"))
    fresh = made(100, seed=2)
    pd.testing.assert_frame_equal(again.predict(fresh), there.model.predict(fresh))


@pytest.mark.long
@pytest.mark.parametrize("library", BOOSTERS)
def test_on_many_rows_the_auc_differs_by_less_than_a_thousandth(library: str, engine: DaskEngine) -> None:
    pipeline = pieces("late", BOOSTERS[library], made(200_000), size=25_000)
    local, there = (run(pipeline, each, 100_000) for each in (None, engine))
    assert abs(scores(local, 50_000) - scores(there, 50_000)) < 0.001


@pytest.mark.parametrize("library", FEW)
def test_rounds_after_a_checkpoint_go_on(library: str, engine: DaskEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "EVERY", 4)
    estimator = run(pieces("late", FEW[library]), engine).state("Train")["estimator"]
    booster = estimator.booster_ if library == "lightgbm" else estimator.get_booster()
    trees = booster.num_trees() if library == "lightgbm" else booster.num_boosted_rounds()
    assert trees == 6


@pytest.mark.parametrize(
    ("target", "estimator"),
    [
        pytest.param("level", xgboost.XGBClassifier(n_estimators=20), marks=pytest.mark.long),
        ("level", lightgbm.LGBMClassifier(n_estimators=20, verbose=-1)),
        pytest.param("minutes", xgboost.XGBRegressor(n_estimators=20), marks=pytest.mark.long),
        pytest.param("minutes", lightgbm.LGBMRegressor(n_estimators=20, verbose=-1), marks=pytest.mark.long),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_classes_and_numbers_with_weights(target: str, estimator: Any, engine: DaskEngine) -> None:
    pipeline = pieces(target, estimator, weight="weight")
    local, there = run(pipeline), run(pipeline, engine)
    fresh = made(2_000, seed=1)
    one, other = (each.model.predict(fresh) for each in (local, there))
    assert one.columns.tolist() == other.columns.tolist() and (one.dtypes == other.dtypes).all()
    if target == "level":
        right = [(each["prediction"] == fresh["level"]).mean() for each in (one, other)]
        assert abs(right[0] - right[1]) < 0.03
    else:
        assert np.corrcoef(one["prediction"], other["prediction"])[0, 1] > 0.95
    assert vars(there.state("Train")["estimator"]).keys() == vars(local.state("Train")["estimator"]).keys()


def test_trained_by_workers_is_another_result_in_the_cache(engine: DaskEngine) -> None:
    pipeline = pieces("late", FEW["lightgbm"])
    quietly = {**QUIETLY, "cache": True}
    with override(rows_in_memory=2_000, rows_per_partition=1_000):
        there = pipeline.run(None, **quietly, engine=engine)
        local = pipeline.run(None, **quietly)
        again = pipeline.run(None, **quietly, engine=engine)
    assert digest(local.state("Train")) != digest(there.state("Train")) == digest(again.state("Train"))
    assert "trained by 2 workers together" in repr(again)


@pytest.mark.parametrize("library", FEW)
def test_a_class_that_one_worker_never_sees(library: str, engine: DaskEngine) -> None:
    rows = made()
    yes, no = (rows[(rows["late"] == "yes") == wanted] for wanted in (True, False))
    parts = [part for start in (0, 1_000, 2_000) for part in (no[start : start + 1_000], yes[start : start + 1_000])]
    there = run(pieces("late", FEW[library], pd.concat(parts)), engine)
    assert there.state("Train")["classes"] == ["no", "yes"]
    assert scores(there, 2_000) > 0.8


@pytest.mark.parametrize(
    ("estimator", "why"),
    [
        (xgboost.XGBClassifier(early_stopping_rounds=3), "stops early"),
        (xgboost.XGBClassifier(booster="dart"), "booster='dart'"),
        (lightgbm.LGBMClassifier(class_weight="balanced"), "class_weight='balanced'"),
        (lightgbm.LGBMClassifier(num_trees=7), "num_trees= must be called n_estimators="),
    ],
    ids=["early", "dart", "class_weight", "alias"],
)
def test_what_one_process_must_train_says_why_if_it_does_not_fit(estimator: Any, why: str, engine: DaskEngine) -> None:
    pipeline = pieces("late", estimator)
    with override(rows_in_memory=500, rows_per_partition=1_000), pytest.raises(DataError) as caught:
        pipeline.run(None, **QUIETLY, engine=engine)
    assert any("is not trained by the workers together: " in note and why in note for note in caught.value.__notes__)


def test_one_class_is_refused_as_on_one_machine(engine: DaskEngine) -> None:
    pipeline = pieces("late", FEW["xgboost"], made().assign(late="no"))
    with pytest.raises(DataError, match="all 4,.* training rows have the same class"):
        run(pipeline, engine)


def kill_one(engine: DaskEngine, after: float) -> threading.Timer:
    pids = list(engine._connected().client.run(os.getpid).values())
    timer = threading.Timer(after, os.kill, (pids[0], signal.SIGKILL))
    timer.start()
    return timer


@pytest.mark.long
@pytest.mark.parametrize("library", BOOSTERS)
@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_worker_lost_while_it_trains(library: str, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(BOOSTERS[library])
    pipeline = pieces("late", kind(**{**BOOSTERS[library].get_params(), "n_estimators": 400}))
    begun: list[int] = []
    rounds, killed = learning.Rounds, []
    with DaskEngine(workers=2) as engine:

        def counted(*given: Any) -> Any:
            begun.append(given[2])
            if sum(begun) / 400 > share and not killed:
                killed.append(kill_one(engine, 0.3))
            return rounds(*given)

        monkeypatch.setattr(learning, "Rounds", counted)
        there = run(pipeline, engine)
    assert killed and sum(begun) == 400  # no block of rounds is begun anew by the one who asks for it
    booster = there.state("Train")["estimator"]
    trees = booster.booster_.num_trees() if library == "lightgbm" else booster.get_booster().num_boosted_rounds()
    assert trees == 400
    assert scores(there, 4_000) > 0.85


def fails_always(client: Any, kept: Any) -> Any:
    raise ValueError("no such parameter")


def test_an_error_of_the_trainer_is_not_tried_again(engine: DaskEngine) -> None:
    began = time.monotonic()
    table = engine.hold([Partition(10, Read(made(10))) for _ in range(2)], None)
    with table.keeping(len) as kept, pytest.raises(ValueError, match="no such parameter"):
        kept.run(fails_always)
    assert time.monotonic() - began < 30
    with table.keeping(len) as kept:
        assert kept.each(abs) == [10, 10]


def test_ranks_are_asserted(engine: DaskEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    train = trainers._xgboost
    monkeypatch.setattr(trainers, "_xgboost", lambda *given: (train(*given)[0], 1))
    with pytest.raises(EngineError, match="1 of 2 workers that keep rows trained the model"):
        run(pieces("late", FEW["xgboost"]), engine)
