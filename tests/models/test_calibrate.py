"""Probabilities that come true as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models import Calibrate, Train
from mlsys.states import check_storable
from mlsys.steps import Fitted

METHODS = ["sigmoid", "isotonic", "temperature"]


def binary(rows: int = 4000, seed: int = 0, stretch: float = 3.0, shift: float = 1.0) -> pd.DataFrame:
    """Outcomes with known odds, and a model that overstates them."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(size=rows)
    said = 1 / (1 + np.exp(-(stretch * odds + shift)))
    return pd.DataFrame(
        {
            "y": pd.array(generator.random(rows) < 1 / (1 + np.exp(-odds)), dtype="boolean"),
            "prediction": said > 0.5,
            "probability_False": 1 - said,
            "probability_True": said,
            "truth": 1 / (1 + np.exp(-odds)),
        }
    )


def many(rows: int = 6000, names=("a", "b", "c")) -> pd.DataFrame:
    generator = np.random.default_rng(2)
    odds = generator.normal(size=(rows, 3))
    truth = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    said = np.exp(3 * odds) / np.exp(3 * odds).sum(axis=1, keepdims=True)
    drawn = (truth.cumsum(axis=1) < generator.random((rows, 1))).sum(axis=1)
    frame = pd.DataFrame(said, columns=[f"probability_{name}" for name in names])
    return frame.assign(y=np.array(names)[drawn], prediction=np.array(names)[said.argmax(axis=1)])


def fitted(method: str, frame: pd.DataFrame, **roles) -> Fitted:
    step = Calibrate(method)
    return Fitted(step, step.learn(Rows.of(frame, Roles(target="y", **roles), ())))


@pytest.mark.parametrize("method", METHODS)
def test_overstated_probabilities_come_down_to_what_happens(method):
    shift = 0.0 if method == "temperature" else 1.0  # one number can stretch odds, but not move them
    train, later = binary(shift=shift), binary(seed=1, shift=shift)
    found = fitted(method, train).predict(later.drop(columns=["y", "truth"]))
    assert found.columns.tolist() == ["prediction", "probability_False", "probability_True"]
    assert np.abs(found["probability_True"] - later["truth"]).mean() < 0.03
    assert np.abs(later["probability_True"] - later["truth"]).mean() > 0.12
    assert (found["prediction"] == (found["probability_True"] > 0.5)).all()
    assert found["prediction"].dtype == bool
    assert (found["probability_False"] + found["probability_True"]).to_numpy() == pytest.approx(1.0)


def test_a_sigmoid_is_the_line_of_highest_smoothed_likelihood():
    frame = binary(300)
    weights = np.arange(300) % 4 + 0.5
    line = fitted("sigmoid", frame.assign(w=weights), weight="w").state["maps"][0]
    odds = np.log(frame["probability_True"] / frame["probability_False"]).to_numpy()
    hit = frame["y"].to_numpy(dtype=bool)
    positive, negative = weights[hit].sum(), weights[~hit].sum()
    target = np.where(hit, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(line):
        score = line[0] * odds + line[1]
        return (weights * (np.logaddexp(0, score) - target * score)).sum()

    best = minimize(loss, [1.0, 0.0], tol=1e-12)
    assert [line["slope"], line["intercept"]] == pytest.approx(best.x, abs=1e-4)


def test_isotonic_is_scikit_learns():
    frame, later = binary(500), binary(200, seed=3)
    found = fitted("isotonic", frame).predict(later)["probability_True"]
    steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    expected = steps.fit(frame["probability_True"], frame["y"].astype(float)).predict(later["probability_True"])
    assert found.to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize("method", METHODS)
def test_order_within_a_class_is_kept(method):
    frame = binary()
    found = fitted(method, frame).predict(frame)
    ordered = found.sort_values("probability_True")["probability_True"].to_numpy()
    by_model = found.loc[frame.sort_values("probability_True").index, "probability_True"].to_numpy()
    assert by_model == pytest.approx(ordered)


@pytest.mark.parametrize("method", METHODS)
def test_several_classes_are_calibrated_and_sum_to_one(method):
    frame = many()
    columns = ["probability_a", "probability_b", "probability_c"]
    found = fitted(method, frame[:3000]).predict(frame[3000:])
    assert found[columns].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert log_loss(frame["y"][3000:], found[columns]) < log_loss(frame["y"][3000:], frame[columns][3000:]) - 0.2
    assert (found["prediction"] == found[columns].idxmax(axis=1).str[-1]).all()


def test_a_row_in_which_all_classes_fall_to_zero_gets_equal_shares():
    step = Calibrate("isotonic")
    nothing = {"from": np.array([0.0, 1.0]), "to": np.array([0.0, 0.0])}
    columns = ["probability_1", "probability_2", "probability_3"]
    state = {"method": "isotonic", "classes": [1, 2, 3], "columns": columns, "maps": [nothing] * 3}
    found = step.apply(pd.DataFrame([[0.2, 0.3, 0.5]], columns=columns), state)
    assert found[columns].to_numpy() == pytest.approx(1 / 3)


@pytest.mark.parametrize("names", [("a", "b", "c"), (0, 1, 2), (10, 20, 30), (0.5, 1.0, 1.5)])
def test_classes_keep_their_type_even_one_that_does_not_occur(names):
    frame = many(names=names)
    some = frame[(frame["y"] != names[2]) & (frame["prediction"] != names[2])]
    state = fitted("sigmoid", some).state
    assert state["classes"] == list(names)
    assert [type(value) for value in state["classes"]] == [type(value) for value in names]


def test_weights_count_as_repeated_rows():
    frame = binary(400).assign(w=np.arange(400) % 3 + 1)
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    for method in METHODS:
        one = fitted(method, frame, weight="w").predict(frame)["probability_True"]
        other = fitted(method, repeated.drop(columns="w")).predict(frame)["probability_True"]
        assert one.to_numpy() == pytest.approx(other.to_numpy(), abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_state_is_plain_data_and_no_rows_are_fine(method):
    calibrated = fitted(method, binary(300))
    check_storable(calibrated.state)
    assert len(calibrated.predict(binary(300)[:0])) == 0


@pytest.mark.parametrize("method", METHODS)
def test_certain_probabilities_do_not_break_it(method):
    frame = binary(300)
    certain = frame.assign(probability_True=np.round(frame["probability_True"]))
    certain = certain.assign(probability_False=1 - certain["probability_True"])
    found = fitted(method, certain).predict(certain)
    assert found["probability_True"].between(0, 1).all()


def test_there_must_be_probabilities_and_both_outcomes():
    frame = binary(100)
    with pytest.raises(ConfigurationError, match="remove Calibrate.. after a regressor"):
        fitted("sigmoid", frame[["y", "prediction"]])
    with pytest.raises(DataError, match="have the class True"):
        fitted("sigmoid", frame.assign(y=True))
    with pytest.raises(ConfigurationError, match="method"):
        Calibrate("magic")


def test_it_follows_a_model(cancer):
    model = Train(LogisticRegression(max_iter=10_000)).fit(cancer[:300], target="target")
    predictions = model.predict(cancer[300:])
    calibrated = fitted("sigmoid", predictions.assign(y=cancer["target"][300:]))
    assert calibrated.state["classes"] == [0, 1]
    assert calibrated.predict(predictions)["prediction"].isin([0, 1]).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_a_cross_fitted_model_never_saw_had_no_chance_there(method):
    frame = many(900)
    gone, zero = frame.copy(), frame.copy()
    gone.loc[:299, "probability_c"], zero.loc[:299, "probability_c"] = np.nan, 0.0
    found, expected = fitted(method, gone).predict(frame), fitted(method, zero).predict(frame)
    assert found.equals(expected)


def test_a_temperature_is_the_one_of_highest_likelihood_and_changes_no_prediction():
    frame = many()
    columns = ["probability_a", "probability_b", "probability_c"]
    step = fitted("temperature", frame)
    found = step.predict(frame)
    assert step.state["factor"] == pytest.approx(1 / 3, abs=0.02)  # the odds were stretched by 3
    assert found["prediction"].tolist() == frame["prediction"].tolist()
    assert found[columns].sum(axis=1).to_numpy() == pytest.approx(1.0)
    least = log_loss(frame["y"], found[columns])
    for factor in (0.98, 1.02):
        other = np.exp(step.state["factor"] * factor * np.log(frame[columns]))
        assert least < log_loss(frame["y"], other.div(other.sum(axis=1), axis=0))


def test_a_temperature_reads_scores_too():
    frame = many()
    shares = frame[["probability_a", "probability_b", "probability_c"]]
    scores = np.log(shares).rename(columns=lambda name: name.replace("probability", "score")) + 5.0
    by_score = fitted("temperature", pd.concat([scores, frame[["y", "prediction"]]], axis=1)).predict(scores)
    by_share = fitted("temperature", frame).predict(frame)
    assert by_score[shares.columns].to_numpy() == pytest.approx(by_share[shares.columns].to_numpy(), abs=1e-6)
