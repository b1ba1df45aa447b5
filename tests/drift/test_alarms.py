"""Alarms: rare on rows that did not move, sure on those that did, none for a season alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

from mlsys import DetectDrift, Evaluate, Gate, Monitor, Pipeline, TimeSplit, Train, no_alarm
from mlsys.drift import DriftAlarm
from mlsys.drift.comparing import LEAST_EFFECT, LEVEL
from mlsys.errors import DataError
from mlsys.settings import override
from mlsys.states import digest

NUMBERS, CATEGORIES = 12, 8
SURE = 1e-4
"""Chance that a simulation of what holds fails."""


def unshifted(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Twenty columns of every sort: skewed, heavy-tailed, whole, constant but for a few, categories, nulls."""
    columns: dict[str, object] = {}
    for number in range(NUMBERS):
        drawn = [
            rng.normal(size=rows),
            rng.lognormal(0, 1.5, rows),
            rng.standard_t(3, rows),
            rng.poisson(2, rows),
            np.where(rng.random(rows) < 0.95, 0.0, rng.exponential(size=rows)),
            np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
        ][number % 6]
        columns[f"n{number}"] = drawn
    for number in range(CATEGORIES):
        levels = [2, 5, 20, 60][number % 4]
        shares = np.random.default_rng(number).dirichlet(np.ones(levels))
        columns[f"c{number}"] = pd.Series(
            rng.choice([f"level {i}" for i in range(levels)], rows, p=shares), dtype="str"
        )
    return pd.DataFrame(columns)


def alarms_over(rows: int, references: int, checks: int, least_effect: float) -> tuple[int, int]:
    rng, alarms = np.random.default_rng(rows), 0
    for _ in range(references):
        monitor = Monitor.fit(unshifted(rng, 2_000), least_effect=least_effect)
        alarms += sum(monitor.check(unshifted(rng, rows)).verdict != "no alarm" for _ in range(checks))
    return alarms, references * checks


@pytest.mark.quick("1000")
@pytest.mark.parametrize("rows", [200, 1_000, 5_000])
def test_unshifted_rows_alarm_no_more_often_than_the_stated_level(rows: int) -> None:
    alarms, checks = alarms_over(rows, references=12, checks=3, least_effect=LEAST_EFFECT)
    assert binom.sf(alarms - 1, checks, LEVEL) > SURE, f"{alarms} of {checks}"


@pytest.mark.quick("12")
@pytest.mark.parametrize("rows", [1, 4, 12, 40])
def test_a_few_unshifted_rows_alarm_no_more_often_than_the_stated_level(rows: int) -> None:
    alarms, checks = alarms_over(rows, references=5, checks=20, least_effect=0.0)
    assert binom.sf(alarms - 1, checks, LEVEL) > SURE, f"{alarms} of {checks}"


@pytest.mark.long
@pytest.mark.parametrize("least_effect", [0.0, LEAST_EFFECT])
@pytest.mark.parametrize("rows", [200, 1_000, 5_000])
def test_unshifted_rows_alarm_no_more_often_than_the_stated_level_over_many_checks(
    rows: int, least_effect: float
) -> None:
    alarms, checks = alarms_over(rows, references=150, checks=2, least_effect=least_effect)
    assert binom.sf(alarms - 1, checks, LEVEL) > SURE, f"{alarms} of {checks}"


@pytest.mark.long
def test_the_test_alone_holds_the_level_without_a_least_effect() -> None:
    alarms, checks = alarms_over(1_000, references=12, checks=3, least_effect=0.0)
    assert binom.sf(alarms - 1, checks, LEVEL) > SURE, f"{alarms} of {checks}"


SHIFTS = {
    "mean": ("n0", lambda column: column + 0.5),
    "spread": ("n0", lambda column: column * 2),
    "unit": ("n3", lambda column: column * 60),
    "nulls": ("n0", lambda column: column.mask(np.arange(len(column)) % 4 == 0)),
    "share of a level": ("c1", lambda column: column.where(np.arange(len(column)) % 3 > 0, "level 0")),
    "a new level": ("c2", lambda column: column.where(np.arange(len(column)) % 4 > 0, "never seen")),
}


@pytest.mark.quick("mean-1000", "spread-1000", "unit-200", "nulls-1000", "share of a level-1000", "a new level-200")
@pytest.mark.parametrize("rows", [200, 1_000, 5_000])
@pytest.mark.parametrize("shift", SHIFTS)
def test_a_real_shift_is_found_and_only_its_column_named(shift: str, rows: int) -> None:
    column, change = SHIFTS[shift]
    rng = np.random.default_rng(5)
    monitor, found, others = Monitor.fit(unshifted(rng, 2_000)), 0, 0
    for _ in range(8):
        frame = unshifted(rng, rows)
        alarms = monitor.check(frame.assign(**{column: change(frame[column])})).facts["alarms"]
        found += column in alarms
        others += bool(set(alarms) - {column})
    assert found == 8 and others <= 1


def test_an_effect_stands_beside_every_p(rng: np.random.Generator) -> None:
    check = Monitor.fit(unshifted(rng, 2_000)).check(unshifted(rng, 500))
    table = check.table
    assert len(table) == NUMBERS + CATEGORIES
    assert table[["effect", "p", "adjusted p", "before", "after"]].notna().all(axis=None)
    assert ((table["p"] >= 0) & (table["p"] <= table["adjusted p"])).all() and (table["adjusted p"] <= 1).all()
    assert (table["effect"] >= 0).all()
    assert check.scalars["largest_effect"] == table["effect"].max() and check.scalars["alarms"] == 0


def test_a_tiny_difference_of_many_rows_is_significant_and_no_alarm() -> None:
    rng = np.random.default_rng(0)
    monitor = Monitor.fit(pd.DataFrame({"x": rng.normal(size=60_000)}))
    check = monitor.check(pd.DataFrame({"x": rng.normal(0.05, 1, 60_000)}))
    assert check.table["p"].iloc[0] < 1e-6 and check.verdict == "no alarm"
    wary = Monitor.fit(pd.DataFrame({"x": rng.normal(size=60_000)}), least_effect=0.02)
    assert wary.check(pd.DataFrame({"x": rng.normal(0.05, 1, 60_000)})).verdict == "alarm: x"


def seasonal(start: str, days: int, seed: int, step: float = 0.0) -> pd.DataFrame:
    """Temperature and a category that follow the year, and a column that does not; ``step`` moves temperature."""
    rng = np.random.default_rng(seed)
    when = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.uniform(0, days, days * 20)), "D")
    year = np.sin(2 * np.pi * (when.day_of_year.to_numpy() - 100) / 365.25)
    wet = rng.random(len(when)) < 0.4 - 0.25 * year
    return pd.DataFrame(
        {
            "when": when,
            "temperature": 10 + 10 * year + 4 * rng.normal(size=len(when)) + step,
            "weather": pd.Series(np.where(wet, "wet", "dry"), dtype="str"),
            "load": rng.normal(size=len(when)),
        }
    )


@pytest.mark.parametrize("month", ["2024-01-01", "2024-04-01", "2024-07-01"])
def test_a_season_alone_is_no_alarm_and_would_be_one_without_times(month: str) -> None:
    start = pd.Timestamp(month) - pd.DateOffset(years=2)
    reference = seasonal(str(start), (pd.Timestamp(month) - start).days, seed=1)
    later = seasonal(month, 30, seed=2)
    check = Monitor.fit(reference, time="when", window="30D").check(later)
    assert check.verdict == "no alarm", check.table.to_string()
    assert "the reference covers 2.0 years" in check.summary
    blind = Monitor.fit(reference.drop(columns="when")).check(later.drop(columns="when"))
    assert "temperature" in blind.facts["alarms"] and "load" not in blind.facts["alarms"]


def test_a_shift_on_top_of_the_season_is_an_alarm() -> None:
    reference = seasonal("2022-01-01", 730, seed=1)
    monitor = Monitor.fit(reference, time="when", window="30D")
    check = monitor.check(seasonal("2024-01-01", 30, seed=2, step=25.0))
    assert check.facts["alarms"] == ("temperature",)
    row = check.table.set_index("column").loc["temperature"]
    assert row["effect"] > row["bar"] > 0


def test_under_one_cycle_it_says_that_season_and_drift_cannot_be_told_apart() -> None:
    check = Monitor.fit(seasonal("2023-01-01", 240, seed=1), time="when", window="30D").check(
        seasonal("2023-08-29", 30, seed=2)
    )
    assert "a season needs a full cycle" in check.summary


@pytest.mark.long
def test_unshifted_rows_with_times_alarm_no_more_often_than_the_level() -> None:
    rng, alarms, checks = np.random.default_rng(8), 0, 0
    for _ in range(6):
        reference = unshifted(rng, 4_000)
        times = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 200, 4_000)), "D")
        monitor = Monitor.fit(reference.assign(when=times), time="when", window="10D")
        for week in range(4):
            later = unshifted(rng, 200)
            days = 200 + 10 * week + np.sort(rng.uniform(0, 10, len(later)))
            alarms += (
                monitor.check(later.assign(when=pd.Timestamp("2023-01-01") + pd.to_timedelta(days, "D"))).verdict
                != "no alarm"
            )
            checks += 1
    assert binom.sf(alarms - 1, checks, LEVEL) > SURE, f"{alarms} of {checks}"


def test_the_profile_does_not_depend_on_partitions_or_order_and_keeps_no_row() -> None:
    rng = np.random.default_rng(4)
    reference = unshifted(rng, 3_000)
    one = Monitor.fit(reference)
    for size in (47, 430):
        with override(rows_per_partition=size):
            other = Monitor.fit(reference.sample(frac=1, random_state=size))
        assert digest(other.profile) == digest(one.profile)
    bins = one.profile["counts"]["bins"]
    assert all(counts.sum() == 3_000 for counts in bins.values())
    assert max(counts.size for counts in bins.values()) < 100  # counts on a grid, however many rows


def test_a_saved_monitor_checks_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    monitor = Monitor.fit(unshifted(rng, 1_000).assign(p=rng.random(1_000)), prediction="p")
    later = unshifted(rng, 400).assign(p=rng.random(400) ** 3)
    one, other = monitor.check(later), Monitor.load(monitor.save(tmp_path / "monitor")).check(later)
    assert one.verdict == other.verdict == "alarm: p"
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_a_script_can_be_stopped_and_a_broken_feed_is_no_drift() -> None:
    rng = np.random.default_rng(4)
    monitor = Monitor.fit(pd.DataFrame({"x": rng.normal(size=500), "z": rng.normal(size=500)}))
    moved = pd.DataFrame({"x": rng.normal(3, 1, 500), "z": rng.normal(size=500)})
    with pytest.raises(DriftAlarm, match="x moved"):
        monitor.check(moved).raise_if_alarm()
    with pytest.raises(DataError, match="the rows lack 'z'"):
        monitor.check(moved.drop(columns="z"))
    with pytest.raises(DataError, match="0 rows"):
        monitor.check(moved.head(0))


@pytest.fixture(scope="module")
def rows_by_time() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    frame = unshifted(rng, 6_000)[["n0", "n3", "c1"]]
    when = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 300, 6_000)), "D")
    return frame.assign(when=when, y=(frame["n0"] + rng.normal(size=6_000) > 0).astype(int))


def drifting(features: list[str]) -> Pipeline:
    steps = [
        TimeSplit(validation=0.2, test=0.2),
        Train(LogisticRegression()),
        Evaluate(),
        DetectDrift(["n0", "n3", "c1"]),
    ]
    return Pipeline(steps, target="y", time="when", features=features)


def test_a_run_reports_drift_of_the_part_that_judges(rows_by_time: pd.DataFrame) -> None:
    times = rows_by_time["when"].sort_values()
    test_starts = times.iloc[int(0.8 * len(times))]
    shifted = rows_by_time.assign(
        n3=rows_by_time["n3"].where(rows_by_time["when"] < test_starts, rows_by_time["n3"] + 9)
    )
    run = drifting(["n0"]).run(shifted, track=False)
    final = run.final_test()
    assert run.reports["drift"].verdict == "no alarm" and final.reports["drift"].verdict == "alarm: n3"
    finding = next(finding for finding in final.findings if finding.code == "DR101")
    assert finding.columns == ("n3",) and finding.severity == "warning"
    assert "alarm: n3" in repr(final)
    assert Gate(no_alarm("drift")).check(run.reports)[0][2] == "pass"
    assert Gate(no_alarm("drift")).check(final.reports)[0][2] == "fail"


def test_without_a_later_part_drift_is_not_assessed(shop: pd.DataFrame) -> None:
    run = Pipeline([Train(LogisticRegression()), DetectDrift()], target="returned", features=["price"]).run(
        shop, track=False
    )
    assert run.reports["drift"].verdict == "not assessed"
    assert Gate(no_alarm("drift")).check(run.reports)[0][2] == "fail"
    assert run.final_test().reports["drift"].verdict == "no alarm"
