"""A pipeline of every kind of step over made-up flights; work in other processes finds its functions here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import (
    AsOfJoin,
    Calibrate,
    Cost,
    Derive,
    DetectDrift,
    Evaluate,
    History,
    Impute,
    Join,
    NaturalLabel,
    OneHot,
    Pipeline,
    Standardize,
    TargetEncode,
    TimeSplit,
    Train,
    Transform,
)

ROWS = 900
ORIGINS = ["EWR", "JFK", "LGA"]


def make_flights() -> pd.DataFrame:
    """Flights in the order of their departure, with delays that have causes."""
    rng = np.random.default_rng(9)
    planned = pd.Timestamp("2013-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 250 * 24 * 60, ROWS)), "min")
    delay = rng.normal(2, 18, ROWS) + (planned.hour > 16) * 9
    frame = pd.DataFrame(
        {
            "planned": planned,
            "number": rng.integers(1, 400, ROWS),
            "tailnum": pd.Series([f"N{number:03d}" for number in rng.integers(0, 60, ROWS)], dtype="str"),
            "origin": pd.Series(rng.choice(ORIGINS, ROWS), dtype="str"),
            "dest": pd.Series([f"D{number}" for number in rng.integers(0, 25, ROWS)], dtype="str"),
            "distance": np.where(rng.random(ROWS) < 0.04, np.nan, rng.gamma(3, 300, ROWS).round()),
            "hour": planned.hour,
            "arr_delay": np.where(rng.random(ROWS) < 0.02, np.nan, delay.round()),
        }
    )
    return frame.assign(landed=planned + pd.to_timedelta(120 + frame["arr_delay"].fillna(0), unit="min"))


def write_side_tables(folder: Path) -> None:
    """Write planes, of which some are missing, and the weather of every third hour."""
    rng = np.random.default_rng(3)
    tails = [f"N{number:03d}" for number in range(55)]
    planes = pd.DataFrame({"tailnum": tails, "seats": rng.integers(50, 300, 55)})
    planes.to_csv(folder / "planes.csv", index=False)
    hours = pd.date_range("2013-01-01", periods=250 * 8, freq="3h")
    weather = {
        place: pd.DataFrame({"time_hour": hours, "temp": rng.normal(60, 15, len(hours)).round(1)}) for place in ORIGINS
    }
    pd.concat(weather, names=["origin"]).reset_index("origin").to_csv(folder / "weather.csv", index=False)


class LateBefore(History):
    """How often the plane was late before."""

    def apply(self, frame, past):
        return frame.assign(late_before=past.mean("late"), flown=past.count())

    def columns_read(self, columns):
        return ("late",)


class Clip(Transform):
    """Clip columns at a quantile of the training rows."""

    columns: tuple[str, ...]
    quantile: float = 0.9

    def learn(self, train):
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


class ChangesWhatItLooksAt(Transform):
    """Writes into the rows that it should only summarize."""

    def summarize(self, part):
        part["distance"] = 0.0
        return len(part)

    def finish(self, summary):
        return summary

    def apply(self, frame, state):
        return frame


def identity(frame: pd.DataFrame) -> pd.Series:
    return frame["planned"].dt.strftime("%Y%m%d%H%M") + "-" + frame["number"].astype("str") + frame["tailnum"]


def weekday(frame: pd.DataFrame) -> pd.Series:
    return frame["planned"].dt.day_of_week


def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(hour_twice=frame["hour"] * 2)


def is_late(minutes: pd.Series) -> pd.Series:
    return minutes > 12


def evening(frame: pd.DataFrame) -> pd.Series:
    return (frame["hour"] > 16) * 0.3 + 0.1


def pipeline(*source: Any) -> Pipeline:
    steps = [
        *source,
        Derive({"flight_id": identity, "weekday": weekday}),
        doubled,
        Join("planes.csv", on="tailnum", columns=["seats"]),
        AsOfJoin("weather.csv", by="origin", time="time_hour", columns=["temp"], known_after="1h", tolerance="6h"),
        NaturalLabel("late", from_column="arr_delay", rule=is_late, known_at="landed"),
        LateBefore("tailnum"),
        TimeSplit(validation="2013-06-15", test="2013-07-20", embargo="1D"),
        Impute(),
        Clip(["distance"]),
        TargetEncode(["tailnum", "dest"]),
        OneHot(["origin"]),
        Standardize(),
        Train(HistGradientBoostingClassifier(max_iter=8)),
        Calibrate(),
        Evaluate(slices=["origin"], baselines=[evening], value=Cost(missed=5, false_alarm=1)),
        DetectDrift(),
    ]
    roles = {"target": "late", "time": "planned", "id": "flight_id", "decide_at": "1h before planned"}
    return Pipeline(steps, **roles, exclude=["landed"], name="flights")


class Read:
    """Reads a piece that is there."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __call__(self, columns: Any) -> pd.DataFrame:
        return self.frame if columns is None else self.frame[list(columns)]


def fails(rows: pd.DataFrame) -> pd.DataFrame:
    """Fail in all partitions but the first."""
    if rows.index[0] > 0:
        raise KeyError(f"row {rows.index[0]}")
    return rows


def by_piece(rows: pd.DataFrame) -> pd.DataFrame:
    """Make a category of the levels that are there."""
    return rows.assign(level=rows["word"].where(rows.index < 40, "c").astype("category"))
