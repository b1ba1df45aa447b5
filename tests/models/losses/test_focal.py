"""Focal loss: its derivatives, what boosters learn by it, and what is left of it in the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import mlsys
from mlsys import Pipeline, PredefinedSplit, Train, WeighClasses
from mlsys.errors import ConfigurationError, DataError
from mlsys.models.losses import FocalLoss

lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")

LOSSES = [FocalLoss(0), FocalLoss(0.5), FocalLoss(2), FocalLoss(5)]
BOOSTERS = {
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=15, num_leaves=7, verbose=-1, n_jobs=1),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=15, max_depth=3, n_jobs=1),
}


def rows(count: int = 600) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, 3))
    rare = generator.random(count) < 1 / (1 + np.exp(3.0 - 2 * x[:, 0] + x[:, 1]))
    part = np.where(np.arange(count) % 3 > 0, "train", "validation")
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=np.where(rare, "yes", "no"), part=part)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_derivatives_are_those_of_the_loss(loss):
    margin = np.linspace(-8, 8, 161)
    for truth in (0, 1):
        target, step = np.full(len(margin), truth), 1e-5
        first = (loss.of(target, margin + step) - loss.of(target, margin - step)) / (2 * step)
        second = (loss.gradient(target, margin + step) - loss.gradient(target, margin - step)) / (2 * step)
        assert np.abs(loss.gradient(target, margin) - first).max() < 1e-6
        assert np.abs(loss.hessian(target, margin) - second).max() < 1e-6


def test_without_gamma_it_is_the_log_loss():
    margin, target = np.array([-700.0, -2.0, 0.5, 700.0]), np.array([0, 1, 0, 1])
    share = 1 / (1 + np.exp(-margin))
    assert np.allclose(FocalLoss(0).gradient(target, margin), share - target)
    assert np.allclose(FocalLoss(0).hessian(target, margin), share * (1 - share))


@pytest.mark.parametrize("library", BOOSTERS)
def test_probabilities_are_the_sigmoid_of_the_margin_of_a_booster_taught_by_hand(library):
    frame, loss = rows(), FocalLoss(2)
    y = (frame["y"] == "yes").astype(int).to_numpy()
    features = frame[["a", "b", "c"]]
    model = Train(BOOSTERS[library](), focal=2).fit(frame.drop(columns="part"), target="y")

    def by_numbers(target, margin):  # derivatives by differences of the loss
        step = 1e-4
        first = (loss.of(target, margin + step) - loss.of(target, margin - step)) / (2 * step)
        second = (
            loss.of(target, margin + step) - 2 * loss.of(target, margin) + loss.of(target, margin - step)
        ) / step**2
        return first, np.maximum(second, 1e-6)

    by_hand = BOOSTERS[library]().set_params(objective=by_numbers, random_state=model.state["estimator"].random_state)
    by_hand.fit(features, y)
    if library == "lightgbm":
        margin = by_hand.predict(features, raw_score=True)
    else:
        margin = by_hand.predict(features, output_margin=True)
    said = model.predict(frame)["probability_yes"]
    assert np.abs(said - 1 / (1 + np.exp(-margin))).max() < 2e-3
    assert abs(roc_auc_score(y, said) - roc_auc_score(y, margin)) < 1e-3
    assert set(model.predict(frame)["prediction"]) <= {"yes", "no"}


@pytest.mark.parametrize("library", BOOSTERS)
def test_nothing_of_the_loss_is_left_in_the_model(library):
    model = Train(BOOSTERS[library](), focal=2).fit(rows().drop(columns="part"), target="y")
    assert not [name for name, value in vars(model.state["estimator"]).items() if isinstance(value, FocalLoss)]


@pytest.mark.long
@pytest.mark.parametrize("library", BOOSTERS)
def test_a_model_is_saved_without_pickle_serves_and_reproduces(library, tmp_path):
    frame = rows()
    steps = [PredefinedSplit("part"), WeighClasses(effective=0.99), Train(BOOSTERS[library](), focal=2)]
    run = Pipeline(steps, target="y").run(frame)
    run.save(tmp_path / "model")
    assert not [each for each in (tmp_path / "model").rglob("*") if "pkl" in each.name or "pickle" in each.name]
    pd.testing.assert_frame_equal(mlsys.load(tmp_path / "model").predict(frame), run.predict(frame))
    assert mlsys.reproduce(run.id, data=frame).same


@pytest.mark.parametrize("library", BOOSTERS)
def test_weights_reach_the_loss(library):
    frame = rows().drop(columns="part")
    weighed = frame.assign(w=np.where(frame["y"] == "yes", 5.0, 1.0))
    plain = Train(BOOSTERS[library](), focal=2).fit(frame, target="y")
    more = Train(BOOSTERS[library](), focal=2).fit(weighed, target="y", weight="w")
    assert more.predict(frame)["probability_yes"].mean() > plain.predict(frame)["probability_yes"].mean() + 0.02


def test_what_cannot_take_it_is_refused():
    from sklearn.linear_model import LogisticRegression

    for given in (LogisticRegression(), lightgbm.LGBMRegressor()):
        with pytest.raises(ConfigurationError, match="takes no focal"):
            Train(given, focal=2)
    with pytest.raises(ConfigurationError, match="stops early"):
        Train(xgboost.XGBClassifier(early_stopping_rounds=3), focal=2)
    with pytest.raises(ConfigurationError, match="no effect"):
        Train(lightgbm.LGBMClassifier(class_weight="balanced"), focal=2)
    for wrong in (-1, np.inf, np.nan):
        with pytest.raises(ConfigurationError, match="is no power"):
            Train(lightgbm.LGBMClassifier(), focal=wrong)
    three = rows().drop(columns="part").assign(y=np.arange(600) % 3)
    with pytest.raises(DataError, match="two classes"):
        Train(BOOSTERS["lightgbm"](), focal=2).fit(three, target="y")
