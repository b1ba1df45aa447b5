"""Numbers that evaluated rows chose: thresholds and curves of their predictions, weights of all rows' classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_class_weight

from mlsys import Pipeline, Postprocess, PredefinedSplit, RandomSplit, Train
from mlsys.errors import Finding
from mlsys.leakage.captured_values import Holding
from mlsys.leakage.held_predictions import held_prediction_findings
from mlsys.leakage.repeats import repeat_findings


def rows(count: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.normal(size=(count, 2)), columns=["a", "b"])
    part = rng.choice(["train", "validation", "test"], count, p=[0.6, 0.2, 0.2])
    return frame.assign(y=(frame["a"] + rng.normal(size=count) > 0.6).astype(int), part=part)


class Cut(Postprocess):
    at: float

    def learn(self, calibration):
        return self.at

    def apply(self, predictions, at):
        return predictions.assign(prediction=(predictions["probability_1"] >= at).astype(int))


def curve_step(curve: IsotonicRegression) -> Postprocess:
    class Curve(Postprocess):
        def learn(self, calibration):
            return 0.0

        def apply(self, predictions, state):
            said = curve.predict(predictions["probability_1"])
            return predictions.assign(probability_1=said, probability_0=1 - said)

    return Curve()


def findings(step: Postprocess, model: Any = None) -> list[Finding]:
    steps = [PredefinedSplit("part"), Train(model or LogisticRegression()), step]
    run = Pipeline(steps, target="y").run(rows(), track=False, cache=False)
    return [each for each in run.findings if each.code == "LK220"]


def said_of(part: str, model: Any = None) -> tuple[np.ndarray, pd.Series]:
    frame = rows()
    fitted = (model or LogisticRegression()).fit(*_xy(frame[frame["part"] == "train"]))
    x, y = _xy(frame[frame["part"] == part])
    return fitted.predict_proba(x)[:, 1], y


def _xy(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    return frame[["a", "b"]], frame["y"]


@pytest.mark.parametrize("part", ["validation", "train"])
def test_a_threshold_that_is_a_prediction_of_a_validation_row_is_an_error(part: str) -> None:
    said, _ = said_of(part)
    found = findings(Cut(float(np.sort(said)[len(said) // 2])))
    assert [each.step for each in found] == (["Cut"] if part == "validation" else [])
    if found:
        assert (
            "'at' is a prediction of validation rows" in found[0].message and "learn(calibration)" in found[0].message
        )


def test_a_round_threshold_and_one_of_other_rows_are_none() -> None:
    assert findings(Cut(0.35)) == findings(Cut(0.3512345678912345)) == []


@pytest.mark.parametrize("part", ["validation", "train"])
def test_a_curve_through_predictions_of_validation_rows_is_an_error(part: str) -> None:
    curve = IsotonicRegression(out_of_bounds="clip").fit(*said_of(part))
    assert [each.step for each in findings(curve_step(curve))] == (["Curve"] if part == "validation" else [])


def test_a_leaf_that_training_rows_have_too_proves_nothing() -> None:
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    said, _ = said_of("validation", tree)
    assert findings(Cut(float(said[0])), tree) == []


def test_a_share_of_few_neighbours_proves_nothing() -> None:
    """Rows of a fold have 4/7 as well, though no training row happens to."""
    judged = pd.DataFrame({"prediction": [0, 1], "probability_1": [4 / 7, 0.4185123456789]})
    held = [Holding("Cut", "", "at", value) for value in (4 / 7, 0.4185123456789)]
    found = [held_prediction_findings([each], {"validation": judged}, lambda: judged[:0]) for each in held]
    assert [len(each) for each in found] == [0, 1]


def test_training_rows_are_predicted_only_if_they_are_needed() -> None:
    def never() -> pd.DataFrame:
        raise AssertionError

    said = pd.DataFrame({"prediction": ["no", "yes"], "probability_yes": [0.1234567890123, np.nan]})
    held = [Holding("Cut", "", name, value) for name, value in (("at", 0.5), ("to", 0.1244567890129), ("of", "text"))]
    assert held_prediction_findings(held, {"validation": said, "test": said[:0]}, never) == []
    assert held_prediction_findings([], {"validation": said}, never) == []


@pytest.mark.parametrize("known", ["all rows", "training rows"])
def test_weights_of_classes_are_told_by_whose_rows_were_counted(known: str) -> None:
    frame = rows()
    counted = frame if known == "all rows" else frame[frame["part"] == "train"]
    weights = compute_class_weight("balanced", classes=np.array([0, 1]), y=counted["y"])
    model = LogisticRegression(class_weight=dict(enumerate(weights.tolist())))
    run = Pipeline([PredefinedSplit("part"), Train(model)], target="y").run(frame, track=False, cache=False)
    found = [each.message for each in run.findings if each.code == "LK220"]
    assert len(found) == (known == "all rows")
    assert all("weights that balance the classes" in each for each in found)


def test_rows_of_few_columns_that_recur_only_across_the_parts_are_one_case() -> None:
    frame = rows()[["a", "b", "y"]]
    train = frame.reset_index(drop=True)
    judged = frame[:200].set_axis(range(9_000, 9_200))
    (found,) = repeat_findings(train, judged, "validation", ["a", "b"], "y")
    assert (found.code, found.severity) == ("LK213", "warning")


def test_places_that_recur_by_nature_are_information() -> None:
    rng = np.random.default_rng(3)
    station = rng.normal(size=(60, 2))[rng.integers(0, 60, 800)]
    frame = pd.DataFrame(station, columns=["north", "east"]).assign(y=rng.integers(0, 2, 800))
    found = repeat_findings(frame[:500], frame[500:], "validation", ["north", "east"], "y")
    assert {each.severity for each in found} == {"information"}


def test_a_split_by_chance_of_clean_rows_says_nothing() -> None:
    run = Pipeline([RandomSplit(), Train(LogisticRegression())], target="y", exclude=["part"]).run(
        rows(), track=False, cache=False
    )
    assert not [each for each in run.findings if each.severity != "information"]
