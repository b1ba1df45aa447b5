"""Parts that something is fitted on, calibration among them, share nothing with those that judge; or it is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Calibrate, Pipeline, PredefinedSplit, Run
from mlsys.leakage.overlap import pairs_compared

COLUMNS = ["a", "b", "c", "d"]


def patients() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(1_200, 4)), columns=COLUMNS)
    frame["patient"], frame["visit"] = np.repeat(range(120), 10), range(1_200)
    return frame.assign(y=(frame["a"] + generator.normal(size=1_200) > 0).astype(int))


def by_patient(frame: pd.DataFrame) -> pd.Series:
    return pd.cut(frame["patient"], [-1, 69, 94, 119], labels=["train", "calibration", "validation"]).astype("str")


def by_visit(frame: pd.DataFrame) -> pd.Series:
    judged = np.where(frame["visit"] % 2, "validation", "calibration")
    return pd.Series(np.where(frame["patient"] < 70, "train", judged), index=frame.index)


def codes(frame: pd.DataFrame, *steps: Any, **roles: Any) -> list[tuple[str, str]]:
    found = run_of(frame, *steps, **roles).findings
    return [(finding.code, finding.severity) for finding in found]


def run_of(frame: pd.DataFrame, *steps: Any, **roles: Any) -> Run:
    given = {"target": "y", "features": COLUMNS, **roles}
    pipeline = Pipeline([PredefinedSplit("part"), LogisticRegression(), *steps], **given)
    return pipeline.run(frame, track=False, cache=False)


def test_groups_that_calibration_shares_with_the_judges_are_an_error() -> None:
    frame = patients()
    shared = run_of(frame.assign(part=by_visit(frame)), Calibrate(), group="patient")
    (finding,) = shared.findings
    assert (finding.code, finding.severity, finding.columns) == ("LK211", "error", ("patient",))
    assert "validation rows" in finding.message and "calibration rows have too" in finding.message
    assert codes(frame.assign(part=by_patient(frame)), Calibrate(), group="patient") == []


def test_a_calibration_part_that_nothing_learns_from_is_not_compared() -> None:
    frame = patients()
    assert codes(frame.assign(part=by_visit(frame)), group="patient") == []


def test_ids_that_calibration_shares_with_the_judges_are_an_error() -> None:
    frame = patients()
    parted = frame.assign(part=by_visit(frame), visit=frame["visit"] // 2)
    train = parted["part"] == "train"
    parted.loc[train, "visit"] = -parted.index[train] - 1
    assert ("LK212", "error") in codes(parted, Calibrate(), id="visit")
    assert codes(frame.assign(part=by_visit(frame)), Calibrate(), id="visit") == []


def test_rows_that_calibration_repeats_of_the_judges_are_a_warning() -> None:
    frame = patients()
    rows = frame[by_patient(frame) == "validation"][[*COLUMNS, "y"]]
    parts = {"train": frame[by_patient(frame) == "train"][[*COLUMNS, "y"]], "validation": rows}
    again = rows.set_axis(range(9_000, 9_000 + len(rows)))
    clean = frame[by_patient(frame) == "calibration"][[*COLUMNS, "y"]]
    pipeline = Pipeline([LogisticRegression(), Calibrate()], target="y")
    told = {
        name: [(f.code, f.severity) for f in pipeline.run({**parts, "calibration": part}, track=False).findings]
        for name, part in {"again": again, "clean": clean}.items()
    }
    assert told == {"again": [("LK213", "warning")], "clean": []}


@pytest.mark.quick("1e-05")
@pytest.mark.parametrize("noise", [0.0, 1e-5])
def test_near_rows_of_calibration_are_a_warning(noise: float) -> None:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(1_800, 4)), columns=COLUMNS)
    frame["y"] = (frame["a"] > generator.normal(size=1_800)).astype(int)
    parts = {"train": frame[:900], "validation": frame[900:1_300], "calibration": frame[1_300:]}
    copies = frame[900:1_300].set_axis(range(9_000, 9_400))
    copies = copies.assign(**{name: copies[name] + generator.normal(0, noise, 400) for name in COLUMNS})
    pipeline = Pipeline([LogisticRegression(), Calibrate()], target="y")
    leaky = pipeline.run({**parts, "calibration": copies}, track=False).findings
    assert [f.severity for f in leaky if f.code == ("LK214" if noise else "LK213")] == ["warning"]
    assert "calibration row" in leaky[0].message
    assert list(pipeline.run(parts, track=False).findings) == []


@pytest.mark.long
def test_a_variant_that_calibrates_is_compared_though_the_split_ran_before() -> None:
    frame = patients()
    steps = [PredefinedSplit("part"), LogisticRegression()]
    base = Pipeline([*steps, Calibrate()], target="y", features=COLUMNS, group="patient")
    runs = base.variants(plain={}, isotonic={"Calibrate": Calibrate("isotonic")}).run(
        frame.assign(part=by_visit(frame)), track=False
    )
    assert {name: [f.code for f in run.findings] for name, run in runs.items()} == {
        "plain": ["LK211"],
        "isotonic": ["LK211"],
    }


def test_training_rows_are_compared_with_every_part_and_calibration_with_the_judges() -> None:
    rows = pd.DataFrame({"x": [1]})
    parts = dict.fromkeys(["train", "validation", "calibration", "test", "other"], rows)
    pairs = pairs_compared({**parts, "empty": rows[:0]}, ["train", "calibration"])
    assert [name for learned, name in pairs if learned == "train"] == ["validation", "calibration", "test", "other"]
    assert [name for learned, name in pairs if learned == "calibration"] == ["validation", "test", "other"]
