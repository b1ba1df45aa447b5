"""SelfTraining and LabelSpreading give training rows labels, and say how right these are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import LabelSpreading as ReferenceSpreading
from sklearn.semi_supervised import SelfTrainingClassifier

from mlsys import Evaluate, LabelSpreading, Pipeline, SelfTraining, StratifiedSplit, Train
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.labeling._classifier import coded
from mlsys.labeling.unlabelled.pseudo import held_out

NB = GaussianNB()


def blobs(count: int = 300, share: float = 0.1, apart: float = 3.0) -> tuple[pd.DataFrame, pd.Series]:
    """Two clouds with few labels, and the truth."""
    rng = np.random.default_rng(1)
    truth = np.arange(count) % 2
    x = rng.normal(size=(count, 2)) + truth[:, None] * apart
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(y=pd.array(truth, dtype="Int64"))
    frame.loc[rng.random(count) > share, "y"] = pd.NA
    return frame, pd.Series(truth)


@pytest.mark.parametrize("threshold", [0.75, 0.99])
def test_labels_are_those_of_scikit_learn_where_nothing_is_held_out(threshold):
    frame, _ = blobs(apart=1.5)
    made = SelfTraining(NB, threshold=threshold, gold_share=0).resample(frame, target="y")["y"]
    known = frame["y"].fillna(-1).astype(int).to_numpy()
    expected = SelfTrainingClassifier(NB, threshold=threshold, max_iter=10).fit(frame[["a", "b"]].to_numpy(), known)
    assert made.fillna(-1).tolist() == expected.transduction_.tolist()


def test_labels_spread_as_scikit_learn_spreads_them():
    frame, _ = blobs(apart=1.5)
    made = LabelSpreading(threshold=0.6, gold_share=0, scale=False).resample(frame, target="y")["y"]
    known = frame["y"].fillna(-1).astype(int).to_numpy()
    expected = ReferenceSpreading("knn", n_neighbors=8, max_iter=300).fit(frame[["a", "b"]].to_numpy(), known)
    sure = (expected.label_distributions_.max(axis=1) >= 0.6) & (known < 0)
    assert made[sure].tolist() == expected.transduction_[sure].tolist()
    assert made[~sure & (known < 0)].isna().all()


@pytest.mark.parametrize("step", [SelfTraining(NB), LabelSpreading()], ids=["self-training", "spreading"])
def test_known_labels_stay_and_types_too(step):
    frame, truth = blobs()
    for kind in ("Int64", "boolean", "str", "category"):
        typed = frame.assign(y=frame["y"].map({0: False, 1: True}).astype("boolean") if kind == "boolean"
                             else frame["y"].map({0: "no", 1: "yes"}).astype(kind) if kind in ("str", "category")
                             else frame["y"])  # fmt: skip
        made = step.resample(typed, target="y")
        assert made["y"].dtype == typed["y"].dtype
        known = typed["y"].notna()
        assert (made.loc[known, "y"] == typed.loc[known, "y"]).all()
        assert made["y"].notna().sum() > known.sum()


def test_the_report_counts_right_labels_among_rows_that_were_hidden():
    frame, truth = blobs(count=600, share=0.3)
    pipeline = Pipeline([StratifiedSplit(), SelfTraining(NB, gold_share=0.25), Train(NB), Evaluate()], target="y")
    run = pipeline.run(frame, track=False, cache=False)
    result = run.reports["pseudo labels"]
    assert result.table["labelled"].sum() == result.scalars["labelled"] > 300
    assert 0.9 < result.scalars["accuracy"] <= 1
    known = int(frame["y"].notna().sum())
    assert result.scalars["held_out"] == pytest.approx(0.25 * 0.7 * known, rel=0.2)
    assert result.table["asked"].iloc[0] == result.scalars["unknown"] + result.scalars["held_out"]
    assert "held-out labels" in result.summary
    assert "How right" in result.plot().get_title("left")
    assert run.frame("validation")["y"].notna().all()
    pseudo = run.frame("train", after="SelfTraining")["y"]
    assert (pseudo.dropna() == truth[pseudo.dropna().index]).mean() > 0.95


def test_hidden_rows_are_whole_groups_and_never_all_of_a_class():
    y = pd.Series([0, 0, 0, 0, 0, 0, 1, None, None, None])
    rows = Rows.of(pd.DataFrame({"y": y, "g": [1, 1, 2, 2, 3, 3, 4, 5, 5, 5]}), Roles(target="y", group="g"), ())
    for seed in range(20):
        hidden = held_out(rows, coded(rows.y, "step"), 0.34, seed)
        assert not hidden[6] and not hidden[7:].any()
        assert pd.Series(hidden[:6]).groupby(rows["g"][:6].to_numpy()).nunique().eq(1).all()


def test_rows_that_change_class_under_noise_get_no_label():
    frame, _ = blobs(apart=1.0, share=0.3)
    loose = SelfTraining(NB, threshold=0.5, rounds=1, gold_share=0)
    strict = SelfTraining(NB, threshold=0.5, rounds=1, gold_share=0, perturb="jitter", copies=5)
    counts = [step.resample(frame, target="y")["y"].notna().sum() for step in (loose, strict)]
    assert frame["y"].notna().sum() < counts[1] < counts[0]
    with pytest.raises(ContractError, match="shape"):
        SelfTraining(NB, perturb=lambda x, rng: x.iloc[:1]).resample(frame, target="y")


def test_texts_are_read_by_a_pipeline_of_estimators():
    texts = ["good great fine", "bad awful poor"] * 20
    frame = pd.DataFrame({"text": texts, "y": [["good", "bad"][n % 2] if n < 10 else None for n in range(40)]})
    step = SelfTraining(make_pipeline(CountVectorizer(), MultinomialNB()), features="text", perturb="jitter")
    assert step.resample(frame, target="y")["y"].tolist() == ["good", "bad"] * 20


def test_weights_are_probabilities_of_pseudo_labels_where_asked():
    frame, _ = blobs()
    made = SelfTraining(NB, weight="probability").resample(frame.assign(w=2.0), target="y", weight="w")
    known = frame["y"].notna()
    assert (made["w"] == 2.0).all() and (made.loc[known, "training_weight"] == 2.0).all()
    pseudo = made.loc[~known & made["y"].notna(), "training_weight"]
    assert pseudo.between(1.8, 2.0).all() and pseudo.nunique() > 5
    alone = SelfTraining(NB, weight="probability").resample(frame, target="y")
    assert (2 * alone["training_weight"]).to_numpy() == pytest.approx(made["training_weight"].to_numpy())
    assert "training_weight" not in SelfTraining(NB).resample(frame, target="y")


def test_rows_that_no_label_reaches_stay_unknown():
    frame = pd.DataFrame({"x": [0.0, 0.1, 0.25, 9.0, 9.1, 9.25, 99.0, 99.1], "y": ["a", None, None, "b"] + [None] * 4})
    made = LabelSpreading(neighbours=1, gold_share=0, scale=False).resample(frame, target="y")["y"]
    assert made.tolist()[:6] == ["a"] * 3 + ["b"] * 3
    assert made[6:].isna().all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(y=None), "no known label"),
        (lambda f: f.assign(y=f["y"].where(f["y"] == 1)), "only the class 1"),
        (lambda f: f.assign(y=np.linspace(0, 1, len(f))), "no classes"),
        (lambda f: f.assign(a="text"), "GaussianNB cannot learn"),
        (lambda f: f[["y"]], "no features"),
    ],
)
def test_what_cannot_be_learned_from_is_said(change, said):
    with pytest.raises(DataError, match=said):
        SelfTraining(NB).resample(change(blobs()[0]), target="y")


def test_an_estimator_without_probabilities_is_refused():
    with pytest.raises(ConfigurationError, match="predict_proba"):
        SelfTraining(LinearRegression())
    with pytest.raises(ConfigurationError, match="fit"):
        SelfTraining(LogisticRegression)


def test_distances_need_numbers():
    frame = blobs()[0]
    with pytest.raises(DataError, match="'a' holds nulls"):
        LabelSpreading().resample(frame.assign(a=frame["a"].where(frame["a"] > 0)), target="y")
    with pytest.raises(DataError, match="kernel='rbf'"):
        LabelSpreading(kernel="rbf").resample(pd.concat([frame] * 40, ignore_index=True), target="y")
