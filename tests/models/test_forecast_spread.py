"""TrainForecast(spread=...): intervals as wide as a multiple of what is known of the spread at the decision."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge

from mlsys import Derive, Evaluate, Forecast, Lag, Pipeline, TimeSplit, TrainForecast, WindowAggregate
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._rolling import windows

ROLES = {"target": "sold", "time": "day"}


def series(seed: int, *, days: int = 700, grows: float = 0.0) -> pd.DataFrame:
    """Return noise whose spread grows, with the standard deviation of the 30 days before each day."""
    rng, day = np.random.default_rng(seed), np.arange(days)
    sold = pd.Series(10 + rng.normal(size=days) * np.exp(grows * day / days))
    moments = pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D")
    return pd.DataFrame({"day": moments, "sold": sold, "varies": sold.rolling(30).std().shift(1)})


def rows_of(frame: pd.DataFrame, horizon: int = 2) -> pd.DataFrame:
    """Return rows of decisions: the target at each step ahead, and what is known at the decision."""
    ahead = [
        frame.assign(sold=frame["sold"].shift(-step), target_time=frame["day"].shift(-step), steps_ahead=1 + step)
        for step in range(horizon)
    ]
    return pd.concat(ahead).iloc[30:].dropna(subset=["sold", "target_time", "varies"]).reset_index(drop=True)


def step(coverage: float = 0.9, **given) -> TrainForecast:
    return TrainForecast(DummyRegressor(), ["varies"], strategy="per_horizon", coverage=coverage, **given)


def test_the_width_is_the_quantile_of_errors_in_multiples_of_the_spread() -> None:
    rows = rows_of(series(0, days=200, grows=1.0), 1)
    said = step(0.8, spread="varies").fit(rows, **ROLES).predict(rows)
    errors = []
    given = Rows.of(rows, Roles(target="sold", time="day"), ("varies",))
    for earlier, later in windows(given, 3, ""):
        errors.append((rows["sold"] - rows["sold"][earlier].mean()).abs()[later] / rows["varies"][later])
    own = np.sort(np.concatenate(errors))
    factor = own[int(np.ceil((len(own) + 1) * 0.8)) - 1]
    assert np.allclose(said["prediction_upper"] - said["prediction"], factor * rows["varies"])
    assert np.allclose(said["prediction"] - said["prediction_lower"], factor * rows["varies"])


def test_a_row_without_a_spread_has_the_usual_one_and_one_of_zero_no_width() -> None:
    rows = rows_of(series(1, days=200))
    fitted = step(spread="varies").fit(rows, **ROLES)
    new = rows.iloc[:2].assign(varies=[np.nan, 0.0])
    said, usual = fitted.predict(new), fitted.predict(rows.iloc[:1].assign(varies=rows["varies"].median()))
    wide = said["prediction_upper"] - said["prediction_lower"]
    assert wide.iloc[0] == pytest.approx((usual["prediction_upper"] - usual["prediction_lower"]).iloc[0])
    assert wide.iloc[1] == 0.0


def share_inside(seed: int, *, grows: float, spread: str | None) -> float:
    """Return how often the truth lies in the interval, in a stretch behind the training rows."""
    rows = rows_of(series(seed, grows=grows))
    train, later = rows[rows["target_time"] < "2021-05-15"], rows[rows["day"] >= "2021-05-15"]
    said = step(0.9, spread=spread).fit(train, **ROLES).predict(later)
    return float(later["sold"].between(said["prediction_lower"], said["prediction_upper"]).mean())


@pytest.mark.long
def test_where_the_spread_grows_the_truth_lies_inside_as_often_as_stated_and_not_without_it() -> None:
    adapts = np.mean([share_inside(seed, grows=2.0, spread="varies") for seed in range(60)])
    fixed = np.mean([share_inside(seed, grows=2.0, spread=None) for seed in range(60)])
    assert 0.87 < adapts < 0.93
    assert fixed < 0.7


@pytest.mark.long
def test_where_the_spread_stays_it_costs_no_coverage() -> None:
    assert 0.88 < np.mean([share_inside(seed, grows=0.0, spread="varies") for seed in range(60)]) < 0.93


def test_what_is_no_spread_is_said_in_one_sentence() -> None:
    rows = rows_of(series(2, days=200))
    with pytest.raises(ConfigurationError, match="is for intervals, but there is no coverage="):
        TrainForecast(Ridge(), spread="varies")
    for given, said in (
        (rows.assign(varies=rows["varies"] - 5), "the spread 'varies' is negative in"),
        (rows.assign(varies=0.0), "is above 0 in no training row"),
        (rows.assign(other=1.0).drop(columns="varies"), "varies"),
    ):
        with pytest.raises(DataError, match=said):
            TrainForecast(DummyRegressor(), ["x"], coverage=0.8, spread="varies").fit(given.assign(x=1.0), **ROLES)


def between(rows):
    return rows["high"] - rows["low"]


@pytest.mark.long
def test_a_served_model_widens_its_intervals_with_what_it_absorbs() -> None:
    frame = series(3, days=300).drop(columns="varies")
    steps = [
        Lag((), "sold", [1, 2], step="1D", time="day"),
        WindowAggregate((), {"high": ("sold", "max"), "low": ("sold", "min")}, window="20D"),
        Derive({"varies": between}),
        Forecast(2, season=7),
        TimeSplit(validation="2020-08-01", test="2020-10-01"),
        TrainForecast(LinearRegression(), strategy="recursive", coverage=0.8, spread="varies"),
        Evaluate(["mae", "coverage"], ["horizon"], ["same_season"]),
    ]
    run = Pipeline(steps, **ROLES, exclude=["target_time", "horizon"]).run(frame, track=False, cache=False)
    model = run.final_test().model
    rng = np.random.default_rng(4)
    later = frame["day"].max() + pd.to_timedelta(np.arange(1, 21), unit="D")
    wild = model.absorb(pd.DataFrame({"day": later, "sold": 10 + 9 * rng.normal(size=20)}))
    wide = [
        (said["prediction_upper"] - said["prediction_lower"]).mean() for said in (model.predict(2), wild.predict(2))
    ]
    assert wide[1] > 3 * wide[0]
