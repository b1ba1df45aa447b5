"""FillGaps: rows against a reindexed series, what they hold, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from mlsys import FillGaps, Forecast, Lag, Pipeline, TimeSplit, Train
from mlsys.audit.result import VIOLATED
from mlsys.errors import ConfigurationError, DataError

BEGIN = pd.Timestamp("2024-01-01")


def series(days: dict[str, list[int]]) -> pd.DataFrame:
    rows = [(store, BEGIN + pd.Timedelta(day, "D"), float(day + 1)) for store, own in days.items() for day in own]
    frame = pd.DataFrame(rows, columns=["store", "day", "sold"])
    return frame.assign(price=frame["sold"] * 2, open=True, count=np.arange(len(frame)))


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    st.sampled_from(["own", "all"]),
)
def test_rows_are_those_of_a_series_on_all_its_days(one: list[int], two: list[int], until: str) -> None:
    frame = series({"a": one, "b": two})
    made = FillGaps("store", {"sold": 0.0}, ["price"], time="day", until=until).reshape(frame)
    for store, own in frame.groupby("store"):
        end = frame["day"].max() if until == "all" else own["day"].max()
        days = pd.date_range(own["day"].min(), end, unit="us")
        wanted = own.set_index("day").reindex(days)
        found = made[made["store"] == store].set_index("day").sort_index()
        assert found.index.equals(days)
        assert np.array_equal(found["sold"], wanted["sold"].fillna(0.0))
        assert np.array_equal(found["price"], wanted["price"].ffill())
        assert np.array_equal(found["count"], wanted["count"], equal_nan=True)
        assert found["open"].isna().equals(wanted["open"].isna())
    assert made.head(len(frame))[["store", "day", "sold", "price"]].equals(frame[["store", "day", "sold", "price"]])


def test_types_stay_where_nothing_is_null() -> None:
    frame = series({"a": [0, 3]}).astype({"sold": "int64"})
    made = FillGaps("store", {"sold": 0, "count": 0, "open": False}, ["price"], time="day").reshape(frame)
    assert made.dtypes.equals(frame.dtypes)
    whole = series({"a": [0, 1, 2]})
    pd.testing.assert_frame_equal(FillGaps("store", time="day").reshape(whole), whole)
    assert FillGaps("store", time="day").reshape(frame)["open"].dtype == "boolean"


@pytest.mark.parametrize(
    ("step", "times"),
    [
        ("MS", pd.date_range("2024-01-01", periods=14, freq="MS")),
        ("ME", pd.date_range("2024-01-31", periods=14, freq="ME")),
        ("1D", pd.date_range("2024-03-28", periods=8, freq="D", tz="Europe/Berlin")),
        ("1h", pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="Europe/Berlin")),
    ],
)
def test_months_and_changes_of_clocks_are_steps_as_others_are(step: str, times: pd.DatetimeIndex) -> None:
    frame = pd.DataFrame({"t": times, "x": 1.0}).drop([1, 2, 6]).reset_index(drop=True)
    made = FillGaps((), {"x": 0.0}, step=step, time="t").reshape(frame)
    assert made["t"].dtype == frame["t"].dtype
    assert sorted(made["t"]) == list(times)


def test_a_season_mean_of_few_seasons_is_that_of_the_last_ones() -> None:
    rng, days = np.random.default_rng(0), np.arange(60)
    frame = pd.DataFrame({"day": BEGIN + pd.to_timedelta(days, "D"), "sold": rng.normal(size=60)}).drop(index=[31, 40])
    made = Forecast(3, season=7, seasons=2).over(frame, target="sold", time="day")
    value = frame.set_index("day")["sold"]
    late = made[made["day"] >= BEGIN + pd.Timedelta(21, "D")]
    back = [value.reindex(late["target_time"] - pd.Timedelta(7 * n, "D")).to_numpy() for n in (1, 2)]
    wanted = pd.DataFrame(back).mean().to_numpy()
    none = np.isnan(wanted)
    assert np.allclose(late["season_mean"][~none], wanted[~none])
    assert np.array_equal(late["season_mean"][none], late["last_value"][none])


def test_a_forecast_may_refuse_gaps_and_says_the_first() -> None:
    frame = series({"a": [*range(20)], "b": [*range(5), *range(8, 20)]})
    with pytest.raises(DataError, match="3 steps of 1 series have no value; the first lie between 2024-01-05") as error:
        Forecast(2, by="store", gaps="refuse").over(frame, target="sold", time="day")
    assert "of store='b'" in str(error.value)
    assert "FillGaps" in str(error.value.remedy)
    filled = FillGaps("store", {"sold": 0.0}, time="day").reshape(frame)
    whole = Forecast(2, by="store", gaps="refuse").over(filled, target="sold", time="day")
    assert len(whole) > len(Forecast(2, by="store").over(frame, target="sold", time="day"))
    null = series({"a": [*range(20)]}).assign(sold=lambda rows: rows["sold"].where(rows["sold"] != 9))
    with pytest.raises(DataError, match="1 steps of 1 series"):
        Forecast(2, by="store", gaps="refuse").over(null, target="sold", time="day")


def test_what_cannot_be_filled_is_said_in_one_sentence() -> None:
    frame = series({"a": [0, 3]})
    with pytest.raises(ConfigurationError, match="names 'sold' twice"):
        FillGaps("store", {"sold": 0}, ["sold"], time="day")
    with pytest.raises(ConfigurationError, match="neither a duration"):
        FillGaps("store", time="day", step="fortnight")
    with pytest.raises(DataError, match="repeat a step"):
        FillGaps("store", time="day").reshape(pd.concat([frame, frame]))
    with pytest.raises(DataError, match="has no store"):
        FillGaps("store", time="day").reshape(frame.assign(store=[None, "a"]))
    with pytest.raises(DataError, match="times are not regular"):
        FillGaps("store", time="day").reshape(frame.assign(day=frame["day"] + pd.to_timedelta([0, 5], "h")))
    with pytest.raises(DataError, match="sild"):
        FillGaps("store", {"sild": 0}, time="day").reshape(frame)


def pipeline() -> Pipeline:
    steps = [
        FillGaps("store", {"sold": 0.0}, time="day"),
        Lag("store", "sold", [1, 2]),
        Forecast(2, by="store", season=7, gaps="refuse"),
        TimeSplit(validation="2024-02-10", test="2024-02-20"),
        Train(LinearRegression()),
    ]
    return Pipeline(steps, target="sold", time="day", exclude=["target_time"])


def gappy() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    kept = {store: np.flatnonzero(rng.random(60) < 0.8).tolist() for store in "ab"}
    return series(kept)[["store", "day", "sold"]]


def test_filled_series_are_trained_on_and_served() -> None:
    run = pipeline().run(gappy(), track=False, cache=False)
    rows = run.frame("validation", after="Forecast")
    assert (rows["sold"] == 0).any()
    assert len(run.model.predict(2)) == 4


@pytest.mark.long
def test_added_rows_do_not_move_with_later_rows() -> None:
    audit = pipeline().audit_leakage(gappy())
    assert VIOLATED not in set(audit.table["verdict"]), audit.table.to_string()
