"""Rounds of a fit are told as they come, and change nothing of what is learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from mlsys import Train, TrainInPhases
from mlsys.states import digest
from mlsys.steps.capabilities import TellsRounds
from mlsys.steps.rounds import Ended, listening


def rows(count: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(count, 3)), columns=["a", "b", "c"])
    frame["kind"] = pd.Categorical(rng.choice(["x", "y", "z"], count))
    score = frame["a"] + frame["b"] ** 2 + (frame["kind"] == "x") + rng.normal(size=count)
    frame.loc[rng.random(count) < 0.1, "a"] = np.nan
    return frame.assign(yes=np.where(score > 1, "yes", "no"), three=np.digitize(score, [0, 2]), amount=score)


def lightgbm(name: str, **given: Any) -> Any:
    module = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    return getattr(module, name)(n_jobs=1, verbose=-1, min_child_samples=5, **given)


def xgboost(name: str, **given: Any) -> Any:
    module = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    return getattr(module, name)(n_jobs=1, enable_categorical=True, **given)


CATEGORIES: dict[str, Any] = {"categorical_features": "from_dtype"}
CASES: dict[str, tuple[Any, str]] = {
    "histograms": (lambda size, **given: HistGradientBoostingClassifier(max_iter=size, **CATEGORIES, **given), "yes"),
    "histograms, several classes": (lambda size: HistGradientBoostingClassifier(max_iter=size, **CATEGORIES), "three"),
    "histograms, numbers": (
        lambda size: HistGradientBoostingRegressor(max_iter=size, loss="absolute_error", **CATEGORIES), "amount",
    ),
    "lightgbm": (lambda size: lightgbm("LGBMClassifier", n_estimators=size), "yes"),
    "lightgbm, several classes": (
        lambda size: lightgbm("LGBMClassifier", n_estimators=size, subsample=0.5, subsample_freq=1, random_state=0),
        "three",
    ),
    "lightgbm, numbers": (lambda size: lightgbm("LGBMRegressor", n_estimators=size), "amount"),
    "xgboost": (lambda size: xgboost("XGBClassifier", n_estimators=size), "yes"),
    "xgboost, several classes": (
        lambda size: xgboost("XGBClassifier", n_estimators=size, subsample=0.5, random_state=0), "three",
    ),
    "xgboost, numbers": (lambda size: xgboost("XGBRegressor", n_estimators=size), "amount"),
}  # fmt: skip
FEATURES = ["a", "b", "c", "kind"]


def fitted(estimator: Any, target: str) -> Any:
    return Train(estimator).fit(rows()[[*FEATURES, target]], target=target)


@pytest.mark.parametrize("case", CASES)
def test_what_is_told_is_what_a_shorter_fit_says_and_the_whole_fit_stays_as_it_is(case: str) -> None:
    make, target = CASES[case]
    shown, heard = rows(60)[FEATURES], dict[int, pd.DataFrame]()
    with listening(lambda number, says: heard.update({number: says(shown)})):
        listened = fitted(make(45), target)
    assert list(heard) == [10, 20, 40]
    assert digest(listened.state) == digest(fitted(make(45), target).state)
    alone = fitted(make(20), target).predict(shown)
    assert heard[20].columns.tolist() == alone.columns.tolist()
    assert (
        heard[20]["prediction"].tolist() == pytest.approx(alone["prediction"].tolist())
        if target == "amount"
        else (heard[20]["prediction"].tolist() == alone["prediction"].tolist())
    )
    numbers = [name for name in alone if name != "prediction"]
    np.testing.assert_allclose(heard[20][numbers], alone[numbers], rtol=1e-5, atol=1e-7)


def test_a_fit_that_stops_early_stops_where_it_would_alone() -> None:
    make, heard = CASES["histograms"][0], list[int]()
    given = {"early_stopping": True, "n_iter_no_change": 3}
    with listening(lambda number, says: heard.append(number)):
        listened = fitted(make(400, **given), "yes")
    alone = fitted(make(400, **given), "yes")
    assert digest(listened.state) == digest(alone.state)
    assert max(heard) <= alone.state["estimator"].n_iter_ < 400


@pytest.mark.parametrize("case", ["histograms", "lightgbm", "xgboost"])
def test_a_listener_ends_a_fit(case: str) -> None:
    heard = list[int]()

    def listener(number: int, says: Any) -> None:
        heard.append(number)
        if number == 20:
            raise Ended

    make, target = CASES[case]
    with listening(listener), pytest.raises(Ended):
        fitted(make(400), target)
    assert heard == [10, 20]


def test_other_fits_tell_nothing() -> None:
    steps: list[TellsRounds] = [
        Train(RandomForestClassifier()),
        Train(make_pipeline(HistGradientBoostingClassifier())),
        Train(HistGradientBoostingClassifier(warm_start=True)),
        TrainInPhases(SGDClassifier(loss="log_loss")),
    ]
    assert not any(step.tells_rounds for step in steps)

    class Own(HistGradientBoostingClassifier):  # type: ignore[misc]
        """Fits in a way of its own, for all that is known."""

    assert not Train(Own()).tells_rounds
    assert Train(HistGradientBoostingClassifier()).tells_rounds
