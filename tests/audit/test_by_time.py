"""Steps before rows are made anew by time are audited: what is known before a moment must not move with later rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mlsys import (
    Derive,
    Forecast,
    Lag,
    Pipeline,
    Reshape,
    SeasonLag,
    TimeSplit,
    Train,
    TrainForecast,
    WindowAggregate,
)
from mlsys.audit.result import NOT_ASSESSED, VIOLATED


def sales(days: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    day = np.arange(days)
    frames = [
        pd.DataFrame({"store": store, "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
                      "sold": 20 + 5 * np.sin(2 * np.pi * day / 7) + rng.normal(size=days),
                      "temp": rng.normal(size=days), "holiday": rng.random(days) < 0.2})
        for store in "ab"
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def audited(*steps, known_ahead=("holiday",)):
    lags, series = Lag("store", ["sold", "temp"], [1, 7]), Forecast(3, by="store", season=7, known_ahead=known_ahead)
    split = TimeSplit(validation="2024-02-10", test="2024-02-20")
    given = [lags, *steps, series, split, Train(LinearRegression())]
    return Pipeline(given, target="sold", time="day").audit_leakage(sales())


def verdicts(audit) -> dict[str, set[str]]:
    table = audit.table[audit.table["probe"] == "later rows"]
    return {step: set(rows["verdict"]) for step, rows in table.groupby("step")}


@pytest.mark.long
def test_lags_and_forecast_rows_do_not_move_with_later_rows_and_all_is_assessed() -> None:
    audit = audited()
    assert VIOLATED not in set(audit.table["verdict"])
    assert NOT_ASSESSED not in set(audit.table["verdict"])
    assert {"Lag", "Forecast"} <= set(verdicts(audit))


def a_day_ahead(frame: pd.DataFrame) -> pd.Series:
    return frame.groupby("store")["temp"].shift(-1)


def test_a_look_ahead_of_one_step_is_violated() -> None:
    found = verdicts(audited(Derive({"peek": a_day_ahead})))
    assert VIOLATED in found["Derive"]
    assert VIOLATED not in found["Lag"] | found["Forecast"]


class WithNextDay(Reshape):
    of_no_earlier_rows = True

    def reshape(self, frame):
        made = pd.DataFrame(frame)
        return made.assign(centred=made.groupby("store")["temp"].transform(lambda f: f.rolling(3, center=True).mean()))


@pytest.mark.long
def test_a_centred_mean_is_violated_by_the_step_that_makes_it() -> None:
    assert VIOLATED in verdicts(audited(WithNextDay()))["WithNextDay"]


class OtherRows(Reshape):
    def reshape(self, frame):
        return pd.DataFrame(frame)


@pytest.mark.long
def test_where_rows_cannot_be_followed_by_time_it_is_said() -> None:
    audit = audited(OtherRows())
    assert set(audit.table["verdict"][audit.table["step"] == "OtherRows"]) == {NOT_ASSESSED}
    assert "OtherRows makes new rows" in " ".join(audit.table["what changed"] if "what changed" in audit.table
                                                  else audit.table.iloc[:, -1].astype(str))  # fmt: skip


@pytest.mark.long
def test_levels_seasons_and_intervals_do_not_move_with_later_rows_and_all_is_assessed() -> None:
    steps = [
        Lag("store", "sold", [1, 2], step="1D", time="day"),
        SeasonLag("store", "sold", season=7, horizon=3, seasons=2, time="day"),
        WindowAggregate("store", {"sold_week": ("sold", "mean")}, window="7D"),
        Forecast(3, by="store", season=7, known_ahead=["holiday"], level="sold_week"),
        TimeSplit(validation="2024-02-10", test="2024-02-20"),
        TrainForecast(LinearRegression(), strategy="per_horizon", coverage=0.8),
    ]
    audit = Pipeline(steps, target="sold", time="day").audit_leakage(sales())
    assert VIOLATED not in set(audit.table["verdict"]), audit.table.to_string()
    assert NOT_ASSESSED not in set(audit.table["verdict"]), audit.table.to_string()
    assert {"Lag", "SeasonLag", "Forecast"} <= set(verdicts(audit))
