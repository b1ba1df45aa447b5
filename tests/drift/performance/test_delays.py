"""How long labels take is told from rows of which some still wait."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import label_delays
from mlsys.errors import ConfigurationError, DataError


def rows(n: int = 4_000, mean: float = 10.0, seed: int = 0) -> pd.DataFrame:
    """Rows of 60 days whose labels take exponentially long."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 60, n), unit="D")
    known = day + pd.to_timedelta(rng.exponential(mean, n), unit="D")
    return pd.DataFrame({"day": day, "known": known})


def seen(frame: pd.DataFrame, now: str) -> pd.DataFrame:
    kept = frame[frame["day"] <= now]
    return kept.assign(known=kept["known"].where(kept["known"] <= now))


def test_waiting_rows_do_not_make_delays_look_short() -> None:
    frame = seen(rows(), "2024-02-10")
    curve = label_delays(frame, time="day", known_at="known", now="2024-02-10")
    for share in (0.5, 0.8):
        expected = -10 * np.log(1 - share)
        assert curve.within(share) / pd.Timedelta("1D") == pytest.approx(expected, rel=0.08)
    naive = (frame["known"] - frame["day"]).quantile(0.8) / pd.Timedelta("1D")
    assert naive < 0.85 * -10 * np.log(0.2)


def test_without_waiting_rows_shares_are_plain() -> None:
    frame = rows(300)
    curve = label_delays(frame, time="day", known_at="known").tables["curve"]
    delays = np.sort((frame["known"] - frame["day"]).to_numpy())
    np.testing.assert_allclose(curve["share"], np.arange(1, 301) / 300)
    assert (curve["delay"].to_numpy() - delays < np.timedelta64(1, "us")).all()


def test_intervals_hold_the_true_share_in_95_of_100_cases() -> None:
    held = []
    for seed in range(60):
        frame = seen(rows(200, seed=seed), "2024-02-10")
        curve = label_delays(frame, time="day", known_at="known", now="2024-02-10").tables["curve"]
        assert curve[["share", "lower", "upper"]].stack().between(0, 1).all()
        last = curve[curve["delay"] <= pd.Timedelta("10D")].iloc[-1]
        held.append(last["lower"] <= 1 - np.exp(-1) <= last["upper"])
    assert 0.88 <= np.mean(held) <= 1


def test_a_clock_that_went_back_is_counted_and_left_out() -> None:
    frame = rows(100)
    frame.loc[:4, "known"] = frame.loc[:4, "day"] - pd.Timedelta("1D")
    assert "5 rows were left out" in label_delays(frame, time="day", known_at="known").summary


def test_what_cannot_be_told_is_said() -> None:
    frame = seen(rows(200, mean=1_000.0), "2024-02-10")
    with pytest.raises(DataError, match="are not known within any delay"):
        label_delays(frame, time="day", known_at="known").within(0.95)
    with pytest.raises(DataError, match="no label is known"):
        label_delays(frame.assign(known=pd.NaT), time="day", known_at="known")
    with pytest.raises(DataError, match="'day' is null in row"):
        label_delays(frame.assign(day=pd.NaT), time="day", known_at="known")
    with pytest.raises(DataError, match="which the rows do not have"):
        label_delays(frame, time="day", known_at="unknown")
    with pytest.raises(ConfigurationError, match="is not between 0 and 1"):
        label_delays(frame, time="day", known_at="known", level=2)
