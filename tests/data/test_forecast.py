"""Forecast: against a loop over series, exact features, no value of the future, and the next horizon when served."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import mlsys
from mlsys import Evaluate, Forecast, Lag, Pipeline, TimeSplit, Train, WindowAggregate
from mlsys.errors import ConfigurationError, DataError

ROLES = {"target": "sold", "time": "day"}


def sales(days: int = 60, stores: str = "ab", seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "store": store,
                    "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
                    "sold": np.round(20 + 5 * np.sin(2 * np.pi * day / 7) + rng.normal(size=days), 2),
                    "holiday": rng.random(days) < 0.2,
                    "temp": rng.normal(size=days),
                }
            )
            for store in stores
        ],
        ignore_index=True,
    )


def by_hand(frame: pd.DataFrame, horizon: int, season: int) -> pd.DataFrame:
    """Return the rows by looking at each value of each series."""
    found = []
    for store, series in frame.groupby("store"):
        value = series.set_index("day")["sold"].sort_index()
        for now in value.index:
            past = value[value.index < now].dropna()
            if past.empty:
                continue
            gaps = [past[at] - past[at - pd.Timedelta(season, "D")] for at in past.index
                    if at - pd.Timedelta(season, "D") in past.index]  # fmt: skip
            for ahead in range(1, horizon + 1):
                at = now + pd.Timedelta(ahead - 1, "D")
                if at not in value.index or np.isnan(value[at]):
                    continue
                same = past[[(at - each).days % season == 0 for each in past.index]]
                back = at - pd.Timedelta(-(-ahead // season) * season, "D")
                found.append(
                    {
                        "store": store, "day": now, "horizon": ahead, "target_time": at, "sold": value[at],
                        "last_value": past.iloc[-1], "same_season": past.get(back, past.iloc[-1]),
                        "season_mean": same.mean() if len(same) else past.iloc[-1],
                        "naive_error": (np.mean(np.abs(gaps)) if gaps else 0) or np.nan,  # 0 is no scale
                        "naive_squared_error": (np.mean(np.square(gaps)) if gaps else 0) or np.nan,
                    }
                )  # fmt: skip
    return pd.DataFrame(found)


values_of_series = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 15), st.sampled_from([1.0, 2.5, 4.0, None])), max_size=12
)


@pytest.mark.parametrize("most", [4, pytest.param(200, marks=pytest.mark.long)])
def test_rows_are_those_of_a_loop_over_each_series(most: int) -> None:
    tried = given(values_of_series, st.integers(1, 3), st.integers(1, 4))(compared_with_a_loop)
    settings(max_examples=most, deadline=None)(tried)()


def compared_with_a_loop(rows, horizon: int, season: int) -> None:
    rows = [*rows, ("a", 0, 1.0), ("a", 1, 2.0), ("a", 15, 1.0)]
    frame = pd.DataFrame(rows, columns=["store", "n", "sold"]).drop_duplicates(["store", "n"], keep="last")
    frame["day"] = pd.Timestamp("2024-02-25") + pd.to_timedelta(frame["n"], unit="D")
    frame["sold"] = frame["sold"].astype("float64")
    made = Forecast(horizon, by="store", season=season).over(frame.drop(columns="n"), **ROLES)
    wanted = by_hand(frame, horizon, season)
    order = ["store", "day", "horizon"]
    made, wanted = (each.sort_values(order, ignore_index=True) for each in (made, wanted))
    pd.testing.assert_frame_equal(made[wanted.columns], wanted, check_dtype=False, rtol=1e-12, check_index_type=False)


def test_what_is_known_ahead_is_that_of_the_predicted_time_and_the_rest_that_of_the_decision() -> None:
    frame = sales(30)
    made = Forecast("3D", by="store", known_ahead=["holiday"]).over(frame, **ROLES)
    at = frame.set_index(["store", "day"])
    then = at.loc[list(zip(made["store"], made["target_time"], strict=True))]
    now = at.loc[list(zip(made["store"], made["day"], strict=True))]
    assert (made["holiday"].to_numpy() == then["holiday"].to_numpy()).all()
    assert (made["temp"].to_numpy() == now["temp"].to_numpy()).all()


def pipeline(*, horizon: str = "7D", **given) -> Pipeline:
    return Pipeline(
        [
            Lag("store", ["sold", "temp"], [1, 2, 7]),
            WindowAggregate("store", {"week": ("sold", "mean")}, window="7D"),
            Forecast(horizon, by="store", season="7D", known_ahead=["holiday"], **given),
            TimeSplit(validation="2024-02-10", test="2024-02-20"),
            Train(LinearRegression()),
            Evaluate(["mae", "mase", "rmsse"], ["horizon"], ["last_value", "same_season", "season_mean"]),
        ],
        **ROLES,
    )


@pytest.fixture(scope="module")
def run():
    return pipeline().run(sales(), track=False, cache=False)


def test_features_equal_those_made_by_hand_to_the_last_bit(run) -> None:
    frame, train = sales().set_index("day"), run.frame("train", after="Forecast")
    for store, rows in train.groupby("store"):
        series = frame[frame["store"] == store]
        for back in (1, 2, 7):
            for column in ("sold", "temp"):
                wanted = series[column].shift(back).loc[rows["day"]].to_numpy()
                assert np.array_equal(rows[f"{column}_lag_{back}"], wanted, equal_nan=True)
        assert np.array_equal(rows["sold"], series["sold"].loc[rows["target_time"]])


def test_values_of_the_decision_moment_and_what_judges_are_no_features(run) -> None:
    why = run.features.set_index("column")
    assert why.loc["temp", "reason"].startswith("known only 1us after the row's time")
    judging = ["last_value", "same_season", "season_mean", "naive_error", "naive_squared_error"]
    assert not why.loc[["temp", *judging], "used"].any()
    assert why.loc[["holiday", "horizon", "sold_lag_1", "temp_lag_1"], "used"].all()


def test_no_training_row_has_a_target_behind_the_boundary(run) -> None:
    boundary = pd.Timestamp("2024-02-10")
    train, judged = run.frame("train", after="Forecast"), run.frame("validation", after="Forecast")
    assert train["target_time"].max() == boundary - pd.Timedelta("1D")
    assert judged["day"].min() == boundary
    assert len(train) + len(judged) < len(sales()) * 7


def test_metrics_are_there_by_horizon_and_together_with_those_of_the_baselines(run) -> None:
    table = run.reports["evaluate"].table
    scored, predicted = run.frame("validation", after="Forecast"), run.predictions["validation"]["prediction"]
    error = (predicted - scored["sold"]).abs()
    mine = table[(table["part"] == "validation") & (table["model"] == "model")].set_index(["slice", "metric"])["value"]
    assert mine["all", "mae"] == pytest.approx(error.mean())
    assert mine["horizon=3", "mae"] == pytest.approx(error[scored["horizon"] == 3].mean())
    assert mine["all", "mase"] == pytest.approx((error / scored["naive_error"]).mean())
    assert mine["all", "rmsse"] == pytest.approx(np.sqrt((error**2 / scored["naive_squared_error"]).mean()))
    blocks = (scored["target_time"] - pd.Timestamp("2024-01-01")).dt.days // 7
    assert (blocks.groupby(scored["stretch"]).nunique() == 1).all()
    naive = table[(table["model"] == "same_season") & (table["slice"] == "all")].set_index("metric")["value"]
    assert naive["mae"] == pytest.approx((scored["same_season"] - scored["sold"]).abs().mean())


def test_a_served_model_knows_each_series_up_to_the_rows_that_are_sealed(run) -> None:
    rows = run.frame("validation", after="Forecast")
    latest = rows[rows["day"] == rows["day"].max()]
    asked = latest[list(run.model.inputs)]
    assert set(asked) == {"store", "day", "holiday", "horizon", "target_time"}
    served = run.model.predict(asked)["prediction"]
    assert np.array_equal(served, run.predictions["validation"]["prediction"].loc[latest.index])
    known = [fitted.state["known"] for name, fitted in run.model.steps if name in {"Lag", "WindowAggregate"}]
    assert [each.max() for each in known] == 2 * [pd.Timestamp("2024-02-19") + pd.Timedelta("1us")]


@pytest.mark.parametrize(
    ("step", "times", "per"),
    [
        ("MS", pd.date_range("2020-01-01", periods=40, freq="MS"), "M"),
        ("ME", pd.date_range("2020-01-31", periods=40, freq="ME"), "M"),
        ("QS", pd.date_range("2010-01-01", periods=40, freq="QS"), "Q"),
        ("1h", pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin"), None),
        ("1D", pd.date_range("2024-03-20", periods=60, freq="D", tz="Europe/Berlin"), None),
        ("15min", pd.date_range("2024-03-20", periods=60, freq="15min"), None),
    ],
)
def test_steps_of_months_and_changes_of_clocks_move_no_row(step: str, times: pd.DatetimeIndex, per) -> None:
    frame = pd.DataFrame({"day": times, "sold": np.arange(len(times), dtype="float64")})
    made = Forecast(3, step=step).over(frame, **ROLES)
    place = frame.set_index("day")["sold"]
    assert np.array_equal(made["sold"], place.loc[made["day"]].to_numpy() + made["horizon"] - 1)
    assert np.array_equal(made["sold"], place.loc[made["target_time"]])
    assert (made["last_value"] == place.loc[made["day"]].to_numpy() - 1).all()


def test_values_that_arrive_late_are_known_later() -> None:
    frame = sales(30)
    made = Forecast(3, by="store", known_after="2D").over(frame, **ROLES)
    value = frame.set_index(["store", "day"])["sold"]
    wanted = value.loc[list(zip(made["store"], made["day"] - pd.Timedelta("3D"), strict=True))]
    assert np.array_equal(made["last_value"], wanted)
    assert (made["target_known"] == made["target_time"] + pd.Timedelta("2D")).all()


BAD = [
    (lambda f: f.assign(day=f["day"] + pd.to_timedelta(np.arange(len(f)) % 2, unit="h")), {}, "not regular"),
    (lambda f: pd.concat([f, f.iloc[:1]]), {}, "repeat a step"),
    (lambda f: f.iloc[:10], {"horizon": 7}, "longest series has 10 steps"),
    (lambda f: f, {"horizon": 200}, "longest series has 60 steps"),
    (lambda f: f.assign(sold="x"), {}, "forecasts numbers"),
    (lambda f: f.assign(day=f["day"].where(f.index > 2)), {}, "have no time"),
    (lambda f: f.assign(store=f["store"].where(f.index > 2)), {}, "has no store"),
    (lambda f: f.drop(columns="holiday"), {"known_ahead": ["holiday"]}, "holiday"),
    (lambda f: f.assign(horizon=1), {}, "would replace the column 'horizon'"),
    (lambda f: f.assign(sold=np.nan), {}, "no decision moment"),
]


@pytest.mark.parametrize(("change", "given", "said"), BAD)
def test_series_that_cannot_be_forecast_are_refused_in_one_sentence(change, given, said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        Forecast(**{"horizon": 2, "by": "store", **given}).over(change(sales()), **ROLES)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"horizon": "36h"}, "not a whole number of steps"),
        ({"horizon": 0}, "less than one step"),
        ({"horizon": "soon"}, "not a duration"),
        ({"horizon": "7D", "step": "fortnight"}, "neither a duration"),
        ({"horizon": "90D", "step": "MS"}, "not a whole number of steps of MS"),
        ({"horizon": 7, "season": "60h"}, "season"),
        ({"horizon": 7, "known_after": "0D"}, "known_after"),
    ],
)
def test_lengths_that_are_no_steps_are_refused_when_the_step_is_made(given, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Forecast(**given)


@pytest.fixture(scope="module")
def plain():
    """A model that needs nothing but the series, trained to the end."""
    steps = [
        Lag("store", "sold", [1, 2, 7]),
        Forecast("7D", by="store", season="7D"),
        TimeSplit(validation="2024-02-10", test="2024-02-20"),
        Train(LinearRegression()),
    ]
    frame = sales()[["store", "day", "sold"]]
    return Pipeline(steps, **ROLES).run(frame, track=False, cache=False).final_test()


def test_a_model_asked_by_a_horizon_predicts_the_next_days_of_each_series(plain, tmp_path) -> None:
    said = plain.model.predict("3D")
    assert said.columns.tolist() == ["store", "day", "horizon", "target_time", "prediction"]
    assert said["store"].tolist() == ["a"] * 3 + ["b"] * 3
    last = sales()["day"].max()
    assert set(said["day"]) == {last + pd.Timedelta("1D")}
    assert said["target_time"].tolist() == 2 * pd.date_range(last + pd.Timedelta("1D"), periods=3).tolist()
    loaded = mlsys.load(plain.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.predict("3D"), said)
    assert len(loaded.ahead()) == 14


def test_what_is_absorbed_moves_the_next_decision_and_gives_what_a_batch_gives(plain) -> None:
    more = sales(64)[["store", "day", "sold"]]
    new = more[more["day"] > sales()["day"].max()]
    said = plain.model.absorb(new).predict("1D")
    assert set(said["day"]) == {more["day"].max() + pd.Timedelta("1D")}
    nothing = said[["store", "day"]].assign(sold=np.nan)
    lags = Lag("store", "sold", [1, 2, 7]).over(pd.concat([more, nothing], ignore_index=True), time="day").tail(2)
    values = more.set_index(["store", "day"])["sold"]
    assert lags["sold_lag_1"].tolist() == [values[store, more["day"].max()] for store in "ab"]
    direct = plain.model.absorb(new).predict(said[["store", "day", "horizon", "target_time"]])
    assert np.array_equal(direct["prediction"], said["prediction"])


def test_what_is_known_ahead_is_asked_for_by_name(run, plain) -> None:
    with pytest.raises(DataError, match="also needs 'holiday'"):
        run.model.predict("7D")
    rows = run.model.ahead().assign(holiday=False)
    assert run.model.predict(rows)["prediction"].notna().all()
    with pytest.raises(ConfigurationError, match="has learned 7 steps ahead, not 8"):
        plain.model.ahead(8)


def test_a_new_series_is_predicted_without_a_past(run) -> None:
    rows = run.model.ahead("1D").assign(store="new", holiday=False)
    assert run.model.predict(rows)["prediction"].notna().all()


def test_one_series_needs_no_key() -> None:
    frame = sales(60, "a").drop(columns=["store", "temp", "holiday"])
    steps = [Lag((), "sold", [1, 7]), Forecast(2), TimeSplit(0.2, 0.2), Train(LinearRegression())]
    run = Pipeline(steps, **ROLES).run(frame, track=False, cache=False)
    assert len(run.model.predict(2)) == 2
