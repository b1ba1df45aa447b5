"""TrainForecast: one model a horizon, targets relative to a level, and intervals that hold as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, QuantileRegressor, Ridge
from sklearn.metrics import mean_pinball_loss

import mlsys
from mlsys import Evaluate, Forecast, Lag, Pipeline, TimeSplit, Train, TrainForecast, WindowAggregate
from mlsys.errors import ConfigurationError, DataError

ROLES = {"target": "sold", "time": "day"}


def series(days: int = 120, *, level: float = 50.0, seed: int = 0, noise: float = 1.0) -> pd.DataFrame:
    day, rng = np.arange(days), np.random.default_rng(seed)
    sold = level + 6 * np.sin(2 * np.pi * day / 7) + noise * rng.normal(size=days)
    return pd.DataFrame({"day": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"), "sold": sold})


def rows_of(frame: pd.DataFrame, horizon: int = 3, **given) -> pd.DataFrame:
    lagged = Lag((), "sold", [1, 2, 7]).over(frame, time="day")
    lagged = WindowAggregate((), {"sold_week": ("sold", "mean")}, window="7D").over(lagged, time="day")
    made = Forecast(horizon, season=7, **given).over(lagged, **ROLES)
    made = made[made["day"] >= made["day"].min() + pd.Timedelta("14D")].reset_index(drop=True)
    judging = ["last_value", "same_season", "season_mean", "naive_error", "naive_squared_error", "stretch"]
    return made.drop(columns=[*judging, "target_time"])


def test_a_model_per_horizon_is_the_estimator_on_the_rows_of_that_horizon() -> None:
    rows = rows_of(series())
    fitted = TrainForecast(Ridge(), strategy="per_horizon").fit(rows, **ROLES)
    said = fitted.predict(rows)["prediction"]
    features = ["sold_lag_1", "sold_lag_2", "sold_lag_7", "sold_week"]
    for _, own in rows.groupby("horizon"):
        alone = Ridge().fit(own[features], own["sold"])
        assert np.array_equal(said[own.index], alone.predict(own[features]))


def test_one_model_has_the_horizon_as_a_feature() -> None:
    rows = rows_of(series())
    fitted = TrainForecast(Ridge()).fit(rows, **ROLES)
    features = ["sold_lag_1", "sold_lag_2", "sold_lag_7", "sold_week", "horizon"]
    assert set(features) <= set(fitted.features)
    alone = Ridge().fit(rows[features], rows["sold"])
    assert np.allclose(fitted.predict(rows)["prediction"], alone.predict(rows[features]), rtol=1e-9)


@pytest.mark.parametrize(
    ("how", "moved"), [("difference", lambda sold: sold + 1000.0), ("ratio", lambda sold: sold * 8.0)]
)
def test_what_is_learned_relative_to_a_level_moves_with_it(how: str, moved) -> None:
    from sklearn.tree import DecisionTreeRegressor

    given = {"level": "sold_week", "relative": how}
    frame = series()
    train, other = rows_of(frame, **given), rows_of(frame.assign(sold=moved(frame["sold"])), **given)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0)
    fitted = TrainForecast(tree, strategy="per_horizon").fit(train, **ROLES)
    here, there = (fitted.predict(rows)["prediction"].to_numpy() for rows in (train, other))
    assert np.allclose(there, moved(here), rtol=1e-6)


def test_forecast_writes_the_scale_and_relative_features_beside_each_other() -> None:
    plain, ratio = rows_of(series()), rows_of(series(), level="sold_week", relative="ratio")
    assert np.array_equal(ratio["target_factor"], plain["sold_week"])
    assert np.allclose(ratio["sold_lag_1"], plain["sold_lag_1"] / plain["sold_week"])
    assert (ratio["sold_week"] == 1).all()
    assert np.array_equal(ratio["sold"], plain["sold"])


def test_a_series_without_a_level_has_the_usual_one() -> None:
    rows = rows_of(series(), level="sold_lag_1")
    fitted = TrainForecast(LinearRegression(), features=["horizon"]).fit(rows, **ROLES)
    new = rows.iloc[:1].assign(target_offset=np.nan)
    usual = rows["target_offset"].mean()
    shift = fitted.predict(rows.iloc[:1])["prediction"] - rows["target_offset"].iloc[0]
    assert np.allclose(fitted.predict(new)["prediction"], usual + shift)


def test_a_level_of_zero_predicts_zero_and_a_negative_one_is_refused() -> None:
    rows = rows_of(series(), level="sold_week", relative="ratio")
    fitted = TrainForecast(LinearRegression(), features=["horizon"]).fit(rows, **ROLES)
    assert fitted.predict(rows.iloc[:1].assign(target_factor=0.0))["prediction"].tolist() == [0.0]
    with pytest.raises(DataError, match="is negative in"):
        rows_of(series(level=0.0), level="sold_week", relative="ratio")


def widths_by_hand(rows: pd.DataFrame, coverage: float, windows: int) -> dict[int, float]:
    """Return the widths that errors on later rows need, for a model that says the mean of the horizon."""
    moments, errors = np.sort(rows["day"].unique()), []
    begins = np.linspace(int(len(moments) / 2), len(moments), windows + 1).astype(int)
    for first, after in zip(begins[:-1], begins[1:], strict=True):
        known = rows[rows["day"] + pd.to_timedelta(rows["horizon"] - 1, unit="D") < moments[first]]
        judged = rows[rows["day"].isin(moments[first:after])]
        mean = known.groupby("horizon")["sold"].mean()
        errors.append((judged["sold"] - judged["horizon"].map(mean)).abs().groupby(judged["horizon"]).apply(list))
    found = {}
    for horizon in errors[0].index:
        own = sorted(sum((each[horizon] for each in errors), []))
        found[horizon] = own[int(np.ceil((len(own) + 1) * coverage)) - 1]
    return found


def test_intervals_are_as_wide_as_errors_on_later_rows_ask_for() -> None:
    from sklearn.dummy import DummyRegressor

    frame = series()
    rows = rows_of(frame)
    rows["target_time"] = rows["day"] + pd.to_timedelta(rows["horizon"] - 1, unit="D")
    step = TrainForecast(DummyRegressor(), strategy="per_horizon", coverage=0.8, features=["sold_lag_1"])
    said = step.fit(rows, **ROLES).predict(rows)
    wanted = rows["horizon"].map(widths_by_hand(rows, 0.8, 3))
    assert np.allclose(said["prediction_upper"] - said["prediction"], wanted)
    assert np.allclose(said["prediction"] - said["prediction_lower"], wanted)


def share_inside(seed: int, *, grows: float = 0.0, coverage: float = 0.95) -> float:
    """Return how often the truth lies in the interval, in a stretch behind the training rows."""
    rng, days = np.random.default_rng(seed), 700
    sold = 10 + rng.normal(size=days) * np.exp(grows * np.arange(days) / days)
    steps = [{"day": pd.Timestamp("2020-01-01") + pd.Timedelta(day, "D"), "target": day} for day in range(days)]
    made = pd.DataFrame(steps)
    rows = pd.concat([made.assign(steps_ahead=1 + ahead, horizon=1 + ahead) for ahead in range(2)])
    rows = rows[rows["target"] + rows["horizon"] <= days].reset_index(drop=True)
    rows["sold"] = sold[rows["target"] + rows["horizon"] - 1]
    rows["target_time"] = rows["day"] + pd.to_timedelta(rows["horizon"] - 1, unit="D")
    train, later = rows[rows["target_time"] < made["day"][500]], rows[rows["day"] >= made["day"][500]]
    step = TrainForecast(LinearRegression(), strategy="per_horizon", coverage=coverage, features=["horizon"])
    said = step.fit(train.drop(columns="target"), **ROLES).predict(later)
    return float(later["sold"].between(said["prediction_lower"], said["prediction_upper"]).mean())


@pytest.mark.long
def test_where_errors_are_exchangeable_the_truth_lies_inside_as_often_as_stated() -> None:
    found = [share_inside(seed) for seed in range(100)]
    assert 0.93 < np.mean(found) < 0.97


@pytest.mark.long
def test_where_errors_grow_it_lies_inside_less_often() -> None:
    assert np.mean([share_inside(seed, grows=2.0) for seed in range(20)]) < 0.9


def pipeline() -> Pipeline:
    steps = [
        Lag((), "sold", [1, 2, 7], step="1D", time="day"),
        WindowAggregate((), {"sold_week": ("sold", "mean")}, window="7D"),
        Forecast("3D", season="7D", level="sold_week"),
        TimeSplit(validation="2024-06-01", test="2024-07-01"),
        TrainForecast(LinearRegression(), strategy="per_horizon", coverage=0.8),
        Evaluate(["mae", "coverage", "interval_width"], ["horizon"], ["same_season"]),
    ]
    return Pipeline(steps, **ROLES)


@pytest.fixture(scope="module")
def run():
    return pipeline().run(series(220), track=False, cache=False)


def test_metrics_say_how_often_intervals_hold_by_horizon_and_together(run) -> None:
    table = run.reports["evaluate"].table
    mine = table[(table["part"] == "validation") & (table["model"] == "model")].set_index(["slice", "metric"])
    rows, said = run.frame("validation", after="Forecast"), run.predictions["validation"]
    inside = rows["sold"].between(said["prediction_lower"], said["prediction_upper"])
    assert mine.loc[("all", "coverage"), "value"] == pytest.approx(inside.mean())
    assert mine.loc[("horizon=2", "coverage"), "value"] == pytest.approx(inside[rows["horizon"] == 2].mean())
    wide = (said["prediction_upper"] - said["prediction_lower"]).mean()
    assert mine.loc[("all", "interval_width"), "value"] == pytest.approx(wide)
    assert set(table[table["metric"] == "coverage"]["model"]) == {"model"}


def test_a_served_model_gives_intervals_on_the_scale_of_the_series(run) -> None:
    said = run.model.predict("3D")
    assert said.columns.tolist()[-3:] == ["prediction", "prediction_lower", "prediction_upper"]
    assert (said["prediction_lower"] < said["prediction"]).all()
    rows = run.frame("validation", after="Forecast")
    latest = rows[rows["day"] == rows["day"].max()]
    served, wanted = run.model.predict(latest[list(run.model.inputs)]), run.predictions["validation"].loc[latest.index]
    pd.testing.assert_frame_equal(served[wanted.columns.tolist()], wanted, rtol=1e-12)


@pytest.mark.long
def test_a_saved_model_says_the_same_and_a_recorded_run_is_reproduced(run, tmp_path) -> None:
    final = run.final_test()
    loaded = mlsys.load(final.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict("3D"), final.model.predict("3D"))
    recorded = pipeline().run(series(220), snapshot=True)
    logged = mlsys.load(recorded.id)
    pd.testing.assert_frame_equal(logged.predict("3D"), recorded.model.predict("3D"))
    assert logged.reproduce().same


def test_pinball_is_that_of_scikit_learn_and_quantile_estimators_have_less_of_it() -> None:
    rows = rows_of(series(200, noise=3.0))
    train, later = rows[rows["day"] < "2024-06-01"], rows[rows["day"] >= "2024-06-01"].reset_index(drop=True)
    found = {}
    for name, estimator in {"quantile": QuantileRegressor(quantile=0.9, alpha=0.0), "mean": LinearRegression()}.items():
        fitted = TrainForecast(estimator, strategy="per_horizon").fit(train, **ROLES)
        said = later.assign(prediction=fitted.predict(later)["prediction"])[["sold", "prediction"]]
        table = Evaluate(["pinball_0.9"], [], None).of(train=said, validation=said, target="sold").table
        found[name] = table.set_index("model")["value"]["model"]
        assert found[name] == pytest.approx(mean_pinball_loss(said["sold"], said["prediction"], alpha=0.9))
    assert found["quantile"] < found["mean"]


def test_what_cannot_be_learned_or_asked_is_said_in_one_sentence() -> None:
    rows = rows_of(series())
    with pytest.raises(ConfigurationError, match="is a classifier, but forecasts are numbers"):
        TrainForecast(LogisticRegression())
    with pytest.raises(ConfigurationError, match="coverage=95"):
        TrainForecast(Ridge(), coverage=95.0)
    with pytest.raises(DataError, match="steps_ahead"):
        TrainForecast(Ridge()).fit(rows.drop(columns="steps_ahead"), **ROLES)
    with pytest.raises(DataError, match="which need 99"):
        TrainForecast(Ridge(), coverage=0.99).fit(rows, **ROLES)
    with pytest.raises(DataError, match="too few for 3 windows"):
        TrainForecast(Ridge(), coverage=0.8).fit(rows.iloc[:12], **ROLES)
    fitted = TrainForecast(Ridge(), strategy="per_horizon").fit(rows, **ROLES)
    with pytest.raises(DataError, match="has learned the horizons 1 to 3, but row 0 has 9"):
        fitted.predict(rows.iloc[:1].assign(steps_ahead=9))
    with pytest.raises(ConfigurationError, match="has made its lags relative"):
        Train(Ridge()).fit(rows_of(series(), level="sold_week"), **ROLES)
    with pytest.raises(ConfigurationError, match="needs intervals or prediction sets, which"):
        part = rows[["sold"]].assign(prediction=0.0)
        Evaluate(["coverage"]).of(train=part, validation=part, target="sold")
