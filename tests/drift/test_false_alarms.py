"""False alarms of single columns at a nominal 5 %: every type, 2 to 1,000 levels, few and many rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from mlsys import Monitor

LEVELS = (2, 5, 10, 50, 200, 1_000)


def of_every_type(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    start = pd.Timestamp("2024-01-01")
    made: dict[str, object] = {
        "float64": rng.normal(size=rows),
        "skewed": rng.lognormal(0, 1.5, rows),
        "float32": rng.random(rows).astype("float32"),
        "nulls": np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows)),
        "zeros": np.where(rng.random(rows) < 0.95, 0.0, rng.exponential(size=rows)),
        "few": rng.poisson(2, rows),
        "Int64": pd.Series(rng.poisson(9, rows), dtype="Int64").mask(rng.random(rows) < 0.05),
        "bool": rng.random(rows) < 0.3,
        "times": start + pd.to_timedelta(rng.uniform(0, 100, rows), "D"),
        "durations": pd.to_timedelta(rng.exponential(1_000, rows), "s"),
    }
    for levels in LEVELS:
        shares = 1 / np.arange(1, levels + 1)
        made[f"{levels} levels"] = pd.Series(rng.choice(levels, rows, p=shares / shares.sum()).astype(str))
    return pd.DataFrame(made)


@pytest.mark.quick("1000-12")
@pytest.mark.parametrize(
    ("rows", "times"),
    [(1_000, 12), *(pytest.param(rows, 500, marks=pytest.mark.long) for rows in (1_000, 1_001, 5_000)),
     pytest.param(100_000, 40, marks=pytest.mark.long)],
)  # fmt: skip
def test_no_column_is_called_different_more_often_than_stated(rows: int, times: int) -> None:
    found: list[pd.Series] = []
    for time in range(times):
        rng = np.random.default_rng([rows, time])
        check = Monitor.fit(of_every_type(rng, rows)).check(of_every_type(rng, rows))
        assert check.tables["signals"]["p"].between(0, 1).all()
        found.append(check.tables["signals"].set_index(["column", "signal"])["p"])
    p = pd.DataFrame(found).fillna(1.0)  # a signal that was not looked at: no null, no new level
    shares = (p <= 0.05).mean()
    if times >= 500:
        assert shares.max() <= 0.065, shares[shares > 0.065]
    assert (binom.sf((p <= 0.05).sum() - 1, times, 0.05) > 1e-4).all(), shares.sort_values().tail()
