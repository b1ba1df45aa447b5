"""Budget and audit: the level that a budget leaves each check, and the rate really obtained on the user's own rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from mlsys import Monitor
from mlsys.drift.watching.budget import Budget
from mlsys.errors import ConfigurationError


@pytest.mark.parametrize(
    ("said", "every", "level"),
    [
        ("1 false page per 90 days", None, 1 / 90),
        ("1 false page per 90 days", "1h", 1 / (90 * 24)),
        ("2 false pages per year", "7D", 2 * 7 / 365.2425),
        ("1 page a month", "1D", 12 / 365.2425),
        ("1 false page per 100 checks", None, 0.01),
        ("0.5 false pages per quarter", "1D", 2 / 365.2425),
    ],
)
def test_each_check_gets_its_share_of_the_budget(said: str, every: str | None, level: float) -> None:
    assert Budget.of(said, every).level == pytest.approx(level)


@pytest.mark.parametrize("said", ["", "few", "1 false page", "0 false pages per year", "-1 page per day", 3, None])
def test_what_is_no_budget_is_refused(said: object) -> None:
    with pytest.raises(ConfigurationError, match="is no budget"):
        Budget.of(said)  # type: ignore[arg-type]


def test_a_budget_that_lets_most_checks_alarm_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lets 300% of all checks page falsely"):
        Monitor.fit(pd.DataFrame({"x": range(100)}), budget="3 pages per day")
    with pytest.raises(ConfigurationError, match="not a duration"):
        Monitor.fit(pd.DataFrame({"x": range(100)}), budget="1 page per year", every="often")


def columns_of(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Ten columns that depend on each other, some with many levels."""
    common = rng.normal(size=rows)
    numbers = {f"n{place}": common + rng.normal(size=rows) for place in range(6)}
    levels = {f"c{place}": (common * 3 + rng.gumbel(size=rows) * 4).astype(int).astype(str) for place in range(4)}
    return pd.DataFrame({**numbers, **levels})


@pytest.mark.long
@pytest.mark.parametrize("slices", [(), ("c0",)])
def test_false_alarms_stay_within_the_budget_over_dependent_columns_and_slices(slices: tuple[str, ...]) -> None:
    rng, alarms, checks = np.random.default_rng(1), 0, 0
    for _ in range(30):
        monitor = Monitor.fit(
            columns_of(rng, 2_000), budget="1 false page per 20 checks", least_effect=0.0, slices=slices
        )
        for _ in range(10):
            alarms += monitor.check(columns_of(rng, 500)).level != ""
            checks += 1
    assert binom.sf(alarms - 1, checks, 0.065) > 1e-3, f"{alarms} of {checks}"


def test_a_shift_is_found_within_a_strict_budget() -> None:
    rng = np.random.default_rng(2)
    monitor = Monitor.fit(columns_of(rng, 2_000), budget="1 false page per year")
    check = monitor.check(columns_of(rng, 800).assign(n3=lambda frame: frame["n3"] + 0.7))
    assert check.verdict == "alarm: n3" and monitor.level == pytest.approx(1 / 365.2425)


def test_the_audit_finds_no_more_than_accepted_on_rows_that_are_alike() -> None:
    rng = np.random.default_rng(3)
    reference = columns_of(rng, 4_000)[["n0", "c0"]]
    audit = Monitor.fit(reference, budget="1 false page per 90 days").audit(reference)
    assert audit.verdict == "held" and len(audit.table) == 20 and audit.facts["dependent"] == []
    rates = audit.tables["rates"].set_index("of")
    assert list(rates.index) == ["alarms"] and rates.loc["alarms", "accepted"] == pytest.approx(1 / 90)
    assert "per 90 days" in audit.summary


def test_the_audit_says_that_the_rate_is_exceeded_where_rows_depend_on_each_other() -> None:
    rng = np.random.default_rng(4)
    walk = np.repeat(rng.normal(size=20), 100) + 0.3 * rng.normal(size=2_000)
    reference = pd.DataFrame({"level": walk, "free": rng.normal(size=2_000)})
    audit = Monitor.fit(reference).audit(reference, block=100)
    assert audit.verdict == "exceeded" and audit.facts["dependent"] == ["level"]
    columns = audit.tables["columns"].set_index("column")
    assert columns.loc["level", "design effect"] > 5 > columns.loc["free", "design effect"]
    assert columns.loc["level", "alarms"] > 10 and columns.loc["free", "alarms"] <= 3
    assert "p-values are too small" in repr(audit)


def test_with_times_blocks_are_judged_by_earlier_ones_as_a_monitor_would_have_done() -> None:
    rng = np.random.default_rng(5)
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 40, 4_000)), "D")
    reference = pd.DataFrame({"when": when, "x": rng.normal(size=4_000)}).sample(frac=1, random_state=0)
    audit = Monitor.fit(reference, time="when", budget="1 false page per 90 days", every="2D").audit(reference)
    assert audit.table["block"].tolist() == list(range(8, 20)) and audit.verdict == "held"


def test_pages_are_audited_where_predictions_have_labels() -> None:
    rng = np.random.default_rng(6)
    p = rng.random(1_500)
    reference = pd.DataFrame({"p": p, "y": (rng.random(1_500) < p).astype(int)})
    audit = Monitor.fit(reference, prediction="p", target="y").audit(reference)
    assert audit.tables["rates"]["of"].tolist() == ["pages", "alarms"] and audit.verdict == "held"


def test_an_audit_needs_blocks_with_rows() -> None:
    monitor = Monitor.fit(pd.DataFrame({"x": range(60)}))
    with pytest.raises(ConfigurationError, match="3 blocks of at least 20 rows, fewer than 5"):
        monitor.audit(pd.DataFrame({"x": range(60)}))
    with pytest.raises(ConfigurationError, match="block=3 has too few rows"):
        monitor.audit(pd.DataFrame({"x": range(60)}), block=3)
    with pytest.raises(ConfigurationError, match="needs times"):
        monitor.audit(pd.DataFrame({"x": range(60)}), block="1D")
