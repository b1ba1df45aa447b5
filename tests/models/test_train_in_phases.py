"""Training in phases: which rows each phase learns from, and what is left of the first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import GaussianNB

from mlsys import Train, TrainInPhases
from mlsys.errors import ConfigurationError, DataError
from mlsys.models.train_in_phases import _by_need, _drawn


def rare(count: int = 1_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    fraud = rng.random(count) < 0.08
    return pd.DataFrame({"x": rng.normal(size=count) + 1.5 * fraud, "z": rng.normal(size=count), "fraud": fraud})


def test_classes_are_drawn_alike_and_too_few_are_repeated():
    target, ids = np.array(["a"] * 8 + ["b"] * 2), np.arange(10)[::-1]
    assert target[_drawn(target, {"a": 2, "b": 2}, ids)].tolist() == ["a", "a", "b", "b"]
    assert sorted(np.unique(_drawn(target, {"a": 0, "b": 5}, ids), return_counts=True)[1]) == [2, 3]


def test_the_worse_a_class_is_told_the_more_rows_it_gets():
    truth, said = np.array([0] * 8 + [1] * 2), np.array([0] * 9 + [1])
    counts = _by_need(truth, said, [0, 1], 100)
    assert counts[1] > 5 * counts[0] > 0
    assert _by_need(truth, truth, [0, 1], 100) == {0: 50, 1: 50}


@pytest.mark.parametrize("method", ["two_phase", "dynamic"])
@pytest.mark.parametrize(
    "estimator",
    [
        SGDClassifier(loss="log_loss", random_state=0),
        LogisticRegression(),
        RandomForestClassifier(20, random_state=0),
        GaussianNB(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_estimators_that_go_on_tell_the_rare_class(estimator, method):
    frame = rare()
    fitted = TrainInPhases(estimator, method=method).fit(frame, target="fraud")
    said = fitted.predict(frame)["probability_True"]
    assert said[frame["fraud"]].mean() > said[~frame["fraud"]].mean() + 0.05
    again = TrainInPhases(estimator, method=method).fit(frame, target="fraud").predict(frame)["probability_True"]
    assert (said == again).all()


@pytest.mark.parametrize(("library", "name"), [("lightgbm", "LGBMClassifier"), ("xgboost", "XGBClassifier")])
def test_boosters_share_their_trees_out_over_phases(library, name):
    module = pytest.importorskip(library)
    booster = getattr(module, name)(n_estimators=20, n_jobs=1, **({"verbose": -1} if library == "lightgbm" else {}))
    state = TrainInPhases(booster).fit(rare(), target="fraud").state["estimator"]
    trees = state.booster_.num_trees() if library == "lightgbm" else state.get_booster().num_boosted_rounds()
    assert trees == 20


def test_a_convex_loss_forgets_the_first_phase():
    frame = rare()
    plain = Train(LogisticRegression(tol=1e-8)).fit(frame, target="fraud").predict(frame)["probability_True"]
    phases = TrainInPhases(LogisticRegression(tol=1e-8)).fit(frame, target="fraud").predict(frame)["probability_True"]
    assert np.abs(plain - phases).max() < 1e-4


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TrainInPhases(Ridge()), "no classifier"),
        (lambda: TrainInPhases(HistGradientBoostingClassifier()), "cannot go on"),
        (lambda: TrainInPhases(SGDClassifier(), rounds=0), "rounds=0"),
        (lambda: TrainInPhases(SGDClassifier(), watched_share=0.9), "watched_share=0.9"),
    ],
)
def test_what_cannot_be_trained_in_phases_is_refused(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_too_few_rows_to_set_aside_are_refused():
    frame = rare(40).assign(one="same")
    with pytest.raises(DataError, match="rows set aside"):
        TrainInPhases(SGDClassifier(), method="dynamic").fit(frame, target="fraud", group="one")
