"""Labels that are likely to be wrong are found by id, from probabilities that did not see them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB

from mlsys import Evaluate, FindLabelErrors, Pipeline, RandomSplit, StratifiedSplit, Train, find_label_errors
from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling.errors.confident import _whole, guesses, joint
from mlsys.labeling.errors.scores import normalized_margin, self_confidence

NB = GaussianNB()
METHODS = ["self_confidence", "normalized_margin", "entropy", "confident_learning", "noise_rate", "by_class"]


def drawn(count: int = 2_000) -> tuple[np.ndarray, pd.Series, pd.DataFrame]:
    """True classes, labels of which 8 % are flipped, and probabilities."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, count)
    logits = rng.normal(size=(count, 4))
    logits[np.arange(count), truth] += 3
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.where(rng.random(count) < 0.08, (truth + rng.integers(1, 4, count)) % 4, truth)
    index = pd.Index([f"row {n}" for n in range(count)])
    names = ["w", "x", "y", "z"]
    return truth, pd.Series([names[each] for each in labels], index), pd.DataFrame(shares, index, names)


def brute_guesses(codes, shares):
    thresholds = [shares[codes == label, label].mean() for label in range(shares.shape[1])]
    found = []
    for row in shares:
        sure = [label for label in range(len(row)) if row[label] >= thresholds[label] - 1e-6]
        found.append(max(sure, key=lambda label: row[label]) if sure else -1)
    return found


def test_the_confident_joint_is_as_defined():
    _, labels, shares = drawn(300)
    codes, values = np.array([list(shares).index(each) for each in labels]), shares.to_numpy()
    guessed = brute_guesses(codes, values)
    assert guesses(codes, values).tolist() == guessed
    counts = np.zeros((4, 4))
    for label, guess in zip(codes, guessed, strict=True):
        if guess >= 0:
            counts[label, guess] += 1
    expected = counts / counts.sum(axis=1, keepdims=True) * np.bincount(codes)[:, None]
    assert joint(codes, values) == pytest.approx(expected)
    assert (_whole(expected).sum(axis=1) == np.bincount(codes)).all()
    assert np.abs(_whole(expected) - expected).max() < 1


@pytest.mark.parametrize("method", METHODS)
def test_most_suspects_are_wrong_and_most_wrong_labels_suspects(method):
    truth, labels, shares = drawn()
    wrong = labels.to_numpy() != np.array(list(shares))[truth]
    found = find_label_errors(labels, shares, folds=np.arange(len(labels)) % 5, method=method)
    hits = wrong[labels.index.get_indexer(found.ids)]
    assert hits.mean() > 0.6 and hits.sum() / wrong.sum() > 0.6
    assert found.table["rows"].sum() == len(found.ids) == found.scalars["suspects"]
    assert (found.suspects["label"].to_numpy() == labels[found.ids].to_numpy()).all()
    assert (found.suspects["suggested"] != found.suspects["label"]).all()
    if method != "confident_learning":
        assert 0.05 < found.scalars["estimated_share"] < 0.2


def test_suspects_come_with_the_lowest_score_first():
    _, labels, shares = drawn(500)
    found = find_label_errors(labels, shares, folds="held out", method="normalized_margin")
    codes = np.array([list(shares).index(each) for each in labels])
    score = pd.Series(normalized_margin(codes, shares.to_numpy()), labels.index)
    assert found.suspects["score"].tolist() == pytest.approx(score.nsmallest(len(found.ids)).tolist())
    own = pd.Series(self_confidence(codes, shares.to_numpy()), labels.index)
    assert found.suspects["probability"].to_numpy() == pytest.approx(own[found.ids].to_numpy())


def blobs(count: int = 300) -> tuple[pd.DataFrame, list[int]]:
    rng = np.random.default_rng(0)
    truth = np.arange(count) % 2
    x = rng.normal(size=(count, 2)) + 5 * truth[:, None]
    wrong = rng.choice(count, 20, replace=False)
    label = truth.copy()
    label[wrong] = 1 - label[wrong]
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(
        y=label, case=np.arange(count) + 1_000, who=np.arange(count) // 4
    )
    return frame, sorted(frame["case"].iloc[wrong].tolist())


def nearly(found, wrong):
    """Whether suspects are wrong labels, but for a few that confident learning does not count."""
    return set(found) <= set(wrong) and len(found) >= 0.7 * len(wrong)


def test_an_estimator_is_fitted_out_of_fold_by_group():
    frame, wrong = blobs()
    seen = []

    class Spy(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            seen.append(set(X.index))
            return super().fit(X, y, sample_weight)

    result = FindLabelErrors(Spy()).of(train=frame, target="y", id="case", group="who")
    assert nearly(result.ids, wrong)
    assert len(seen) == 5
    for learned in seen:
        judged = frame.index.difference(list(learned))
        assert not set(frame["who"][list(learned)]) & set(frame["who"][judged])
    assert result.plot().get_xlabel() == "labels worth a second look"


@pytest.mark.parametrize(
    ("split", "held"),
    [
        (StratifiedSplit(), "validation"),
        pytest.param(RandomSplit(parts={"test": 0.2}), "train", marks=pytest.mark.long),
    ],
    ids=["validation", "folds"],
)
def test_in_a_pipeline_the_model_judges_rows_that_it_did_not_learn_from(split, held):
    frame, wrong = blobs()
    steps = [split, Train(NB), Evaluate(), FindLabelErrors()]
    run = Pipeline(steps, target="y", id="case").run(frame.drop(columns="who"), track=False, cache=False)
    assert nearly(run.reports["label errors"].ids, set(wrong) & set(run.frame(held)["case"]))
    assert "label errors" in str(run.reports)


def test_labels_that_are_not_known_are_left_out():
    _, labels, shares = drawn(400)
    some = labels.where(np.arange(400) % 2 == 0)
    found = find_label_errors(some, shares, folds=np.arange(400) % 4)
    assert found.scalars["rows"] == 200 and some[found.ids].notna().all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda g: g | {"folds": None}, "must say the fold"),
        (lambda g: g | {"folds": [0] * 400}, "must say the fold"),
        (lambda g: g | {"groups": pd.Series(["same"] * 400)}, "group 'same' lie in several folds"),
        (lambda g: g | {"shares": g["shares"].assign(w="much")}, "probabilities of 'w' are no numbers"),
        (lambda g: g | {"shares": g["shares"] * 2}, "do not add up to 1"),
        (lambda g: g | {"shares": g["shares"].iloc[1:]}, "not of the same rows"),
        (lambda g: g | {"shares": g["shares"].rename(columns={"w": "v"})}, "no column of probabilities"),
        (lambda g: g | {"labels": g["labels"].where(g["labels"] == "w")}, "only the class w"),
    ],
)
def test_what_cannot_be_judged_is_said(change, said):
    _, labels, shares = drawn(400)
    with pytest.raises(DataError, match=said):
        find_label_errors(**change({"labels": labels, "shares": shares, "folds": np.arange(400) % 4}))


def test_a_class_in_one_fold_and_a_model_without_probabilities_are_refused():
    frame, _ = blobs()
    with pytest.raises(DataError, match="lie in one fold"):
        FindLabelErrors(NB).of(train=frame.assign(y=frame["y"].where(frame.index > 0, 7)), target="y", id="case")
    with pytest.raises(ConfigurationError, match="predict_proba"):
        FindLabelErrors(LinearRegression())
    with pytest.raises(DataError, match="did not learn from"):
        FindLabelErrors().of(train=frame, target="y")


def test_texts_and_truth_values_are_labels_too():
    frame, wrong = blobs()
    for labels in (frame["y"] == 1, frame["y"].map({0: "no", 1: "yes"}), frame["y"].astype("category")):
        given = frame.assign(y=labels)[["a", "b", "y", "case"]]
        assert nearly(FindLabelErrors(LogisticRegression()).of(train=given, target="y", id="case").ids, wrong)
