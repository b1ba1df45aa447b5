"""A row of weight 0 counts as none: scores, checks and states are those of the rows that are left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import Calibrate, Cost, Evaluate, KFolds, Pipeline, PredefinedSplit, RandomSplit, Train
from mlsys.errors import DataError


def rows_with_weights(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=rows), "g": rng.choice(["p", "q", "r"], rows)})
    strength = frame["a"] + rng.normal(size=rows)
    part = pd.Series(np.arange(rows) % 3).map({0: "train", 1: "validation", 2: "test"})
    weight = rng.integers(0, 3, rows).astype(float)
    return frame.assign(y=strength > 0, amount=strength, part=part, w=weight)


DATA = rows_with_weights()
COUNTED = DATA[DATA["w"] > 0]


def run(frame: pd.DataFrame, *steps: Any, target: str = "y", **arguments: Any) -> Any:
    exclude = ["g", "part", *({"y", "amount"} - {target})]
    pipeline = Pipeline(steps, target=target, weight="w", exclude=exclude, **arguments)
    return pipeline.run(frame, track=False, cache=False)


@pytest.mark.parametrize("target", ["y", "amount"])
def test_scores_slices_intervals_and_baselines_are_those_without_the_rows(target: str) -> None:
    model = LogisticRegression() if target == "y" else LinearRegression()
    value = Cost(missed=3, false_alarm=1) if target == "y" else None
    tables = []
    for frame in (DATA, COUNTED):
        done = run(frame, PredefinedSplit("part"), model, Evaluate(slices=["g", "a"], value=value), target=target)
        tables.append((done.metrics, done.reports["evaluate"].scalars, done.evaluation.beats))
    assert_frame_equal(tables[0][0], tables[1][0])
    assert tables[0][1:] == tables[1][1:]


def test_calibration_is_that_without_the_rows() -> None:
    states = [
        run(frame, PredefinedSplit("part"), LogisticRegression(), Calibrate()).state("Calibrate")
        for frame in (frame.assign(part=frame["part"].replace("test", "calibration")) for frame in (DATA, COUNTED))
    ]
    assert states[0] == states[1]


@pytest.mark.parametrize("steps", [(RandomSplit(),), ()], ids=["own split", "supplied split"])
def test_weights_that_are_all_zero_are_refused(steps: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match=r"no training rows .*rows of weight 0: 900"):
        run(DATA.assign(w=0.0), *steps, LogisticRegression())


@pytest.mark.parametrize("steps", [(RandomSplit(),), ()], ids=["own split", "supplied split"])
def test_zero_on_all_rows_of_a_class_is_one_class(steps: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match="training rows of a weight above 0 have the same class of the target, False"):
        run(DATA.assign(w=(~DATA["y"]).astype(float)), *steps, LogisticRegression())


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_the_part_that_has_one_class_left_is_named(part: str) -> None:
    weight = DATA["w"].add(1).mask((DATA["part"] == part) & DATA["y"], 0)
    named = "training" if part == "train" else part
    with pytest.raises(DataError, match=rf"all \d+ {named} rows of a weight above 0 have the same class"):
        run(DATA.assign(w=weight), PredefinedSplit("part"), LogisticRegression())
    frames = {name: rows for name, rows in DATA.assign(w=weight).groupby("part")}
    with pytest.raises(DataError, match=rf"all \d+ {named} rows of a weight above 0 have the same class"):
        run(frames, LogisticRegression())


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_part_of_weight_zero_is_empty(part: str) -> None:
    frame = DATA.assign(w=DATA["w"].add(1).mask(DATA["part"] == part, 0))
    said = "left no training rows .*weight 0: 300" if part == "train" else "all 300 rows .*zero weight"
    with pytest.raises(DataError, match=said):
        run(frame, PredefinedSplit("part"), LogisticRegression())


def test_steps_alone_say_the_same() -> None:
    model = Train(LogisticRegression())
    with pytest.raises(DataError, match="all 900 training rows have zero weight in 'w'"):
        model.fit(DATA.assign(w=0.0), target="y", weight="w", features=["a"])
    with pytest.raises(DataError, match=r"training rows have the same class of the target 'y': False"):
        model.fit(DATA.assign(w=(~DATA["y"]).astype(float)), target="y", weight="w", features=["a"])
    judged = DATA.assign(prediction=DATA["y"])
    with pytest.raises(DataError, match="all 900 rows with a known target have zero weight"):
        Evaluate().of(train=judged, validation=judged.assign(w=0.0), target="y", weight="w")
    with pytest.raises(DataError, match="'w' is null, negative or infinite in 1 rows"):
        Evaluate().of(
            train=judged, validation=judged.assign(w=judged["w"].mask(judged.index == 4)), target="y", weight="w"
        )


def test_the_card_says_how_many_rows_count_as_none() -> None:
    done = run(DATA, PredefinedSplit("part"), LogisticRegression())
    none = int(((DATA["w"] == 0) & (DATA["part"] == "validation")).sum())
    assert f"{none} of 300 validation rows have weight 0 and are ignored" in repr(done)
    assert "have weight 0" not in repr(run(COUNTED, PredefinedSplit("part"), LogisticRegression()))


def test_a_fold_of_weight_zero_has_no_rows() -> None:
    folds = KFolds(3)
    pipeline = Pipeline([RandomSplit(), LogisticRegression()], target="y", weight="w", exclude=["g", "part", "amount"])
    table = pipeline.cross_validate(folds, data=DATA, track=False, cache=False).table
    assert table["value"].notna().all()
