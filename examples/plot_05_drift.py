"""
Season or change?
=================

July is warmer than spring. A monitor that ignores seasons raises an alarm every summer and is switched off in autumn.
mlsys instead asks how much windows of the reference differ that are equally far apart in time, and uses that as the
threshold.
"""

# %%
# Synthetic data: two years of a heating plant, hour by hour
# ----------------------------------------------------------
# Temperature follows the seasons, pressure is constant. From May of the third year, a new sensor reports pressure in
# another unit.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mlsys import Monitor


def plant(start: str, end: str, seed: int) -> pd.DataFrame:
    """Hours of a plant: outside temperature, pressure, fuel."""
    rng = np.random.default_rng(seed)
    hour = pd.date_range(start, end, freq="h", inclusive="left")
    season = np.cos(2 * np.pi * (hour.day_of_year.to_numpy() - 200) / 365)
    return pd.DataFrame(
        {
            "hour": hour,
            "temperature": 10 + 9 * season + rng.normal(0, 3, len(hour)),
            "pressure": 2.0 + rng.normal(0, 0.1, len(hour)),
            "fuel": pd.Series(np.where(rng.random(len(hour)) < 0.7, "gas", "oil"), dtype="str"),
        }
    )


reference = plant("2022-01-01", "2024-01-01", seed=0)
spring = plant("2024-01-01", "2024-05-01", seed=1)
after = plant("2024-05-01", "2024-06-01", seed=2).assign(pressure=lambda rows: rows["pressure"] * 1.1)
new = pd.concat([spring, after], ignore_index=True)

# %%
# One monitor without times, one with times
# -----------------------------------------
# Both keep counts on a fixed grid and no rows. The second knows the time column and the length of the windows that will
# be checked.

blind = Monitor.fit(reference, columns=["temperature", "pressure", "fuel"])
monitor = Monitor.fit(reference, time="hour", window="31D")
blind, monitor

# %%
# Both check January, which is cold as usual.

january = new[new["hour"] < "2024-02-01"]
pd.DataFrame({"blind": [blind.check(january).verdict], "with times": [monitor.check(january).verdict]})

# %%
# Five months, one check per month.

checks = {
    month: {"blind": blind.check(rows), "with times": monitor.check(rows)}
    for month, rows in new.groupby(new["hour"].dt.strftime("%Y-%m"))
}
pd.DataFrame({month: {who: check.verdict for who, check in each.items()} for month, each in checks.items()}).T

# %%
# What happened in May
# --------------------
# Temperature differs by more than half a standard deviation without raising an alarm. Pressure has changed, and the
# table shows by how much.

may = checks["2024-05"]["with times"]
may.table.round(3)

# %%
figure, (top, bottom) = plt.subplots(2, 1, figsize=(7.5, 4.4), layout="constrained", height_ratios=[1.4, 1])
daily = pd.concat([reference, new]).set_index("hour")[["temperature", "pressure"]].resample("7D").mean()
for name, colour in (("temperature", "#c58a1c"), ("pressure", "#b3405b")):
    values = (daily[name] - daily.loc[:"2023", name].mean()) / reference[name].std()
    top.plot(daily.index, values, color=colour)
    top.annotate(name, (daily.index[-1], values.iloc[-1]), xytext=(5, -3), textcoords="offset points", color=colour)
top.axvspan(reference["hour"].min(), reference["hour"].max(), color="#f1f1f1", zorder=0)
top.text(pd.Timestamp("2022-01-15"), 1.5, "reference", color="#666666")
top.set(ylabel="weekly mean,\nstandard deviations", xlim=(daily.index[0], pd.Timestamp("2024-09-15")))
top.set_xticks(pd.to_datetime(["2022-01", "2022-07", "2023-01", "2023-07", "2024-01", "2024-07"]))
top.spines[["top", "right"]].set_visible(False)
may.plot(bottom)

# %%
# What the monitor cannot detect
# ------------------------------
# A change as slow as the seasons is not detected. If the reference covers less than a year, the verdict says that
# season and drift cannot be separated with certainty. :doc:`/drift` has the details.

may.summary
