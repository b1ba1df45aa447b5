"""False alarms where rows depend on each other: the rate that ``monitor.audit`` obtains on real rows in order of time.

Run: ``OMP_NUM_THREADS=1 python benchmarks/drift/dependent_rows.py --data /path/to/drift`` (6 minutes of one core) with
a folder that holds ``bike_sharing_dataset.zip`` (UCI Bike Sharing), ``elec2.csv`` and ``noaa_weather.csv`` (both of
scikit-multiflow). Writes ``docs/benchmarks/dependent_rows.rst``.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

sys.path.insert(0, str(Path(__file__).parents[1]))
from measuring import table, write_page
from mlsys import Monitor

COMMAND = "OMP_NUM_THREADS=1 python benchmarks/drift/dependent_rows.py --data drift"
BUDGET, ACCEPTED = "1 false page per 20 checks", 0.05
TEXT = """
Temperatures of one day are alike, and so are a model's errors in one week: p-values of tests for independent rows are
too small, whatever the library. ``monitor.audit`` replays rows in blocks. *Without time=* every block is compared with
all others, and rows are taken as independent. *With time= and window=* each block is compared with those before it, as
a monitor would have done: columns have to exceed the bar that windows of the reference set; where there is none, and
for losses, as many rows as the design effect says count as one. The budget accepts {accepted:.0%}.

{lines}

*Design effect*: the largest of a column, so many rows count as one; *of losses*: of the model's errors. A model is
trained on the first fifth of the rows (bikes: the number of rentals; electricity: whether the price rises; weather:
whether it rains) and watched from then on. Nobody knows whether these rows hold no drift: bikes become popular within
these two years, and electricity got a second market after two fifths of the rows, so that alarms need not be false.
With times the pages are within the budget on bikes and electricity; alarms on electricity, and both on 40 years of
weather, remain above it, where the errors of the model and the columns move with the years.
"""


def bikes(folder: Path) -> pd.DataFrame:
    with zipfile.ZipFile(folder / "bike_sharing_dataset.zip") as archive, archive.open("hour.csv") as file:
        rows = pd.read_csv(file)
    time = pd.to_datetime(rows["dteday"]) + pd.to_timedelta(rows["hr"], unit="h")
    kept = ["hr", "workingday", "weathersit", "temp", "hum", "windspeed"]
    return rows[kept].assign(time=time, target=rows["cnt"].astype(float))


def numbered(folder: Path, name: str, start: str, every: str) -> pd.DataFrame:
    rows = pd.read_csv(folder / name)
    return rows.assign(time=pd.date_range(start, periods=len(rows), freq=every))


def watched(rows: pd.DataFrame, classes: bool) -> pd.DataFrame:
    """Return the last four fifths with predictions of a model of the first fifth."""
    features, first = [name for name in rows.columns if name not in {"time", "target"}], len(rows) // 5
    make = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    model = make(max_iter=60, random_state=0).fit(rows[features].iloc[:first], rows["target"].iloc[:first])
    later = rows.iloc[first:]
    said = model.predict_proba(later[features])[:, 1] if classes else model.predict(later[features])
    return later.assign(p=said)


def rates(monitor: Monitor, rows: pd.DataFrame, block: str | int) -> tuple[list[str], float]:
    """Return the rates of pages and alarms with their intervals, and the largest design effect."""
    audit = monitor.audit(rows, block=block)
    found = audit.tables["rates"].set_index("of").loc[["pages", "alarms"]]
    said = [f"{row.rate:.1%} [{row.lower:.1%}, {row.upper:.1%}]" for row in found.itertuples()]
    return said, float(audit.tables["columns"]["design effect"].max())


def line(name: str, rows: pd.DataFrame, block: str, classes: bool) -> list[str]:
    """Return the line of a data set and a length of blocks."""
    scored = watched(rows, classes)
    size = int(np.median(scored.groupby(scored["time"].dt.floor(block)).size()))
    roles = {"prediction": "p", "target": "target", "budget": BUDGET}
    plain, timed = scored.drop(columns="time"), {**roles, "time": "time", "window": block, "every": block}
    with_time = Monitor.fit(scored, **timed)
    of_losses = 1.0 if with_time.outcomes is None else with_time.outcomes.losses_alike.effect
    without, _ = rates(Monitor.fit(plain, **roles), plain, size)
    said, design = rates(with_time, scored, block)
    print(name, block, without, said, file=sys.stderr)
    return [name, block, f"{size:,}", f"{design:.0f}", f"{of_losses:.0f}", without[0], said[0], without[1], said[1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--daily", action="store_true", help="bikes by day too: 700 blocks, 10 more minutes")
    given = parser.parse_args()
    electricity = numbered(given.data, "elec2.csv", "1996-05-07", "30min").drop(columns="feat_1")
    weather = numbered(given.data, "noaa_weather.csv", "1949-01-01", "D")
    lines = [
        line("bike sharing", bikes(given.data), "7D", classes=False),
        line("Elec2", electricity, "7D", classes=True),
        line("NOAA weather", weather, "30D", classes=True),
    ]
    if given.daily:
        lines.append(line("bike sharing", bikes(given.data), "1D", classes=False))
    head = ["rows of", "block", "rows", "design effect", "of losses", "pages without time=", "pages with",
            "alarms without time=", "alarms with"]  # fmt: skip
    write_page(
        "dependent_rows", "False alarms where rows depend on each other", COMMAND,
        TEXT.format(accepted=ACCEPTED, lines=table(head, lines)),
    )  # fmt: skip


if __name__ == "__main__":
    main()
