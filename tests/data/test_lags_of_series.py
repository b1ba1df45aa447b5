"""Lags of series: steps rather than rows, and the same place in earlier seasons; against a look-up by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mlsys import Forecast, Lag, Pipeline, SeasonLag, TimeSplit, TrainForecast
from mlsys.errors import ConfigurationError, DataError

BEGIN = pd.Timestamp("2024-03-01")


def with_gaps(days: int = 50, seed: int = 0) -> pd.DataFrame:
    """Return two series in which two of five days are missing, in no order."""
    rng = np.random.default_rng(seed)
    full = pd.DataFrame({"store": np.repeat(["a", "b"], days), "n": np.tile(np.arange(days), 2)})
    kept = full[rng.random(len(full)) < 0.6].sample(frac=1.0, random_state=seed).reset_index(drop=True)
    return kept.assign(day=BEGIN + pd.to_timedelta(kept["n"], unit="D"), sold=rng.normal(size=len(kept)).round(3))


def looked_up(frame: pd.DataFrame, back: int) -> list[float]:
    value = frame.set_index(["store", "n"])["sold"]
    return [value.get((store, n - back), np.nan) for store, n in zip(frame["store"], frame["n"], strict=True)]


def test_lags_on_a_grid_count_steps_and_are_null_in_gaps() -> None:
    frame = with_gaps()
    made = Lag("store", "sold", [1, 2, 7], step="1D", time="day").over(frame, time="day")
    for back in (1, 2, 7):
        assert np.array_equal(made[f"sold_lag_{back}"], looked_up(frame, back), equal_nan=True)
    rows = Lag("store", "sold", 7).over(frame, time="day")["sold_lag_7"]
    assert not np.array_equal(rows, made["sold_lag_7"], equal_nan=True)


def test_a_value_that_is_known_late_is_no_lag_before() -> None:
    frame = with_gaps()
    made = Lag("store", "sold", [1, 3], step="1D", time="day").over(frame, time="day", known_at={"sold": "50h"})
    assert made["sold_lag_1"].isna().all()
    assert np.array_equal(made["sold_lag_3"], looked_up(frame, 3), equal_nan=True)


@pytest.mark.parametrize(
    ("step", "times", "back"),
    [
        ("ME", pd.date_range("2020-01-31", periods=30, freq="ME"), 12),
        ("1h", pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin"), 24),
        ("1D", pd.date_range("2024-03-20", periods=30, freq="D", tz="Europe/Berlin"), 7),
    ],
)
def test_months_and_changes_of_clocks_move_no_lag(step: str, times: pd.DatetimeIndex, back: int) -> None:
    frame = pd.DataFrame({"t": times, "x": np.arange(len(times), dtype=float)}).drop(3)
    made = Lag((), "x", back, step=step, time="t").over(frame, time="t")[f"x_lag_{back}"]
    wanted = [value - back if value - back in set(frame["x"]) else np.nan for value in frame["x"]]
    assert np.array_equal(made, wanted, equal_nan=True)


def test_lags_of_earlier_seasons_are_those_of_the_place_that_is_predicted() -> None:
    frame = with_gaps()
    made = SeasonLag("store", "sold", season="7D", horizon=9, seasons=2, time="day").over(frame, time="day")
    for ahead, back in ((1, 7), (7, 1), (8, 7), (9, 6)):
        one, two = looked_up(frame, back), looked_up(frame, back + 7)
        assert np.array_equal(made[f"sold_7D_back_1_ahead_{ahead}"], one, equal_nan=True)
        assert np.array_equal(made[f"sold_7D_back_2_ahead_{ahead}"], two, equal_nan=True)
        mean = pd.DataFrame([one, two]).mean()
        assert np.allclose(made[f"sold_7D_mean_ahead_{ahead}"], mean, equal_nan=True)


def test_a_row_of_a_forecast_has_the_column_of_its_horizon() -> None:
    day = pd.date_range("2024-01-01", periods=20)
    frame = pd.DataFrame({"day": day, "sold": np.arange(20.0)})
    issued = frame.assign(**{f"temp_ahead_{ahead}": np.arange(20.0) + 100 * ahead for ahead in (1, 2)}, look_ahead_1=1)
    made = Forecast(2).over(issued, target="sold", time="day")
    assert np.array_equal(made["temp"], (made["day"] - day[0]).dt.days + 100.0 * made["horizon"])
    assert "look_ahead_1" in made and "temp_ahead_1" not in made


@pytest.fixture(scope="module")
def run():
    frame = with_gaps(150)
    steps = [
        Lag("store", "sold", [1, 2], step="1D", time="day"),
        SeasonLag("store", "sold", season=7, horizon=3, seasons=2, time="day"),
        Forecast(3, by="store", season=7, level="sold_7_mean"),
        TimeSplit(validation=BEGIN + pd.Timedelta("100D"), test=BEGIN + pd.Timedelta("130D")),
        TrainForecast(LinearRegression(), strategy="per_horizon"),
    ]
    return Pipeline(steps, target="sold", time="day", exclude=["target_time"]).run(
        frame[["store", "day", "sold"]], track=False, cache=False
    )


def test_a_served_model_holds_as_many_steps_as_its_lags_need(run) -> None:
    rows = run.frame("validation", after="Forecast")
    latest = rows[rows["day"] == rows["day"].max()]
    asked = latest[list(run.model.inputs)]
    assert set(asked) == {"store", "day", "horizon"}
    served = run.model.predict(asked)["prediction"]
    assert np.array_equal(served, run.predictions["validation"]["prediction"].loc[latest.index])
    held = {name: fitted.state["tail"] for name, fitted in run.model.steps if name in {"Lag", "SeasonLag"}}
    assert len(held["Lag"]) < len(held["SeasonLag"]) < len(rows)
    assert run.model.predict(2)["prediction"].notna().all()


def test_seasons_that_a_row_must_not_know_are_no_features(run) -> None:
    used = run.features.set_index("column")["used"]
    assert used[["sold_7_back_1", "sold_7_mean", "sold_lag_1"]].all()
    assert not used[["steps_ahead", "target_offset", "same_season"]].any()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Lag((), "x", 1, step="1D"), "got step= alone"),
        (lambda: Lag((), "x", 1, time="t"), "got time= alone"),
        (lambda: Lag((), "x", 1, step="fortnight", time="t"), "neither a duration"),
        (lambda: SeasonLag((), "x", season="36h", horizon=2, time="t"), "not a whole number of steps"),
        (lambda: SeasonLag((), "x", season=7, horizon=0, time="t"), "less than one step"),
    ],
)
def test_lengths_that_are_no_steps_are_refused_when_the_step_is_made(make, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_times_between_steps_are_refused_with_the_remedy() -> None:
    frame = pd.DataFrame({"t": BEGIN + pd.to_timedelta([0, 24, 47], unit="h"), "x": [1.0, 2.0, 3.0]})
    with pytest.raises(DataError, match="times are not regular") as error:
        Lag((), "x", 1, step="1D", time="t").over(frame, time="t")
    assert "round the times" in str(error.value.remedy)


def test_lags_that_count_rows_of_a_series_with_gaps_are_said() -> None:
    frame, forecast = with_gaps(), Forecast(2, by="store")
    with pytest.warns(UserWarning, match="'sold_lag_7' is not the value 7 steps back, because series have gaps"):
        forecast.over(Lag("store", "sold", 7).over(frame, time="day"), target="sold", time="day")
    lagged = Lag("store", "sold", 7, step="1D", time="day").over(frame, time="day")
    assert len(forecast.over(lagged, target="sold", time="day"))  # warnings are errors


def test_of_two_rows_at_one_step_the_larger_value_counts_as_the_later() -> None:
    day = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02"])
    frame = pd.DataFrame({"day": day, "x": [2.0, 1.0, 3.0]})
    made = Lag((), "x", 1, step="1D", time="day").over(frame, time="day")["x_lag_1"]
    assert made.iloc[2] == 2.0
    assert made.iloc[:2].isna().all()


@pytest.mark.parametrize("given", [{}, {"step": "1D", "time": "day"}])
def test_changes_are_values_less_those_before_them(given) -> None:
    frame = with_gaps()
    made = Lag("store", "sold", [1, 3], changes=True, **given).over(frame, time="day")
    wide = Lag("store", "sold", [1, 2, 3, 4], **given).over(frame, time="day")
    for back in (1, 3):
        wanted = wide[f"sold_lag_{back}"] - wide[f"sold_lag_{back + 1}"]
        assert np.array_equal(made[f"sold_change_{back}"], wanted, equal_nan=True)
    assert "sold_lag_2" not in made


def test_changes_stay_when_lags_are_taken_relative_to_a_level() -> None:
    frame = with_gaps().assign(sold=lambda rows: rows["sold"].abs())
    lagged = Lag("store", "sold", [1, 2], changes=True, step="1D", time="day").over(frame, time="day")
    plain, taken, shares = (
        Forecast(2, by="store", **given).over(lagged, target="sold", time="day")["sold_change_2"]
        for given in ({}, {"level": "sold_lag_1"}, {"level": "sold_lag_1", "relative": "ratio"})
    )
    level = Forecast(2, by="store").over(lagged, target="sold", time="day")["sold_lag_1"]
    assert np.array_equal(plain, taken, equal_nan=True)
    assert np.allclose(shares, plain / level.where(level > 0), equal_nan=True)


def test_changes_of_durations_and_of_texts_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="back= has durations"):
        Lag((), "x", "7D", changes=True)
    frame = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=3), "x": list("abc")})
    with pytest.raises(DataError, match="takes differences of numbers, but 'x' holds"):
        Lag((), "x", 1, changes=True).over(frame, time="t")


def test_infinite_values_have_no_change_and_no_warning() -> None:
    frame = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=4), "x": [1.0, np.inf, np.inf, 2.0]})
    made = Lag((), "x", 1, changes=True).over(frame, time="t")["x_change_1"]
    assert np.array_equal(made, [np.nan, np.nan, np.inf, np.nan], equal_nan=True)
