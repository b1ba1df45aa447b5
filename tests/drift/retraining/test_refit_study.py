"""Train anew, go on, or leave it: losses are those of the models themselves, and differences are paired by period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, SGDClassifier, SGDRegressor

from mlsys import refit_study
from mlsys.errors import ConfigurationError, DataError

ASKED: dict[str, Any] = {"target": "y", "time": "day", "every": "10D"}


def past(seed: int = 0, slope: Any = 2.0, rows: int = 800) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    day = pd.date_range("2024-01-01", periods=rows, freq="6h")
    return pd.DataFrame({"day": day, "x": x, "y": slope * x + rng.normal(size=rows)})


def moving(rows: int = 800) -> Any:
    return np.where(np.arange(rows) < 120, -3.0, 3.0)


def between(study: Any, one: str, other: str) -> dict[str, Any]:
    table = study.tables["differences"]
    found: dict[str, Any] = table[(table["of"] == one) & (table["against"] == other)].iloc[0].to_dict()
    return found


def test_what_moves_is_followed_by_those_that_learn_again() -> None:
    study = refit_study(SGDRegressor(random_state=0), past(slope=moving()), window="20D", **ASKED)
    assert between(study, "stateless", "once")["verdict"] == between(study, "stateful", "once")["verdict"] == "better"
    assert study.table["refit"].tolist() == ["stateless", "stateful", "once"] and "stateless against" in study.summary


def test_the_loss_of_a_period_is_that_of_a_model_fitted_before_it() -> None:
    frame = past()
    study = refit_study(SGDRegressor(random_state=0), frame, **ASKED)
    periods = study.tables["periods"]
    begin = periods["period"].iloc[-1]
    before, now = frame[frame["day"] < begin], frame[frame["day"] >= begin]
    model = SGDRegressor(random_state=0).fit(before[["x"]], before["y"])
    assert periods["stateless"].iloc[-1] == pytest.approx((now["y"] - model.predict(now[["x"]])).abs().mean())
    gap = (periods["stateless"] - periods["stateful"]).to_numpy()
    expected = np.average(gap, weights=periods["rows"])
    assert between(study, "stateless", "stateful")["difference"] == pytest.approx(expected)
    assert study.table.set_index("refit")["trainings"].to_dict() == {
        "stateless": len(periods), "stateful": len(periods), "once": 1,
    }  # fmt: skip


def test_classes_are_told_beforehand() -> None:
    frame = past(rows=400).assign(y=lambda rows: np.where(rows["y"] > 0, "up", "down"))
    study = refit_study(SGDClassifier(random_state=0), frame, **ASKED)
    assert study.table["loss"].between(0, 0.5).all()


def test_it_is_drawn() -> None:
    axes = refit_study(SGDRegressor(random_state=0), past(), **ASKED).plot()
    assert {each.get_text() for each in axes.texts} == {"stateless", "stateful", "once"}


def test_an_estimator_that_cannot_go_on_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="LinearRegression has no partial_fit"):
        refit_study(LinearRegression(), past(), **ASKED)


def test_too_few_periods_are_refused() -> None:
    with pytest.raises(DataError, match="periods"):
        refit_study(SGDRegressor(), past(rows=60), **ASKED)


@pytest.mark.long
def test_equal_ways_are_rarely_told_apart() -> None:
    """Without any change, training once costs little: verdicts by chance stay near their level."""
    apart = 0
    for seed in range(60):
        study = refit_study(SGDRegressor(random_state=0, alpha=0), past(seed), start=30, **(ASKED | {"every": "5D"}))
        apart += between(study, "stateless", "once")["verdict"] == "worse"
    assert apart <= 8
