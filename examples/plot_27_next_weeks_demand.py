"""
Next week's demand: what will each store sell on each of the next seven days?
=============================================================================

Each morning a chain of stores orders for the next seven days. Which forecasts can be made from what is known that
morning, and are they better than "as much as a week ago"?
"""

# %%
# Synthetic data: daily sales of four stores
# ------------------------------------------
# Sales follow the weekday, a slow level, and planned promotions. The weather of a day is known only after it.

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from mlsys import Evaluate, Forecast, Lag, Pipeline, SeasonLag, TimeSplit, TrainForecast, WindowAggregate

rng = np.random.default_rng(3)
days = pd.date_range("2023-01-01", "2024-12-31")
tables = []
for store, level in {"Bonn": 80, "Ghent": 120, "Lyon": 60, "Turin": 150}.items():
    weekday = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 0.6])[days.day_of_week]
    drift = np.exp(np.cumsum(rng.normal(0, 0.01, len(days))))
    promotion, warm = rng.random(len(days)) < 0.12, rng.normal(size=len(days))
    mean = level * weekday * drift * np.where(promotion, 1.4, 1.0) * np.exp(0.05 * warm)
    table = {"store": store, "day": days, "sold": rng.poisson(mean), "promotion": promotion, "warm": warm}
    tables.append(pd.DataFrame(table))
sales = pd.concat(tables, ignore_index=True)

# %%
# The pipeline
# ------------
# ``Lag`` and ``WindowAggregate`` look back from each morning, ``SeasonLag`` to the same weekday of earlier weeks.
# ``Forecast`` then makes a row for each morning and each of the seven days; the promotion is that of the day that is
# predicted, because it is planned. Nothing else of a day to come can be a feature. Sales are learned as shares of the
# mean of the last four weeks, by one model for each of the seven days, with intervals for nine of ten cases.

pipeline = Pipeline(
    [
        Lag("store", "sold", [1, 2, 3], step="1D", time="day"),
        SeasonLag("store", "sold", season="7D", horizon="7D", seasons=4, time="day"),
        WindowAggregate("store", {"sold_month": ("sold", "mean")}, window="28D"),
        Forecast("7D", by="store", known_ahead=["promotion"], season="7D", level="sold_month", relative="ratio"),
        TimeSplit(validation="2024-05-01", test="2024-09-01"),
        TrainForecast(
            HistGradientBoostingRegressor(max_iter=100, learning_rate=0.05, random_state=0),
            strategy="per_horizon",
            coverage=0.9,
        ),
        Evaluate(
            ["mae", "mase", "coverage"], slices=["horizon"], baselines=["last_value", "same_season", "season_mean"]
        ),
    ],
    target="sold",
    time="day",
    name="demand",
)
run = pipeline.run(sales)
run

# %%
# The weather of the day is late, and so is everything else that was not declared to be known ahead:

run.features[["column", "used", "reason"]].set_index("column").loc[["promotion", "warm", "sold_lag_1", "same_season"]]

# %%
# How far ahead is it better?
# ---------------------------
# Each row is compared with the sales of the same weekday, the latest that were known that morning. The intervals on the
# card are bootstraps of whole weeks, since one day is predicted from seven mornings.

rows = run.frame("validation", after="Forecast")
error = pd.DataFrame(
    {
        "model": (run.predictions["validation"]["prediction"] - rows["sold"]).abs(),
        "a week ago": (rows["same_season"] - rows["sold"]).abs(),
        "mean of the weekday": (rows["season_mean"] - rows["sold"]).abs(),
        "last value": (rows["last_value"] - rows["sold"]).abs(),
    }
)
by_day = error.groupby(rows["horizon"]).mean()

figure, ax = plt.subplots(figsize=(7.5, 3.2), layout="constrained")
colours = {"model": "#0072B2", "a week ago": "#D55E00", "mean of the weekday": "#555555", "last value": "#7F7F7F"}
places = {"model": (7.08, 0), "a week ago": (7.08, 1.2), "mean of the weekday": (7.08, -1.2), "last value": (2.2, 2.5)}
for name, values in by_day.items():
    ax.plot(values.index, values, color=colours[name], lw=2.5 if name == "model" else 1.5)
    at, above = places[name]
    ax.annotate(name, (at, values.loc[int(at)] + above), color=colours[name], va="center")
ax.set(xlabel="days ahead (1 is the same day)", ylabel="mean absolute error, pieces", xlim=(1, 8.9), ylim=(0, 50))
ax.set_xticks(range(1, 8))
ax.spines[["top", "right"]].set_visible(False)

# %%
# The next seven days
# -------------------
# The model holds the last weeks of each store. Asked for the days ahead it makes the rows itself; the plan of
# promotions is added by the day that is predicted.

model = run.final_test().model
ahead = model.ahead()
ahead["promotion"] = ahead["target_time"].dt.day_of_week == 5
said = ahead.join(model.predict(ahead).drop(columns="id").round(1)).query("store == 'Lyon'")
said

# %%
# How sure is it?
# ---------------
# The intervals are as wide as the errors of models that knew only earlier months. On the card, ``coverage`` is the
# share of the validation days that lay inside.

past = sales[(sales["store"] == "Lyon") & (sales["day"] >= "2024-12-11")]
figure, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
ax.plot(past["day"], past["sold"], color="#555555")
lower, upper = said["prediction_lower"], said["prediction_upper"]
ax.fill_between(said["target_time"], lower, upper, color="#0072B2", alpha=0.2, lw=0)
ax.plot(said["target_time"], said["prediction"], color="#0072B2", lw=2.5)
ax.annotate("sold", (past["day"].iloc[2], past["sold"].iloc[2] + 5), color="#555555", ha="center")
at = (said["target_time"].iloc[0], upper.max() + 3)
ax.annotate("predicted, nine of ten days inside", at, color="#0072B2", ha="right")
ax.set(ylabel="pieces a day, Lyon", ylim=(0, upper.max() + 15))
ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(ax.xaxis.get_major_locator()))
ax.spines[["top", "right"]].set_visible(False)

# %%
# See :class:`~mlsys.Forecast` for gaps, months, changes of clocks and values that arrive late.
