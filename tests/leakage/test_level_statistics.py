"""Columns that hold statistics by level over all rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.level_statistics import level_statistic_findings


def homes(rng: np.random.Generator, rows: int = 600) -> pd.DataFrame:
    frame = pd.DataFrame({"zip": rng.choice([f"z{one:02d}" for one in range(30)], rows), "area": rng.gamma(9, 9, rows)})
    return frame.assign(y=(frame["area"] * rng.uniform(2_000, 5_000, rows)).round())


def found(frame: pd.DataFrame) -> list[tuple[str, str]]:
    cut = len(frame) * 2 // 3
    parts = AllParts.of(frame[:cut], frame[cut:], "y", ["area", "w"], ["zip"])
    return [(each.code, each.severity) for each in level_statistic_findings(parts, {}) if "w" in each.columns]


@pytest.mark.parametrize("statistic", ["mean", "median", "std", "min", "max", "sum"])
def test_statistics_of_the_target_by_level_are_errors(rng: np.random.Generator, statistic: str) -> None:
    frame = homes(rng)
    assert found(frame.assign(w=frame.groupby("zip")["y"].transform(statistic))) == [("LK229", "error")]


@pytest.mark.parametrize("statistic", ["mean", "median", "std"])
def test_those_of_a_feature_are_warnings(rng: np.random.Generator, statistic: str) -> None:
    frame = homes(rng)
    assert found(frame.assign(w=frame.groupby("zip")["area"].transform(statistic))) == [("LK226", "warning")]


def test_what_may_be_known_of_a_group_beforehand_is_not_accused(rng: np.random.Generator) -> None:
    frame = homes(rng)
    by = frame.groupby("zip")["area"]
    for statistic in ("sum", "max", "min", "size"):
        assert found(frame.assign(w=by.transform(statistic))) == []


def test_a_column_centred_within_levels_is_a_warning(rng: np.random.Generator) -> None:
    frame = homes(rng)
    by = frame.groupby("zip")["area"]
    assert found(frame.assign(w=frame["area"] - by.transform("mean"))) == [("LK226", "warning")]
    assert found(frame.assign(w=(frame["area"] - by.transform("mean")) / by.transform("std"))) == [("LK226", "warning")]


def test_statistics_of_training_rows_or_of_other_rows_are_not_accused(rng: np.random.Generator) -> None:
    frame = homes(rng)
    own, others = frame[: len(frame) * 2 // 3], homes(np.random.default_rng(5))
    for rows in (own, others):
        for column in ("area", "y"):
            assert found(frame.assign(w=frame["zip"].map(rows.groupby("zip")[column].mean()))) == []


def test_balanced_codes_of_a_design_are_not_accused(rng: np.random.Generator) -> None:
    blocks = pd.DataFrame(
        {"zip": np.repeat([f"b{one}" for one in range(60)], 4), "w": np.tile([-1.5, -0.5, 0.5, 1.5], 60)}
    )
    assert found(blocks.assign(area=rng.normal(size=240), y=rng.normal(size=240)).sample(frac=1, random_state=0)) == []


@pytest.mark.parametrize("rows", [2, 10])
def test_few_rows_are_not_accused(rng: np.random.Generator, rows: int) -> None:
    frame = homes(rng, rows)
    assert found(frame.assign(w=frame.groupby("zip")["y"].transform("mean"))) == []
