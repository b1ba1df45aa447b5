"""What a classifier without probabilities says of rows orders them, and becomes probabilities when calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import RidgeClassifier, SGDClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.svm import SVC, LinearSVC

from mlsys import Calibrate, Evaluate, Pipeline, Train, load
from mlsys.errors import ConfigurationError


class Plain(ClassifierMixin, BaseEstimator):
    """Says a class and nothing else."""

    def fit(self, X: Any, y: Any) -> Plain:  # noqa: N803
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        return np.repeat(self.classes_[:1], len(X))


def frame(classes: int = 2, rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "c"])
    noisy = made["a"] + rng.normal(scale=0.8, size=rows)
    return made.assign(y=pd.qcut(noisy, classes, labels=["low", "mid", "top"][-classes:]).astype(str))


def judged(steps: list[Any], data: pd.DataFrame, **more: Any) -> Any:
    return Pipeline(steps, target="y", **more).run(data, track=False, cache=False, verbose=False)


@pytest.mark.quick("LinearSVC()", "SGDClassifier()")
@pytest.mark.parametrize("estimator", [LinearSVC(), RidgeClassifier(), SGDClassifier(), SVC()], ids=repr)
def test_areas_are_those_of_the_decision_function_and_nothing_is_claimed_of_probabilities(estimator: Any) -> None:
    data = frame()
    run = judged([estimator], data, event="top")
    values = run.metrics.drop_duplicates("metric").set_index("metric")["value"]
    said = run.predictions["validation"]
    truth = data.loc[said.index, "y"] == "top"
    assert {"prediction", "score_mid", "score_top"} == set(said.columns)
    assert values["roc_auc"] == pytest.approx(roc_auc_score(truth, said["score_top"]))
    assert values["average_precision"] == pytest.approx(average_precision_score(truth, said["score_top"]))
    assert not {"log_loss", "brier"} & set(values.index)
    with pytest.raises(ConfigurationError, match="needs probabilities"):
        judged([estimator, Evaluate(metrics=["log_loss"])], data)


def test_scores_are_those_of_the_estimator_and_the_event_is_scored_high() -> None:
    data = frame()
    fitted = Train(LinearSVC(random_state=0)).fit(data, target="y")
    theirs = LinearSVC(random_state=0).fit(data[["a", "b", "c"]], data["y"]).decision_function(data[["a", "b", "c"]])
    said = fitted.predict(data)
    np.testing.assert_allclose(said["score_top"], theirs)
    np.testing.assert_allclose(said["score_mid"], -theirs)
    assert fitted.predict(data.head(0)).columns.tolist() == said.columns.tolist()


def test_more_classes_have_a_score_each() -> None:
    data = frame(3)
    run = judged([LinearSVC()], data)
    values = run.metrics.drop_duplicates("metric").set_index("metric")["value"]
    said = run.predictions["validation"]
    truth = data.loc[said.index, "y"]
    each = [roc_auc_score(truth == name, said[f"score_{name}"]) for name in ("low", "mid", "top")]
    assert values["macro_roc_auc"] == pytest.approx(np.mean(each)) and "log_loss" not in values.index


@pytest.mark.quick("sigmoid-2", "isotonic-3")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated_scores_are_probabilities(classes: int, method: str, tmp_path: Path) -> None:
    data = frame(classes)
    run = judged([LinearSVC(), Calibrate(method)], data)
    said = run.predict(data)
    shares = said.filter(like="probability_")
    assert not said.filter(like="score_").columns.size and shares.shape[1] == classes
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert "log_loss" in set(run.metrics["metric"])
    theirs = CalibratedClassifierCV(LinearSVC(), method=method, ensemble=False).fit(data[["a", "b", "c"]], data["y"])
    assert np.abs(shares.to_numpy() - theirs.predict_proba(data[["a", "b", "c"]])).mean() < 0.05
    assert load(run.save(tmp_path / "model")).predict(data).equals(said)


def test_a_model_without_either_is_told_what_calibration_needs() -> None:
    with pytest.raises(ConfigurationError, match="predict_proba or decision_function"):
        judged([Plain(), Calibrate()], frame())
