"""A whole pipeline does not depend on how its rows are cut, ordered or held."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier

from mlsys import (
    DetectDrift,
    Evaluate,
    Impute,
    OneHot,
    Pipeline,
    RandomSplit,
    ReadParquet,
    Run,
    Standardize,
    TargetEncode,
    Train,
)
from mlsys.engines import LocalEngine
from mlsys.settings import override
from mlsys.states import digest
from mlsys.tables import ROWS_AT_ONCE, cut

ROWS = 3_000
SUMMARIZED = ["Impute", "TargetEncode", "OneHot", "Standardize"]


@functools.cache
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    price = rng.lognormal(3, 1, ROWS)
    city = rng.choice(["Oslo", "Rome", "Łódź", "Bonn", "Lima"], ROWS, p=[0.5, 0.2, 0.2, 0.08, 0.02])
    frame = pd.DataFrame(
        {
            "price": np.where(rng.random(ROWS) < 0.1, np.nan, price),
            "days": rng.integers(0, 400, ROWS),
            "city": pd.Series(np.where(rng.random(ROWS) < 0.05, None, city), dtype="str"),
            "kind": pd.Series(rng.choice(["a", "b", "c"], ROWS), dtype="str"),
        }
    )
    score = 0.05 * price + (city == "Rome") - 0.002 * frame["days"] + rng.normal(size=ROWS)
    return frame.assign(returned=(score > np.median(score)).astype(int))


def steps(estimator: Any = None) -> list[Any]:
    model = Train(estimator or LogisticRegression(max_iter=500), classes=[0, 1])
    learning = [Impute(), TargetEncode(["city"]), OneHot(["kind"]), Standardize()]
    return [RandomSplit(), *learning, model, Evaluate(), DetectDrift()]


@functools.cache
def whole() -> Run:
    return Pipeline(steps(), target="returned").run(orders(), track=False)


@pytest.mark.quick("7")
@pytest.mark.parametrize("partitions", [7, 64])
def test_states_and_scores_do_not_depend_on_the_number_of_partitions(partitions: int) -> None:
    train = whole().rows["train"]
    with override(rows_per_partition=-(-train // partitions)):
        run = Pipeline(steps(), target="returned").run(orders(), track=False)
        assert len(cut(len(run.frame("train", after="RandomSplit")))) == pytest.approx(partitions, abs=2)
    for step in (*SUMMARIZED, "Train"):
        assert digest(run.state(step)) == digest(whole().state(step)), step
    pd.testing.assert_frame_equal(run.metrics, whole().metrics, check_exact=True)
    pd.testing.assert_frame_equal(run.reports["drift"].table, whole().reports["drift"].table, check_exact=True)
    assert run.digest("train") == whole().digest("train")


@pytest.mark.quick("7")
@pytest.mark.parametrize("partitions", [1, 7, 64])
def test_what_is_summarized_does_not_depend_on_the_order_of_rows(partitions: int) -> None:
    shuffled = orders().sample(frac=1, random_state=partitions)
    with override(rows_per_partition=-(-whole().rows["train"] // partitions)):
        run = Pipeline(steps(), target="returned").run(shuffled, track=False)
    assert run.frame("train").sort_index().index.equals(whole().frame("train").index)
    for step in SUMMARIZED:
        assert digest(run.state(step)) == digest(whole().state(step)), step
    pd.testing.assert_frame_equal(run.reports["drift"].table, whole().reports["drift"].table, check_exact=True)
    # What gathers rows takes them in plan order, which is another one here.
    np.testing.assert_allclose(
        run.state("Train")["estimator"].coef_, whole().state("Train")["estimator"].coef_, rtol=1e-3
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "orders"
    place.mkdir()
    for number, start in enumerate(range(0, ROWS, 700)):
        orders().iloc[start : start + 700].to_parquet(place / f"{number}.parquet", row_group_size=250)
    return place


def test_a_folder_beyond_memory_gives_what_the_frame_in_memory_gives(folder: Path) -> None:
    with override(rows_in_memory=1_000, rows_per_partition=300):
        run = Pipeline([ReadParquet(folder), *steps()], target="returned").run(track=False)
        final = run.final_test()
        parts = run._live.execution.divided.parts  # type: ignore[union-attr]
        assert not any(part.in_memory for part in parts.values())
        for step in (*SUMMARIZED, "Train"):
            assert digest(run.state(step)) == digest(whole().state(step)), step
        pd.testing.assert_frame_equal(run.metrics, whole().metrics, check_exact=True)
        pd.testing.assert_frame_equal(final.metrics, whole().final_test().metrics, check_exact=True)
        assert {part: run.digest(part) for part in parts} == {part: whole().digest(part) for part in parts}
        assert run.rows == whole().rows and sum(run.rows.values()) == ROWS
        filled = run.frame("validation", after="Impute")
        pd.testing.assert_frame_equal(filled, whole().frame("validation", after="Impute"))


def test_a_model_that_learns_in_parts_never_gathers_the_rows(folder: Path) -> None:
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, average=True)
    with override(rows_in_memory=1_000, rows_per_partition=300):
        first, again = (
            Pipeline([ReadParquet(folder), *steps(model)], target="returned").run(track=False) for _ in range(2)
        )
    assert digest(first.state("Train")) == digest(again.state("Train"))
    assert first.state("Train")["estimator"].t_ == whole().rows["train"] + 1  # one pass, every training row once
    auc = [
        run.metrics.query("metric == 'roc_auc' and model == 'model' and part == 'validation'")["value"].iloc[0]
        for run in (first, whole())
    ]
    assert auc[0] == pytest.approx(auc[1], abs=0.05)


def test_a_step_that_needs_all_rows_beyond_memory_says_what_to_do(folder: Path) -> None:
    with (
        override(rows_in_memory=100, rows_per_partition=300),
        pytest.raises(ValueError, match=f"all {whole().rows['train']:,} rows at once"),
    ):
        Pipeline([ReadParquet(folder), *steps()], target="returned").run(track=False)


@pytest.mark.parametrize("rows", [1, 7, 100, 700, 5_000])
@pytest.mark.parametrize("size", [33, 250, 4_000])
def test_blocks_are_the_same_rows_wherever_partitions_end(rows: int, size: int) -> None:
    frame = orders().head(731)
    with override(rows_per_partition=size):
        blocks = list(LocalEngine().hold(None, frame).blocks(rows))
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    pd.testing.assert_frame_equal(pd.concat(blocks), frame)


def test_a_digest_does_not_depend_on_the_partitions_of_more_rows_than_one_block() -> None:
    rows = ROWS_AT_ONCE + 1_000
    frame = pd.DataFrame({"x": np.arange(rows), "y": np.arange(rows) % 2})
    pipeline = Pipeline([RandomSplit(validation=0.001, test=0.001)], target="y")
    digests = set()
    for size in (10_000, 300_000):
        with override(rows_per_partition=size):
            digests.add(pipeline.run(frame, track=False).digest("train"))
    changed = pipeline.run(frame.assign(x=frame["x"].where(frame["x"] != 5, -1)), track=False)
    assert len(digests) == 1 and changed.digest("train") not in digests
