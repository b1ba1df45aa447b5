"""TrainForecast along a decision: a model of one step fed its own predictions, and sums of changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

import mlsys
from mlsys import Derive, Evaluate, Forecast, Lag, Pipeline, SeasonLag, Standardize, TimeSplit, TrainForecast
from mlsys.errors import ConfigurationError, DataError

ROLES = {"target": "sold", "time": "day"}
JUDGING = [
    "target_time", "horizon", "last_value", "same_season", "season_mean", "naive_error", "naive_squared_error",
    "stretch",
]  # fmt: skip


def series(days: int = 100, stores: str = "a", seed: int = 0) -> pd.DataFrame:
    """Return positive values that follow those of the two days and of the week before."""
    rng, made = np.random.default_rng(seed), []
    for store in stores:
        sold = list(rng.uniform(8, 12, 7))
        for _ in range(days - 7):
            sold.append(3 + 0.8 * sold[-1] - 0.2 * sold[-2] + 0.1 * sold[-7] + rng.normal(scale=0.5))
        day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(days), unit="D")
        made.append(pd.DataFrame({"store": store, "day": day, "sold": sold}))
    return pd.concat(made, ignore_index=True)


def rows_of(frame: pd.DataFrame, lags: int = 7, horizon: int = 4, *, changes: bool = False, **given) -> pd.DataFrame:
    back = list(range(1, lags + 1))
    lagged = Lag("store", "sold", back, step="1D", time="day", changes=changes).over(frame, time="day")
    made = Forecast(horizon, by="store", season=7, **given).over(lagged, **ROLES)
    made = made[made["day"] >= made["day"].min() + pd.Timedelta("14D")].reset_index(drop=True)
    return made.drop(columns=[*JUDGING, "store"])


def by_hand(rows: pd.DataFrame, model, as_given=lambda past: past, back=lambda said, past: said, lags: int = 7):
    """Return what a loop over rows says: for each, the past at its decision, and as many steps as it is ahead."""
    found = []
    for row in rows.to_dict("records"):
        past = [row[f"was_{back}"] for back in range(1, lags + 1)]
        for _ in range(row["steps_ahead"]):
            (said,) = model.predict(np.array([as_given(np.array(past))]))
            past = [back(said, past), *past[:-1]]
        found.append(past[0])
    return np.array(found)


def with_past(rows: pd.DataFrame, frame: pd.DataFrame, lags: int = 7) -> pd.DataFrame:
    """Return the rows with the values before each decision, under another name."""
    value = frame.set_index("day")["sold"]
    past = {
        f"was_{back}": value.reindex(rows["day"] - pd.Timedelta(back, "D")).to_numpy() for back in range(1, lags + 1)
    }
    return rows.assign(**past)


def test_a_model_of_one_step_is_fed_what_it_has_said() -> None:
    frame = series()
    rows = rows_of(frame)
    said = TrainForecast(LinearRegression(), strategy="recursive").fit(rows, **ROLES).predict(rows)["prediction"]
    first, lags = rows[rows["steps_ahead"] == 1], [f"sold_lag_{back}" for back in range(1, 8)]
    alone = LinearRegression().fit(first[lags].to_numpy(), first["sold"])
    assert np.allclose(said[::9], by_hand(with_past(rows, frame)[::9], alone), rtol=1e-9)


@pytest.mark.parametrize(
    ("how", "given", "back"),
    [
        ("difference", lambda past: past[1:] - past[0], lambda said, past: said + past[0]),
        ("ratio", lambda past: past[1:] / past[0], lambda said, past: said * past[0]),
    ],
)
def test_the_last_value_as_the_level_is_that_of_each_step(how: str, given, back) -> None:
    frame = series()
    rows = rows_of(frame, level="sold_lag_1", relative=how)
    tree = DecisionTreeRegressor(max_depth=5, random_state=0)
    said = TrainForecast(tree, strategy="recursive").fit(rows, **ROLES).predict(rows)["prediction"]
    known = with_past(rows, frame)
    first = known[known["steps_ahead"] == 1]
    past = first[[f"was_{back}" for back in range(1, 8)]].to_numpy()
    y = first["sold"] - past[:, 0] if how == "difference" else first["sold"] / past[:, 0]
    # As the step orders them, after the lag that is the level: ties between splits go to the earlier column.
    x = np.array([given(each) for each in past])
    level = 0.0 if how == "difference" else 1.0
    alone = DecisionTreeRegressor(max_depth=5, random_state=0).fit(np.column_stack([np.full(len(x), level), x]), y)
    assert np.allclose(said[::9], by_hand(known[::9], alone, lambda past: np.r_[level, given(past)], back), rtol=1e-9)


@pytest.mark.parametrize("how", ["difference", "ratio"])
def test_changes_of_lags_are_fed_as_well(how: str) -> None:
    frame = series()
    rows = rows_of(frame, 3, changes=True, level="sold_lag_1", relative=how)
    chosen = ["sold_change_1", "sold_change_3"]
    step = TrainForecast(LinearRegression(), chosen, strategy="recursive")
    said = step.fit(rows, **ROLES).predict(rows)["prediction"]
    known = with_past(rows, frame, 4)

    def given(past):
        one, three = past[0] - past[1], past[2] - past[3]
        return np.array([one, three]) / (past[0] if how == "ratio" else 1.0)

    def back(value, past):
        return value * past[0] if how == "ratio" else value + past[0]

    first = known[known["steps_ahead"] == 1]
    past = first[[f"was_{back}" for back in range(1, 5)]].to_numpy()
    y = first["sold"] / past[:, 0] if how == "ratio" else first["sold"] - past[:, 0]
    alone = LinearRegression().fit(np.array([given(each) for each in past]), y)
    assert np.allclose(said[::9], by_hand(known[::9], alone, given, back, 4), rtol=1e-9)


def test_a_series_that_follows_its_past_exactly_is_predicted_exactly() -> None:
    day = np.arange(60)
    wave = pd.DataFrame({"store": "a", "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
                         "sold": 10 + np.sin(day)})  # fmt: skip
    rows = rows_of(wave, 2, 6)
    early = rows["day"] < "2024-02-10"
    fitted = TrainForecast(LinearRegression(), strategy="recursive").fit(rows[early], **ROLES)
    later = rows[~early]
    assert np.allclose(fitted.predict(later)["prediction"], later["sold"], atol=1e-9)


def test_changes_are_learned_for_each_horizon_and_summed() -> None:
    rows = rows_of(series(), 3, level="sold_lag_1", changes=True)
    step = TrainForecast(LinearRegression(), strategy="per_horizon", changes=True)
    fitted = step.fit(rows, **ROLES)
    said = fitted.predict(rows)["prediction"]
    features = [name for name in rows.columns if name.startswith(("sold_lag", "sold_change"))]
    wide = rows.pivot(index="day", columns="steps_ahead", values="sold")
    wide = wide.sub(rows.drop_duplicates("day").set_index("day")["target_offset"], axis=0)
    wide[0] = 0.0
    whole = rows[rows["day"].isin(wide.dropna().index)]
    total = 0.0
    for ahead in range(1, 5):
        own = rows[rows["steps_ahead"] == ahead]
        change = (wide[ahead] - wide[ahead - 1]).reindex(own["day"]).to_numpy()
        alone = LinearRegression().fit(own[features], change)
        here = whole[whole["steps_ahead"] == ahead]
        total = total + alone.predict(here[features])
        assert np.allclose(said[here.index], total + here["target_offset"], rtol=1e-9)


def test_rows_of_a_decision_are_told_from_others_in_any_order_and_number() -> None:
    rows = rows_of(series())
    fitted = TrainForecast(LinearRegression(), strategy="recursive").fit(rows, **ROLES)
    said = fitted.predict(rows)["prediction"]
    mixed = rows.sample(frac=1, random_state=1)
    assert np.allclose(fitted.predict(mixed)["prediction"], said[mixed.index], rtol=1e-12)
    twice = pd.concat([rows, rows], ignore_index=True)
    assert np.allclose(fitted.predict(twice)["prediction"], np.r_[said, said], rtol=1e-12)
    assert len(fitted.predict(rows.iloc[:0])) == 0


def test_a_later_horizon_stands_in_for_one_that_is_not_there() -> None:
    rows = rows_of(series())
    fitted = TrainForecast(LinearRegression(), strategy="recursive").fit(rows, **ROLES)
    last = rows[rows["steps_ahead"] == 4]
    assert np.allclose(fitted.predict(last)["prediction"], fitted.predict(rows)["prediction"][last.index], rtol=1e-12)


def steps(*beyond, **given) -> list:
    return [
        Lag("store", "sold", list(range(1, 8)), step="1D", time="day"),
        Forecast(3, by="store", season=7, **given),
        *beyond,
        TimeSplit(validation="2024-03-10", test="2024-03-25"),
        TrainForecast(LinearRegression(), strategy="recursive", coverage=0.8),
        Evaluate(["mae"], ["horizon"], ["same_season"]),
    ]


def pipeline(*beyond, **given) -> Pipeline:
    return Pipeline(steps(*beyond, **given), **ROLES, exclude=["target_time", "horizon"])


def weekday(rows):
    return rows["target_time"].dt.day_of_week


@pytest.fixture(scope="module")
def run():
    return pipeline(Derive({"weekday": weekday}), level="sold_lag_1").run(series(110, "ab"), track=False, cache=False)


def test_a_served_model_says_of_a_decision_what_validation_said(run) -> None:
    rows, said = run.frame("validation", after="Derive"), run.predictions["validation"]
    latest = rows[rows["day"] == rows["day"].max()]
    served = run.model.predict(latest[list(run.model.inputs)])
    pd.testing.assert_frame_equal(served[said.columns.tolist()], said.loc[latest.index], rtol=1e-12)
    assert {"store", "day", "horizon", "target_time"} == set(run.model.inputs)
    ahead = run.model.predict(3)
    assert ahead[["prediction_lower", "prediction", "prediction_upper"]].notna().all(axis=None)
    assert len(ahead) == 6


@pytest.mark.long
def test_the_audit_asks_for_decisions_alone_and_finds_no_leak(run, tmp_path) -> None:
    audit = pipeline(Derive({"weekday": weekday}), level="sold_lag_1").audit_leakage(series(110, "ab"))
    assert set(audit.table["verdict"]) == {"not observed"}
    alone = audit.table[(audit.table["step"] == "TrainForecast") & (audit.table["probe"] == "each row alone")]
    assert len(alone)
    final = run.final_test()
    pd.testing.assert_frame_equal(mlsys.load(final.save(tmp_path / "model")).predict(3), final.model.predict(3))


@pytest.mark.long
def test_seasons_and_what_is_known_ahead_are_those_of_each_step() -> None:
    frame = series(140, "ab").assign(promotion=lambda rows: rows["day"].dt.day % 5 == 0)
    frame["sold"] += 6 * frame["promotion"]
    season = SeasonLag("store", "sold", season=7, horizon=3, seasons=2, time="day")
    made = [season, *steps(known_ahead=["promotion"])]
    found = Pipeline(made, **ROLES, exclude=["target_time", "horizon"]).run(frame, track=False, cache=False)
    table = found.reports["evaluate"].table
    mine = table[(table["model"] == "model") & (table["part"] == "validation")].set_index("slice")["value"]
    assert mine["horizon=3"] < 1.2  # the promotion, which is planned, would be an error of six


def refused(step: TrainForecast, rows: pd.DataFrame, said: str, error=ConfigurationError) -> None:
    with pytest.raises(error, match=said):
        step.fit(rows, **ROLES)


def test_what_cannot_be_fed_is_said_in_one_sentence() -> None:
    frame, step = series(), TrainForecast(Ridge(), strategy="recursive")
    rows = rows_of(frame)
    refused(step, rows.drop(columns="sold_lag_3"), "needs each from 1 to 7, but 'sold_lag_3' is missing")
    refused(step, rows.drop(columns=[f"sold_lag_{n}" for n in range(1, 8)]), "there are none: no Lag made")
    refused(step, rows.drop(columns="decision_number"), "decision_number", DataError)
    refused(step, rows[rows["steps_ahead"] > 1], "no training row has the horizon 1", DataError)
    with pytest.raises(DataError, match="has learned the horizons 1 to 4, but row 0 has 9"):
        step.fit(rows, **ROLES).predict(rows.iloc[:1].assign(steps_ahead=9))
    with pytest.raises(ConfigurationError, match="changes=True sums changes of several models"):
        TrainForecast(Ridge(), strategy="recursive", changes=True)


def test_lags_that_are_other_values_than_the_last_ones_are_refused() -> None:
    frame = series(110)
    with pytest.raises(ConfigurationError, match="is not the value one step earlier in") as caught:
        lags, forecast, split, *others = steps()
        scaled = [lags, forecast, split, Standardize(["sold_lag_1"]), *others]
        Pipeline(scaled, **ROLES).run(frame, track=False, cache=False)
    assert "make_pipeline(StandardScaler(), ...)" in str(caught.value.remedy)
    with pytest.raises(ConfigurationError, match="is not the value one step earlier in|'sold_lag_1' is missing"):
        pipeline(known_after="30h").run(frame, track=False, cache=False)


def test_scaling_inside_the_estimator_changes_nothing_of_a_linear_model() -> None:
    rows = rows_of(series())
    plain, scaled = (
        TrainForecast(each, strategy="recursive").fit(rows, **ROLES).predict(rows)["prediction"]
        for each in (LinearRegression(), make_pipeline(StandardScaler(), LinearRegression()))
    )
    assert np.allclose(plain, scaled, rtol=1e-9)
