"""TuneThreshold: by a share of the rows, or by what mistakes cost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mlsys import TuneThreshold
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._cuts import cut_by_cost, cut_by_share, cut_that_holds

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
    threshold = TuneThreshold(share=0.5)
    changed = threshold.apply(said, threshold.learn(rows))
    assert changed["score_True"].tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert (changed["score_False"] == -changed["score_True"]).all()
    assert changed["prediction"].tolist() == [False, False, True, True]
    assert changed.columns.tolist() == said.columns.tolist()


def test_probabilities_stay_as_they_are():
    said, rows = said_of([0.1, 0.2, 0.3, 0.9], prefix="probability_")
    said["probability_False"] = 1 - said["probability_True"]
    threshold = TuneThreshold(share=0.5)
    changed = threshold.apply(said, threshold.learn(rows))
    assert changed[["probability_False", "probability_True"]].equals(said[["probability_False", "probability_True"]])
    assert changed["prediction"].tolist() == [False, False, True, True]


def test_unlabelled_rows_do_not_count_towards_costs():
    said, rows = said_of([0.0, 1.0, 2.0, 3.0, 9.0], bad=[False, False, True, True, None])
    threshold = TuneThreshold(missed=10, false_alarm=1)
    assert threshold.apply(said, threshold.learn(rows))["prediction"].tolist() == [False, False, True, True, True]


@pytest.mark.parametrize(
    "given_", [{}, {"share": 0.1, "missed": 1.0, "false_alarm": 1.0}, {"missed": 1.0}, {"share": 0.1, "missed": 1.0}]
)
def test_one_rule_is_needed(given_):
    with pytest.raises(ConfigurationError, match=r"(?s)needs one rule.*share=0\.01"):
        TuneThreshold(**given_)


@pytest.mark.parametrize("given_", [{"share": 0.0}, {"share": 1.0}, {"missed": -1.0, "false_alarm": 1.0}])
def test_numbers_out_of_range_are_refused(given_):
    with pytest.raises(ConfigurationError, match=r"TuneThreshold: (share|missed)="):
        TuneThreshold(**given_)


def test_costs_need_labels_of_both_kinds():
    for labels, held in (([None, None], "no row has a known label"), ([True, True], "all 2 have the class True")):
        with pytest.raises(DataError, match=rf"(?s){held}.*share=0\.01"):
            TuneThreshold(missed=1, false_alarm=1).learn(said_of([1.0, 2.0], bad=labels)[1])


def test_scores_of_two_classes_are_needed():
    said = pd.DataFrame({"prediction": [1.0, 2.0]})
    with pytest.raises(ConfigurationError, match=r"(?s)scores of two classes.*after a detector"):
        TuneThreshold(share=0.1).learn(Rows.of(said, Roles(), (), predictions=said))


ROWS = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=25)
RATES = {
    "recall": lambda event, flagged: flagged[event].mean(),
    "precision": lambda event, flagged: event[flagged].mean() if flagged.any() else np.nan,
    "false_positive_rate": lambda event, flagged: flagged[~event].mean(),
}


@pytest.mark.parametrize("held", RATES)
@given(rows=ROWS, bound=st.sampled_from([0.2, 0.5, 0.75, 0.9]))
def test_the_rate_holds_and_no_other_threshold_that_keeps_it_is_better(held, rows, bound):
    scores, event = (np.array(each) for each in zip(*rows, strict=True))
    if event.all() or not event.any():
        return
    keeps = (lambda rate: rate <= bound) if held == "false_positive_rate" else (lambda rate: rate >= bound)
    cuts = [flagged for cut in [-9, *np.unique(scores)] if keeps(RATES[held](event, flagged := scores > cut))]
    if not cuts:
        with pytest.raises(DataError, match=f"no threshold .* gives {held}"):
            cut_that_holds(scores.astype(float), event, np.ones(len(event)), held, bound, None, "TuneThreshold")
        return
    flagged = scores > cut_that_holds(scores.astype(float), event, np.ones(len(event)), held, bound, None, "")
    assert keeps(RATES[held](event, flagged))
    if held == "recall":
        assert flagged.sum() == min(each.sum() for each in cuts)
    else:
        assert flagged[event].sum() == max(each[event].sum() for each in cuts)


def test_with_confidence_later_rows_keep_the_rate_as_often_as_it_says():
    rng, kept = np.random.default_rng(0), {"recall": 0, "false_positive_rate": 0, "sure": 0}
    for _ in range(100):
        event = rng.random(400) < 0.3
        scores = rng.normal(event.astype(float), 1.0)
        for name, held, bound, confidence in (
            ("recall", "recall", 0.8, None), ("sure", "recall", 0.8, 0.95),
            ("false_positive_rate", "false_positive_rate", 0.1, 0.95),
        ):  # fmt: skip
            cut = cut_that_holds(scores, event, np.ones(400), held, bound, confidence, "")
            recall, alarms = 1 - norm.cdf(cut, 1.0), 1 - norm.cdf(cut, 0.0)
            kept[name] += recall >= bound if held == "recall" else alarms <= bound
    assert 0.35 < kept["recall"] / 100 < 0.65
    assert kept["sure"] / 100 > 0.92 and kept["false_positive_rate"] / 100 > 0.92


def test_costs_of_many_classes_choose_the_least_expected_cost():
    rng = np.random.default_rng(1)
    shares, matrix = rng.dirichlet(np.ones(3), 200), rng.integers(0, 9, (3, 3)).astype(float)
    names = ["a", "b", "c"]
    said = pd.DataFrame(shares, columns=[f"probability_{name}" for name in names]).assign(prediction="a")
    costs = {truth: dict(zip(names, row, strict=True)) for truth, row in zip(names, matrix.tolist(), strict=True)}
    step = TuneThreshold(costs=costs)
    found = step.apply(said, step.learn(Rows.of(said, Roles(), (), predictions=said)))["prediction"]
    by_hand = [names[int(np.argmin([row @ matrix[:, place] for place in range(3)]))] for row in shares]
    assert found.tolist() == by_hand


def test_costs_of_two_classes_are_elkans_threshold():
    said, rows = said_of([0.1, 0.2, 0.3, 0.9], prefix="probability_", bad=[False, False, True, True])
    said["probability_False"] = 1 - said["probability_True"]
    rows = Rows.of(said.assign(bad=[False, False, True, True]), Roles(target="bad"), (), predictions=said)
    step = TuneThreshold(costs={True: {False: 3}, False: {True: 1}})
    assert step.apply(said, step.learn(rows))["prediction"].tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ({"a": {"b": 1}, "b": {}}, r"lacks \['b'\]\['a'\]"),
        ({"a": {"b": 1}, "b": {"a": 1}, "d": {"a": 1}}, "names 'd'"),
    ],
)
def test_costs_must_be_of_the_classes_of_the_model(costs, said):
    frame = pd.DataFrame({"prediction": ["a"], "probability_a": [0.4], "probability_b": [0.6]})
    with pytest.raises(ConfigurationError, match=said):
        TuneThreshold(costs=costs).learn(Rows.of(frame, Roles(), (), predictions=frame))


def test_a_precision_that_no_threshold_reaches_is_refused_with_the_best_one():
    said, rows = said_of([1.0, 2.0, 3.0, 4.0], bad=[False, True, True, False])
    with pytest.raises(DataError, match=r"(?s)precision=0.9; the highest is 0.667.*ask for less"):
        TuneThreshold(precision=0.9).learn(rows)
    with pytest.raises(ConfigurationError, match="confidence=0.9 is with which a rate holds"):
        TuneThreshold(share=0.1, confidence=0.9)
