"""Abstain: by share and by risk, against brute force and on later rows; what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Abstain
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._confidence import cut_by_risk


def said_of(shares, y=None) -> tuple[pd.DataFrame, Rows]:
    share = np.asarray(shares, dtype=float)
    said = pd.DataFrame({"prediction": share > 0.5, "probability_False": 1 - share, "probability_True": share})
    frame = said if y is None else said.assign(y=y)
    return said, Rows.of(frame, Roles(target=None if y is None else "y"), (), predictions=said)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30), st.sampled_from([0.1, 0.3, 0.5]))
def test_no_other_threshold_answers_more_rows_at_this_risk(rows, risk):
    sure, wrong = (np.array(each) for each in zip(*rows, strict=True))
    answered = sure > cut_by_risk(sure.astype(float), wrong, np.ones(len(sure)), risk, None)
    allowed = [(sure > cut).sum() for cut in range(-1, 5) if (sure > cut).any() and wrong[sure > cut].mean() <= risk]
    assert answered.sum() == max(allowed, default=0)


def test_later_answers_keep_the_risk_with_confidence():
    rng, kept, plain = np.random.default_rng(0), 0, 0
    for _ in range(150):
        share = rng.uniform(0.5, 1.0, 600)
        wrong = rng.random(600) > share
        for confidence in (0.9, None):
            cut = max(0.5, cut_by_risk(share, wrong, np.ones(600), 0.1, confidence))
            true_risk = 1 - (1 + cut) / 2 if cut < 1 else 0.0  # of answers above the cut
            kept += confidence is not None and true_risk <= 0.1
            plain += confidence is None and true_risk <= 0.1
    assert kept / 150 >= 0.9 and 0.3 < plain / 150 < 0.75


def test_the_least_sure_rows_are_left_out_and_predictions_stay():
    said, rows = said_of([0.1, 0.45, 0.55, 0.9])
    step = Abstain(rate=0.5)
    state = step.learn(rows)
    found = step.apply(said, state)
    assert found["abstains"].tolist() == [False, True, True, False]
    assert found[said.columns.tolist()].equals(said)
    assert step.learned_in_words(state).startswith("answers from a probability above 0.725: abstention_rate 0.5")


def test_of_scores_the_lead_over_the_other_classes_counts():
    said = pd.DataFrame(
        {"prediction": list("abc"), "score_a": [9.0, 1, 1], "score_b": [8.0, 4, 2], "score_c": [0.0, 1, 9]}
    )
    step = Abstain(rate=0.34)
    assert step.apply(said, step.learn(Rows.of(said, Roles(), (), predictions=said)))["abstains"].tolist() == [
        True, False, False,
    ]  # fmt: skip


def test_of_numbers_the_width_of_intervals_counts():
    wide = np.array([1.0, 5.0, 2.0, 3.0])
    said = pd.DataFrame({"prediction": 0.0, "prediction_lower": -wide, "prediction_upper": wide})
    step = Abstain(rate=0.25)
    assert step.apply(said, step.learn(Rows.of(said, Roles(), (), predictions=said)))["abstains"].tolist() == [
        False, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given_", [{}, {"rate": 0.1, "risk": 0.1}, {"rate": 1.0}, {"risk": 0.0}, {"rate": 0.1, "confidence": 0.9}]
)
def test_one_rule_with_numbers_in_range_is_needed(given_):
    with pytest.raises(ConfigurationError, match="Abstain"):
        Abstain(**given_)


def test_a_model_that_is_never_right_often_enough_is_refused_with_a_figure():
    _, rows = said_of([0.6, 0.7, 0.8, 0.9], [False] * 4)
    with pytest.raises(
        DataError, match=r"(?s)no threshold keeps risk=0.1; .* 1 of the surest tenth of 4 rows.*allow more"
    ):
        Abstain(risk=0.1).learn(rows)
    plain = pd.DataFrame({"prediction": [1.0, 2.0]})
    with pytest.raises(ConfigurationError, match=r"(?s)how sure the model is.*Conformal\(\) before it"):
        Abstain(rate=0.1).learn(Rows.of(plain, Roles(), (), predictions=plain))
    with pytest.raises(DataError, match="rows of a known class"):
        Abstain(risk=0.1).learn(said_of([0.6, 0.7])[1])
