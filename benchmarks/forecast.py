"""Forecasts: the same features, splits and estimator with the library, by hand, with mlforecast and with skforecast.

Run: ``python benchmarks/forecast.py --others /path/to/python`` with an environment that has mlforecast, skforecast,
statsmodels and vega_datasets, and ``--bikes`` naming the archive of the bike sharing data (UCI, data set 275).
Writes ``docs/benchmarks/forecast.rst``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

import pandas as pd

from measuring import in_turn, measure, ratios, spread, table, write_page

HERE = Path(__file__).parent / "forecasting"
SERIES = {
    "bikes a day": ("bikes_a_day", 7, 7, "1D", "2012-06-01", "2012-12-01", [1, 2, 3, 7, 14]),
    "bikes an hour": ("bikes_an_hour", 24, 168, "1h", "2012-08-01", "2012-09-01", [1, 2, 3, 24, 168]),
    "Seattle, warmest a day": ("seattle", 7, 365, "1D", "2014-01-01", "2015-01-01", [1, 2, 3, 7, 14]),
    "El Nino, sea a month": ("elnino", 6, 12, "MS", "1985-01-01", "1998-01-01", [1, 2, 3, 6, 12]),
}
"""File, horizon, season, step, when validation and test begin, lags."""


def bikes_of(archive: Path, folder: Path) -> None:
    """Write the counts a day and an hour; an hour without a row had no ride."""
    with ZipFile(archive) as held:
        day = pd.read_csv(held.open("day.csv"), parse_dates=["dteday"])
        hour = pd.read_csv(held.open("hour.csv"), parse_dates=["dteday"])
    daily = pd.DataFrame({"time": day["dteday"], "value": day["cnt"].astype(float), "holiday": day["holiday"]})
    at = hour["dteday"] + pd.to_timedelta(hour["hr"], unit="h")
    every = pd.date_range(at.min(), at.max(), freq="h")
    counts = pd.Series(hour["cnt"].to_numpy(float), index=at).reindex(every, fill_value=0.0)
    holidays = pd.Series(day["holiday"].to_numpy(), index=day["dteday"]).reindex(every.normalize())
    hourly = pd.DataFrame({"time": every, "value": counts.to_numpy(), "holiday": holidays.to_numpy()})
    daily.to_csv(folder / "bikes_a_day.csv", index=False)
    hourly.to_csv(folder / "bikes_an_hour.csv", index=False)


def main() -> None:
    """Measure, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--bikes", type=Path, required=True)
    asked.add_argument("--others", default=sys.executable)
    asked.add_argument("--times", type=int, default=3)
    given = asked.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        bikes_of(given.bikes, Path(folder))
        measure([given.others, str(HERE / "series.py"), folder])
        for name, (file, *facts, lags) in SERIES.items():
            asked_of = [str(Path(folder) / f"{file}.csv"), *map(str, facts), json.dumps(lags)]
            commands = {
                "mlsys": [sys.executable, str(HERE / "with_mlsys.py"), *asked_of],
                "by hand": [sys.executable, str(HERE / "by_hand.py"), *asked_of],
                "mlforecast": [given.others, str(HERE / "with_mlforecast.py"), *asked_of],
                "skforecast": [given.others, str(HERE / "with_skforecast.py"), *asked_of],
            }
            found = in_turn(commands, given.times, threads=1)
            mine = [each.cpu for each in found["mlsys"]]
            for way, runs in found.items():
                said = json.loads(runs[-1].output.splitlines()[-1])
                beats = said.get("beats", "")
                cpu = [each.cpu for each in runs]
                rows.append(
                    [name, way, f"{said['mae']:.4f}", f"{said['naive']:.4f}", beats, spread(cpu), ratios(mine, cpu)]
                )
    header = ["series", "way", "MAE", "MAE of the same season", "better by (95 %)", "CPU seconds", "ours, times this"]
    write_page(
        "forecast",
        "Forecasts",
        "python benchmarks/forecast.py --bikes bike_sharing_dataset.zip --others /path/to/python",
        __doc__.splitlines()[0] if __doc__ else "",
        table(header, rows),
    )


if __name__ == "__main__":
    main()
