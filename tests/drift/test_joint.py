"""Tests of all columns together: they hold their level, and see what no column shows alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from mlsys import Monitor
from mlsys.drift import compare_jointly
from mlsys.drift.joint import JOINT_TESTS
from mlsys.errors import ConfigurationError


def rows(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Two columns that depend on each other, levels, and a skewed column with nulls."""
    x = rng.normal(size=size)
    skewed = np.where(rng.random(size) < 0.1, np.nan, rng.lognormal(size=size))
    return pd.DataFrame({"a": x, "b": x + rng.normal(size=size), "c": rng.choice(list("abc"), size), "d": skewed})


def broken(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same columns, each as it was, that no longer depend on each other."""
    return frame.assign(b=rng.permutation(frame["b"]))


@pytest.mark.long
@pytest.mark.parametrize("test", JOINT_TESTS)
def test_rows_that_are_alike_alarm_no_more_often_than_the_level(test: str) -> None:
    rng, found, times = np.random.default_rng(1), 0, 200
    for seed in range(times):
        found += compare_jointly(rows(rng, 400), rows(rng, 300), tests=[test], seed=seed)["p"].iloc[0] <= 0.05
    assert binom.sf(found - 1, times, 0.065) > 1e-3, found / times


@pytest.mark.quick("reconstruction", "mean_discrepancy")
@pytest.mark.parametrize("test", JOINT_TESTS)
def test_a_shift_or_a_broken_dependence_is_seen(test: str) -> None:
    rng = np.random.default_rng(2)
    reference, today = rows(rng, 1_000), rows(rng, 800)
    moved = broken(today, rng) if test in {"domain_classifier", "reconstruction"} else today.assign(a=today["a"] + 0.6)
    found = compare_jointly(reference, moved, tests=[test]).iloc[0]
    assert found["verdict"] == "alarm" and found["p"] < 0.001 and found["columns"][0] in "ab"
    assert compare_jointly(reference, today, tests=[test])["verdict"].iloc[0] == "no alarm"


def test_a_monitor_that_keeps_a_sample_sees_what_no_column_shows() -> None:
    rng = np.random.default_rng(3)
    reference, today = rows(rng, 1_500), rows(rng, 1_200)
    monitor = Monitor.fit(reference, rows=1_000)
    assert monitor.rows is not None and len(monitor.rows) == 1_000 and "1,000 stored" in repr(monitor)
    assert monitor.check(today).verdict == "no alarm"
    check = monitor.check(broken(today, rng))
    assert check.verdict == "alarm: features" and "no column alone" in check.summary and check.level == "ticket"
    assert Monitor.fit(reference).check(broken(today, rng)).verdict == "no alarm"


def test_few_rows_and_columns_that_never_vary_are_not_assessed() -> None:
    rng = np.random.default_rng(4)
    few = compare_jointly(rows(rng, 400), rows(rng, 49))
    assert set(few["verdict"]) == {"not assessed"} and "fewer than 50 rows" in few["columns"].iloc[0]
    constant = pd.DataFrame({"x": np.ones(200), "z": [None] * 200})
    assert set(compare_jointly(constant, constant)["columns"]) == {"no column varies"}
    for frame in (constant.assign(x=2.0), constant.assign(z=1.0)):
        assert compare_jointly(constant, frame, tests=["domain_classifier"])["verdict"].iloc[0] == "alarm"
    with pytest.raises(ConfigurationError, match="is no list of tests"):
        compare_jointly(constant, constant, tests=["magic"])
    with pytest.raises(ConfigurationError, match="today's rows lack 'z'"):
        compare_jointly(constant, constant[["x"]])
