"""Rows that depend on each other: measured by windows, and counted for fewer, so that the budget holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from mlsys import Monitor
from mlsys.drift.dependence import Dependence, allowance
from mlsys.drift.season import bar_of

HOURS = pd.date_range("2024-01-01", periods=24 * 100, freq="h")


def daily(rng: np.random.Generator, days: int, alike: float) -> np.ndarray:
    """Return numbers by hour; the mean of a day has the share ``alike`` of their variance."""
    return np.repeat(rng.normal(size=days), 24) * np.sqrt(alike) + rng.normal(size=24 * days) * np.sqrt(1 - alike)


def counts_of(values: np.ndarray) -> np.ndarray:
    """Return counts by day and quantile."""
    edges = np.quantile(values, np.linspace(0, 1, 17)[1:-1])
    places = np.searchsorted(edges, values)
    return np.array([np.bincount(each, minlength=16) for each in places.reshape(-1, 24)])


def test_the_design_effect_is_that_of_clusters() -> None:
    rng = np.random.default_rng(0)
    values = daily(rng, 400, 0.5)
    found = Dependence.of(counts_of(values))
    theory = 1 + 23 * 0.5
    assert theory * 0.8 < found.effect < theory * 1.3 and found.p < 1e-9 and found.rows == 24
    means = Dependence.of_values(values, np.arange(len(values)) // 24)
    assert means.effect == pytest.approx(theory, rel=0.2) and means.windows == 400
    by_hand = 24 * values.reshape(-1, 24).mean(axis=1).var(ddof=1) / values.var()
    assert means.effect == pytest.approx(by_hand)


def test_independent_rows_count_each() -> None:
    rng = np.random.default_rng(1)
    found = [Dependence.of(counts_of(daily(rng, 60, 0.0))) for _ in range(30)]
    assert sum(each.on(1_000) > 1 for each in found) <= 1 and max(each.effect for each in found) < 2.5
    values = rng.normal(size=2_400)
    assert Dependence.of_values(values, np.arange(2_400) // 24).on(500) == 1.0


@pytest.mark.parametrize(
    "windows",
    [np.zeros((0, 3)), np.ones((4, 3)), np.zeros((9, 3)), np.full((9, 1), 7), np.tile([5, 0], (9, 1))],
    ids=["none", "few", "empty", "one bin", "a constant"],
)
def test_windows_that_say_nothing_change_nothing(windows: np.ndarray) -> None:
    assert Dependence.of(windows).on(100.0) == 1.0


def test_fewer_rows_than_a_window_depend_on_each_other_less() -> None:
    found = Dependence(effect=11.0, rows=100.0, windows=1_000, p=0.0)
    assert found.on(1) < 1.2 < found.on(50) < found.on(100) == found.on(10_000)
    assert allowance(5) > allowance(20) > allowance(1_000) > 1
    assert Dependence.of_values(np.ones(50), np.arange(50) // 5) == Dependence()


@pytest.mark.parametrize(("number", "rare"), [(8, 0.2), (8, 0.02), (40, 0.01), (40, 0.002)])
def test_a_bar_is_exceeded_no_more_often_than_it_says(number: int, rare: float) -> None:
    rng = np.random.default_rng(2)
    found = sum(value > bar_of(rest, rare) for value, *rest in np.abs(rng.normal(1, 0.5, (4_000, number + 1))))
    assert binom.sf(found - 1, 4_000, rare * 1.5) > 1e-3, f"{found} of 4000"


def test_days_of_few_rows_have_a_bar_and_do_not_alarm_every_day() -> None:
    rng = np.random.default_rng(3)
    hours = HOURS[: 24 * 60]
    rows = pd.DataFrame({"when": hours, "warm": daily(rng, 60, 0.8), "free": rng.normal(size=1_440)})
    kept = {"time": "when", "window": "1D", "budget": "1 false page per 20 checks"}
    audit = Monitor.fit(rows, **kept).audit(rows)
    assert audit.verdict == "held" and audit.facts["dependent"] == ["warm"]
    plain = rows.drop(columns="when")
    assert Monitor.fit(plain, budget=kept["budget"]).audit(plain, block=24).verdict == "exceeded"
    later = rows.tail(24).assign(when=hours[-24:] + pd.Timedelta("1D"))
    check = Monitor.fit(rows, **kept).check(later.assign(warm=rng.normal(9, 0.5, 24)))
    assert check.facts["alarms"] == ("warm",)


def test_a_check_within_the_time_of_the_reference_counts_rows_of_a_day_for_fewer() -> None:
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"when": HOURS, "warm": daily(rng, 100, 0.9)})
    by_day = rows["warm"].to_numpy().reshape(-1, 24).mean(axis=1)
    usual = np.argsort(np.abs(by_day - by_day.mean()))[60]
    day = rows.iloc[24 * usual : 24 * usual + 24]
    timed, plain = Monitor.fit(rows, time="when", window="1D"), Monitor.fit(rows[["warm"]])
    assert plain.check(day).level == "ticket" and timed.check(day).level == ""


def losses(rng: np.random.Generator, days: int) -> pd.DataFrame:
    """Return predictions and labels; whole days are hard or easy."""
    wrong = np.repeat(rng.beta(2, 8, days), 24)
    p = rng.choice([0.1, 0.9], 24 * days)
    y = (p > 0.5) ^ (rng.random(24 * days) < wrong)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(24 * days), unit="h")
    return pd.DataFrame({"when": when, "p": p, "y": y.astype(int)})


def false_pages(rng: np.random.Generator, times: int, timed: bool) -> tuple[int, int]:
    found, roles = 0, {"prediction": "p", "target": "y", "budget": "1 false page per 20 checks"}
    for _ in range(times):
        rows = losses(rng, 80)
        first, later = rows.iloc[: 24 * 60], rows.iloc[24 * 60 :]
        monitor = Monitor.fit(first, **roles, **({"time": "when", "window": "1D"} if timed else {"columns": ["p"]}))
        found += sum(monitor.check(day).level == "page" for _, day in later.groupby(later["when"].dt.floor("1D")))
    return found, times * 20


def test_pages_hold_their_budget_where_days_are_hard_or_easy() -> None:
    found, checks = false_pages(np.random.default_rng(5), 3, timed=True)
    assert binom.sf(found - 1, checks, 0.07) > 1e-3, f"{found} of {checks}"


@pytest.mark.long
def test_pages_exceed_it_only_where_rows_are_taken_as_independent() -> None:
    found, checks = false_pages(np.random.default_rng(6), 25, timed=True)
    assert binom.sf(found - 1, checks, 0.065) > 1e-3, f"{found} of {checks}"
    found, checks = false_pages(np.random.default_rng(6), 25, timed=False)
    assert found / checks > 0.08


def test_a_monitor_remembers_how_losses_depend_on_each_other(tmp_path: Path) -> None:
    monitor = Monitor.fit(losses(np.random.default_rng(7), 60), prediction="p", target="y", time="when", window="1D")
    again = Monitor.load(monitor.save(tmp_path / "kept"))
    assert monitor.outcomes is not None and again.outcomes is not None
    assert again.outcomes.losses_alike == monitor.outcomes.losses_alike and monitor.outcomes.losses_alike.on(24) > 2
