"""Models of several targets: one estimator that takes them all gets them all, any other is fitted once for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Calibrate, Train
from mlsys.dataset import Roles, Rows
from mlsys.errors import DataError

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(240, 3)), columns=["u", "v", "w"])
FEATURES = ["u", "v", "w"]
CLASSES = X.assign(
    a=np.where(X["u"] + RNG.normal(size=240) > 0, "yes", "no"), b=(X["v"] + RNG.normal(size=240) > 0).astype(int)
)
NUMBERS = X.assign(c=2 * X["u"] + RNG.normal(size=240), d=100 * X["v"] * X["w"])


def fitted(estimator: Any, frame: pd.DataFrame, *targets: str) -> Any:
    return Train(estimator, features=FEATURES).fit(frame, target=list(targets))


def test_an_estimator_of_one_target_is_fitted_once_for_each() -> None:
    made = fitted(LogisticRegression(), CLASSES, "a", "b").predict(X)
    for target in ("a", "b"):
        alone = LogisticRegression().fit(X, CLASSES[target])
        assert made[f"prediction_{target}"].tolist() == alone.predict(X).tolist()
        for place, name in enumerate(alone.classes_):
            assert np.allclose(made[f"probability_{target}_{name}"], alone.predict_proba(X)[:, place])


@pytest.mark.parametrize("estimator", [RandomForestRegressor(5, random_state=3), RegressorChain(Ridge()), Ridge()])
def test_an_estimator_that_takes_numbers_together_gets_them_together(estimator: Any) -> None:
    made = fitted(estimator, NUMBERS, "c", "d").predict(X)
    expected = estimator.fit(X, NUMBERS[["c", "d"]].to_numpy()).predict(X)
    assert made.columns.tolist() == ["prediction_c", "prediction_d"]
    assert np.allclose(made.to_numpy(), expected)


@pytest.mark.parametrize(
    "estimator",
    [RandomForestClassifier(5, random_state=3), KNeighborsClassifier(), ClassifierChain(LogisticRegression())],
)
def test_an_estimator_that_takes_classes_together_gets_them_together(estimator: Any) -> None:
    codes = np.column_stack([CLASSES["a"] == "yes", CLASSES["b"]]).astype(int)
    expected = estimator.fit(X, codes)
    made, shares = fitted(estimator, CLASSES, "a", "b").predict(X), expected.predict_proba(X)
    events = np.column_stack([each[:, 1] for each in shares]) if isinstance(shares, list) else shares
    assert np.allclose(made[["probability_a_yes", "probability_b_1"]].to_numpy(), events)
    assert ((made["prediction_a"] == "yes").to_numpy() == expected.predict(X)[:, 0]).all()
    assert (made["prediction_b"].to_numpy() == expected.predict(X)[:, 1]).all()


def test_scores_of_a_classifier_without_probabilities_order_rows_as_its_own_do() -> None:
    made = fitted(RidgeClassifier(), CLASSES, "a", "b").predict(X)
    own = RidgeClassifier().fit(X, np.column_stack([CLASSES["a"] == "yes", CLASSES["b"]])).decision_function(X)
    assert np.allclose(made[["score_a_yes", "score_b_1"]].to_numpy(), own)


def test_what_fits_a_clone_for_each_target_is_one_for_each() -> None:
    together = fitted(MultiOutputClassifier(LogisticRegression()), CLASSES, "a", "b").predict(X)
    pd.testing.assert_frame_equal(together, fitted(LogisticRegression(), CLASSES, "a", "b").predict(X))


def test_a_target_unknown_in_some_rows_trains_the_others() -> None:
    frame = CLASSES.assign(a=CLASSES["a"].where(CLASSES.index >= 100))
    made = fitted(LogisticRegression(), frame, "a", "b").predict(X)
    known = LogisticRegression().fit(X[100:], CLASSES["a"][100:])
    assert np.allclose(made["probability_a_yes"], known.predict_proba(X)[:, 1])
    assert np.allclose(made["probability_b_1"], LogisticRegression().fit(X, CLASSES["b"]).predict_proba(X)[:, 1])
    assert "prediction_a" in fitted(RandomForestClassifier(3), frame, "a", "b").predict(X)


def test_a_chain_needs_every_target_in_every_row() -> None:
    frame = CLASSES.assign(a=CLASSES["a"].where(CLASSES.index >= 100))
    with pytest.raises(
        DataError, match=r"Train\(ClassifierChain\) learns all targets from the same rows, but 100 of 240"
    ):
        fitted(ClassifierChain(LogisticRegression()), frame, "a", "b")


@pytest.mark.parametrize("estimator", [LinearRegression(), LogisticRegression()])
def test_targets_of_mixed_kinds_are_refused_with_a_pipeline_for_each_kind(estimator: Any) -> None:
    frame = CLASSES.assign(c=NUMBERS["c"])
    with pytest.raises(DataError, match=r"mixed kinds, numbers \('c'\) and classes \('a'\)") as refused:
        fitted(estimator, frame, "a", "c")
    assert "target=['c'] with a regressor" in refused.value.remedy


def test_columns_that_two_targets_would_share_are_refused() -> None:
    frame = CLASSES.assign(a=CLASSES["a"].map({"yes": "q_1", "no": "z"}), a_q=CLASSES["b"])
    with pytest.raises(DataError, match="the targets 'a' and 'a_q' would have the same names"):
        fitted(LogisticRegression(), frame, "a", "a_q")


def test_no_rows_have_the_same_columns_and_types() -> None:
    for model in (
        fitted(RandomForestClassifier(3), CLASSES, "a", "b"),
        fitted(LogisticRegression(), CLASSES, "a", "b"),
    ):
        some, none = model.predict(X), model.predict(X[:0])
        assert some.dtypes.equals(none.dtypes)


def test_weights_count_for_every_target() -> None:
    weighed = CLASSES.assign(weight=np.where(CLASSES.index < 120, 1.0, 0.0))
    model = Train(LogisticRegression(), features=FEATURES).fit(weighed, target=["a", "b"], weight="weight")
    half = fitted(LogisticRegression(), CLASSES[:120], "a", "b")
    assert np.allclose(model.predict(X)["probability_b_1"], half.predict(X)["probability_b_1"])


def test_each_target_is_calibrated_as_if_it_were_alone() -> None:
    said = fitted(LogisticRegression(C=100.0), CLASSES, "a", "b").predict(X)
    roles = Roles.named(target=["a", "b"])
    together = Calibrate()
    state = together.learn(Rows.of(CLASSES, roles, tuple(FEATURES), predictions=said))
    made = together.apply(said, state)
    alone = said[["prediction_b", "probability_b_0", "probability_b_1"]].set_axis(
        ["prediction", "probability_0", "probability_1"], axis=1
    )
    own = Calibrate().learn(Rows.of(CLASSES, Roles(target="b"), tuple(FEATURES), predictions=alone))
    assert np.allclose(made["probability_b_1"], Calibrate().apply(alone, own)["probability_1"])
    assert set(made.columns) == set(said.columns)


def test_as_scikit_learn_has_it() -> None:
    y = CLASSES[["a", "b"]]
    found = Train(RandomForestClassifier(5, random_state=0)).as_sklearn().fit(X, y)
    assert found.predict(X).shape == (240, 2)
    assert [each.tolist() for each in found.classes_] == [["no", "yes"], [0, 1]]
    assert all(np.allclose(each.sum(axis=1), 1) for each in found.predict_proba(X))
    numbers = Train(LinearRegression()).as_sklearn().fit(X, NUMBERS[["c", "d"]])
    assert np.allclose(numbers.predict(X), LinearRegression().fit(X, NUMBERS[["c", "d"]]).predict(X))
