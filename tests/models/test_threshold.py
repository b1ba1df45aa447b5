"""Threshold: by a share of the rows, or by what mistakes cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Threshold
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models.threshold import cut_by_cost, cut_by_share

SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=30)


@given(SCORES, st.floats(0.01, 0.99))
def test_at_most_the_share_is_flagged_and_no_more_could_be(scores, share):
    values = np.array(scores, dtype=float)
    flagged = values > cut_by_share(values, np.ones(len(values)), share)
    assert flagged.mean() <= share + 1e-9
    below = values[~flagged]
    if len(below):
        assert (values >= below.max()).mean() > share - 1e-9


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans(), st.floats(0.1, 3)), min_size=1, max_size=25),
       st.floats(0.5, 20), st.floats(0.5, 20))  # fmt: skip
def test_no_other_threshold_costs_less(rows, missed, alarm):
    scores, event, weight = (np.array(each) for each in zip(*rows, strict=True))
    scores = scores.astype(float)

    def cost(cut):
        flagged = scores > cut
        return missed * weight[event & ~flagged].sum() + alarm * weight[~event & flagged].sum()

    found = cost(cut_by_cost(scores, event, weight, missed, alarm))
    assert found <= min(cost(cut) for cut in (-4, *np.unique(scores))) + 1e-9


def said_of(scores, prefix="score_", **columns):
    said = pd.DataFrame({"prediction": False, f"{prefix}False": -np.array(scores), f"{prefix}True": scores})
    return said, Rows.of(said.assign(**columns), Roles(target="bad" if columns else None), (), predictions=said)


def test_scores_are_moved_so_that_the_threshold_is_zero():
    said, rows = said_of([0.0, 1.0, 2.0, 3.0])
    threshold = Threshold(share=0.5)
    changed = threshold.apply(said, threshold.learn(rows))
    assert changed["score_True"].tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert (changed["score_False"] == -changed["score_True"]).all()
    assert changed["prediction"].tolist() == [False, False, True, True]
    assert changed.columns.tolist() == said.columns.tolist()


def test_probabilities_stay_as_they_are():
    said, rows = said_of([0.1, 0.2, 0.3, 0.9], prefix="probability_")
    said["probability_False"] = 1 - said["probability_True"]
    threshold = Threshold(share=0.5)
    changed = threshold.apply(said, threshold.learn(rows))
    assert changed[["probability_False", "probability_True"]].equals(said[["probability_False", "probability_True"]])
    assert changed["prediction"].tolist() == [False, False, True, True]


def test_unlabelled_rows_do_not_count_towards_costs():
    said, rows = said_of([0.0, 1.0, 2.0, 3.0, 9.0], bad=[False, False, True, True, None])
    threshold = Threshold(missed=10, false_alarm=1)
    assert threshold.apply(said, threshold.learn(rows))["prediction"].tolist() == [False, False, True, True, True]


@pytest.mark.parametrize(
    "given_", [{}, {"share": 0.1, "missed": 1.0, "false_alarm": 1.0}, {"missed": 1.0}, {"share": 0.1, "missed": 1.0}]
)
def test_one_rule_is_needed(given_):
    with pytest.raises(ConfigurationError, match=r"(?s)needs one rule.*share=0\.01"):
        Threshold(**given_)


@pytest.mark.parametrize("given_", [{"share": 0.0}, {"share": 1.0}, {"missed": -1.0, "false_alarm": 1.0}])
def test_numbers_out_of_range_are_refused(given_):
    with pytest.raises(ConfigurationError, match=r"Threshold: (share|missed)="):
        Threshold(**given_)


def test_costs_need_labels_of_both_kinds():
    for labels, held in (([None, None], "no row has a known label"), ([True, True], "all 2 have the class True")):
        with pytest.raises(DataError, match=rf"(?s){held}.*share=0\.01"):
            Threshold(missed=1, false_alarm=1).learn(said_of([1.0, 2.0], bad=labels)[1])


def test_scores_of_two_classes_are_needed():
    said = pd.DataFrame({"prediction": [1.0, 2.0]})
    with pytest.raises(ConfigurationError, match=r"(?s)scores of two classes.*after a detector"):
        Threshold(share=0.1).learn(Rows.of(said, Roles(), (), predictions=said))
