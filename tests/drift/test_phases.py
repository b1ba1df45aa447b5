"""Phases: a Sunday is compared with Sundays, a night with nights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import Monitor
from mlsys.errors import ConfigurationError


def shop(start: str, days: int, seed: int, sunday: float = 2.0, more: float = 0.0) -> pd.DataFrame:
    """Baskets of a shop, fifty a day, other ones on Sundays."""
    rng = np.random.default_rng(seed)
    when = pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.uniform(0, days, 50 * days)), "D")
    return pd.DataFrame({"when": when, "items": rng.normal(5 + sunday * (when.day_of_week == 6) + more, 1.0)})


REFERENCE = shop("2024-01-01", 140, seed=0)  # a Monday
SUNDAY, MONDAY = "2024-05-26", "2024-05-20"


def test_a_sunday_is_no_drift_and_a_monday_like_a_sunday_is() -> None:
    monitor = Monitor.fit(REFERENCE, time="when", window="1D", season="day of week")
    assert monitor.check(shop(SUNDAY, 1, seed=1)).verdict == "no alarm"
    check = monitor.check(shop(MONDAY, 1, seed=2, more=2.0))
    assert check.verdict == "alarm: items" and check.table["before"].iloc[0].startswith("mean 5")
    plain = Monitor.fit(REFERENCE, time="when", window="1D")
    assert plain.check(shop(MONDAY, 1, seed=2, more=2.0)).verdict == "no alarm"  # as far as a Sunday is from a Saturday
    assert Monitor.fit(REFERENCE[["items"]]).check(shop(SUNDAY, 1, seed=1)).verdict == "alarm: items"


def test_a_sunday_that_differs_from_sundays_is_seen() -> None:
    monitor = Monitor.fit(REFERENCE, time="when", window="1D", season="day of week")
    check = monitor.check(shop(SUNDAY, 1, seed=3, more=1.0))
    row = check.table.iloc[0]
    assert row["verdict"] == "alarm" and row["moved"] > row["bar"] > 0
    assert Monitor.load(monitor.save("kept")).check(shop(SUNDAY, 1, seed=3, more=1.0)).verdict == check.verdict


@pytest.mark.long
def test_days_as_before_alarm_rarely() -> None:
    alarms = 0
    for seed in range(12):
        monitor = Monitor.fit(shop("2024-01-01", 140, seed), time="when", window="1D", season="day of week")
        for day in range(14):
            later = pd.Timestamp("2024-05-20") + pd.Timedelta(days=day)
            alarms += monitor.check(shop(str(later), 1, seed=100 * seed + day)).verdict != "no alarm"
    assert alarms <= 12 * 14 * 0.05


def test_hours_and_months_are_phases_too() -> None:
    rng = np.random.default_rng(4)
    when = pd.date_range("2023-01-01", "2024-01-01", freq="h", inclusive="left")
    night = pd.DataFrame({"when": when, "load": rng.normal(3.0 * ((when.hour >= 8) & (when.hour < 20)), 1.0)})
    one = Monitor.fit(night, time="when", window="1h", season="hour of day")
    later = pd.date_range("2024-01-01 02:00", periods=60, freq="min")
    assert one.check(pd.DataFrame({"when": later, "load": rng.normal(size=60)})).verdict == "no alarm"
    assert one.check(pd.DataFrame({"when": later, "load": rng.normal(3, 1, 60)})).verdict == "alarm: load"
    year = pd.DataFrame({"when": when, "warm": rng.normal(10 - 8 * np.cos(2 * np.pi * when.day_of_year / 365), 2)})
    two = Monitor.fit(year, time="when", window="1D", season="month")
    july = pd.date_range("2024-07-10", "2024-07-11", freq="h", inclusive="left").repeat(2)
    for warmer, verdict in ((0.0, "no alarm"), (4.0, "alarm: warm")):
        warm = 10 - 8 * np.cos(2 * np.pi * july.day_of_year / 365) + warmer
        assert two.check(pd.DataFrame({"when": july, "warm": rng.normal(warm, 2)})).verdict == verdict


def test_a_season_that_windows_cannot_tell_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="season='tide' is no season"):
        Monitor.fit(REFERENCE, time="when", window="1D", season="tide")
    with pytest.raises(ConfigurationError, match="windows of at most 0 days 01:00:00"):
        Monitor.fit(REFERENCE, time="when", window="1D", season="hour of week")
    with pytest.raises(ConfigurationError, match="needs times"):
        Monitor.fit(REFERENCE[["items"]], season="month")
