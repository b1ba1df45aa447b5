"""Weights of classes, and probabilities corrected after steps that change the shares of classes in training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

import mlsys
from mlsys import Pipeline, PredefinedSplit, Resample, Train, WeighClasses
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps.shares import Shares, odds_back

COSTS = {"no": {"yes": 1}, "yes": {"no": 9}}


def payments(count: int = 1_500, share: float = 0.1) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    fraud = generator.random(count) < share
    x = generator.normal(size=count) + 1.5 * fraud
    part = np.where(np.arange(count) % 3 > 0, "train", "validation")
    return pd.DataFrame(
        {"x": x, "z": generator.normal(size=count), "fraud": np.where(fraud, "yes", "no"), "part": part}
    )


def run_of(*steps, model=None, data=None, **roles) -> mlsys.Run:
    made = Pipeline([PredefinedSplit("part"), *steps, Train(model or GaussianNB())], target="fraud", **roles)
    return made.run(payments() if data is None else data, track=False, cache=False)


def test_the_weight_of_a_class_is_one_over_its_effective_number():
    frame = payments()
    counts = frame["fraud"].value_counts()
    weights = WeighClasses(effective=0.99).resample(frame, target="fraud")["training_weight"]
    by_class = weights.groupby(frame["fraud"]).first()
    wanted = {name: (1 - 0.99) / (1 - 0.99 ** int(count)) for name, count in counts.items()}  # the paper's formula
    assert by_class["yes"] / by_class["no"] == pytest.approx(wanted["yes"] / wanted["no"], rel=1e-12)
    assert weights.mean() == pytest.approx(1)


def test_weights_alike_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_sample_weight

    frame = payments()
    weights = WeighClasses().resample(frame, target="fraud")["training_weight"]
    assert np.allclose(weights, compute_sample_weight("balanced", frame["fraud"]), rtol=1e-12)


def test_the_weight_role_is_multiplied():
    frame = payments().assign(w=lambda each: 1.0 + np.arange(len(each)) % 3)
    weights = WeighClasses(costs=COSTS).resample(frame, target="fraud", weight="w")["training_weight"]
    wanted = frame["w"] * np.where(frame["fraud"] == "yes", 9, 1)
    assert np.allclose(weights, wanted / wanted.mean(), rtol=1e-12)


@pytest.mark.long
def test_a_model_learns_by_the_weights_and_the_evaluation_does_not_change_its_own():
    run = run_of(WeighClasses(costs=COSTS), model=LogisticRegression())
    frame = payments()
    train = frame[frame["part"] == "train"]
    weights = WeighClasses(costs=COSTS).resample(train, target="fraud")["training_weight"]
    alone = LogisticRegression().fit(train[["x", "z"]], train["fraud"], sample_weight=weights)
    said = run.predict(frame)
    assert said["prediction"].tolist() == alone.predict(frame[["x", "z"]]).tolist()
    now = train["fraud"].map({"no": 1, "yes": 9})
    after = now.groupby(train["fraud"]).sum() / now.sum()
    before = train["fraud"].value_counts(normalize=True)
    odds = alone.predict_proba(frame[["x", "z"]]) * [before["no"] / after["no"], before["yes"] / after["yes"]]
    assert np.allclose(said["probability_yes"], odds[:, 1] / odds.sum(axis=1), rtol=1e-9)
    assert "training_weight" not in run.predict(frame).columns


@pytest.mark.long
def test_probabilities_after_resampling_are_those_of_a_model_of_all_rows():
    # Naive Bayes knows the prior by its own formula, so that repeated rows change nothing else.
    sampler = pytest.importorskip("imblearn.over_sampling").RandomOverSampler()
    frame = payments(3_000)
    plain, resampled = run_of(data=frame).predict(frame), run_of(Resample(sampler), data=frame).predict(frame)
    assert np.abs(plain["probability_yes"] - resampled["probability_yes"]).mean() < 0.01
    assert (resampled["prediction"] == "yes").mean() > 2 * (plain["prediction"] == "yes").mean()


@pytest.mark.long
def test_the_card_says_so_and_a_saved_model_predicts_the_same(tmp_path):
    run = run_of(WeighClasses())
    assert "corrected to the shares" in str(run)
    run.save(tmp_path / "model")
    frame = payments()
    pd.testing.assert_frame_equal(mlsys.load(tmp_path / "model").predict(frame), run.predict(frame))


def test_a_corrected_model_tells_probabilities_by_the_shares_before_and_the_same_classes():
    frame = payments().drop(columns="part")
    step = Train(GaussianNB())
    state = step.fit(frame, target="fraud").state
    given = step.predict(frame, state)
    said = step.predict(frame, step.corrected(state, [Shares(("no", "yes"), (0.99, 0.01), (0.9, 0.1))]))
    odds = given["probability_yes"] / given["probability_no"] * (0.01 / 0.1) / (0.99 / 0.9)
    assert np.allclose(said["probability_yes"], odds / (1 + odds), rtol=1e-12)
    assert said["prediction"].equals(given["prediction"])


def test_shares_that_did_not_change_are_not_corrected():
    assert "corrected" not in str(run_of())


def test_odds_of_several_steps_multiply_and_a_class_that_is_gone_keeps_its_probability():
    steps = [Shares(("a", "b"), (0.8, 0.2), (0.5, 0.5)), Shares(("a", "b"), (0.5, 0.5), (1.0, 0.0))]
    assert odds_back(steps, ["a", "b", "c"]).tolist() == pytest.approx([0.8, 0.4, 1.0])


def test_an_estimator_without_weights_is_refused_by_name():
    with pytest.raises(DataError, match="accepts no weights"):
        run_of(WeighClasses(), model=KNeighborsClassifier())


@pytest.mark.parametrize(
    "given",
    [
        {"effective": 0.0},
        {"effective": 1.5},
        {"costs": {"no": {"yes": 1}}},
        {"costs": {"no": {"yes": -1}, "yes": {"no": 1}}},
        {"costs": {"no": {"no": 1}, "yes": {"no": 1}}},
    ],
)
def test_numbers_that_are_none_are_refused(given):
    with pytest.raises(ConfigurationError):
        WeighClasses(**given)


def test_rows_that_cannot_be_weighed_are_refused():
    frame = payments()
    with pytest.raises(DataError, match="costs= names"):
        WeighClasses(costs={"a": {"b": 1}, "b": {"a": 1}}).resample(frame, target="fraud")
    with pytest.raises(DataError, match="have the class no"):
        WeighClasses().resample(frame[frame["fraud"] == "no"], target="fraud")
    with pytest.raises(DataError, match="holds numbers such as"):
        WeighClasses().resample(frame, target="x")
    with pytest.raises(DataError, match="which the rows have"):
        WeighClasses().resample(frame.assign(training_weight=1.0), target="fraud")
    with pytest.raises(DataError, match="is null in 1 training"):
        WeighClasses().resample(frame.assign(fraud=frame["fraud"].where(frame.index > 0)), target="fraud")
