"""Annotators: who sees what, how far they agree, and what becomes of what they differ on."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling import HandLabels, VoteMatrix, Votes, agreement, annotator_report


def votes_of(accuracy, rows=120, share=1.0, seed=0, classes=3):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    codes = np.column_stack([
        np.where(rng.random(rows) < right, truth, (truth + rng.integers(1, classes, rows)) % classes)
        for right in accuracy
    ])  # fmt: skip
    codes[rng.random(codes.shape) > share] = -1
    names = ["ann", "ben", "cat", "dan", "eve"][: len(accuracy)]
    return VoteMatrix(codes, list("xyz")[:classes], names), truth


def test_alpha_is_one_less_observed_over_expected_disagreement_of_pairs():
    matrix, _ = votes_of([0.9, 0.7, 0.6, 0.5], 40, share=0.6)
    units = [[each for each in row if each >= 0] for row in matrix.codes.tolist()]
    units = [unit for unit in units if len(unit) > 1]
    total = sum(map(len, units))
    observed = sum(sum(a != b for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units) / total
    everything = [each for unit in units for each in unit]
    expected = sum(a != b for a, b in itertools.permutations(everything, 2)) / (total * (total - 1))
    row = agreement(matrix).table.set_index("measure").loc["Krippendorff's alpha"]
    assert row["value"] == pytest.approx(1 - observed / expected)
    assert row["lower"] < row["value"] < row["upper"]


def test_published_values_are_found():
    """Krippendorff (2011), four observers of twelve units, nominal: alpha .743; Fleiss (1971) of Wikipedia: .210."""
    nan = None
    observers = pd.DataFrame([
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ]).T.astype("Int64")  # fmt: skip
    assert agreement(observers).table["value"][0] == pytest.approx(0.743, abs=5e-4)
    counts = np.array([[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
                       [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0],
                       [0, 2, 2, 3, 7]])  # fmt: skip
    rows = [np.repeat(np.arange(5), each) for each in counts]
    fleiss = agreement(VoteMatrix(np.array(rows), list("abcde"))).table.set_index("measure").loc["Fleiss' kappa"]
    assert fleiss["value"] == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_of_pairs_is_that_of_scikit_learn():
    matrix, _ = votes_of([0.9, 0.7, 0.5], share=0.8)
    pairs = agreement(matrix).tables["pairs"].set_index(["one", "other"])
    assert len(pairs) == 3
    for (one, other), row in pairs.iterrows():
        both = matrix.codes[:, [matrix.sources.index(one), matrix.sources.index(other)]]
        both = both[(both >= 0).all(axis=1)]
        assert row["kappa"] == pytest.approx(cohen_kappa_score(both[:, 0], both[:, 1])) and row["both"] == len(both)
        assert row["lower"] < row["kappa"] < row["upper"]


@pytest.mark.long
def test_intervals_of_alpha_hold_the_value_of_many_items():
    value = agreement(votes_of([0.8, 0.7, 0.6], 100_000)[0]).table["value"][0]
    held = 0
    for seed in range(60):
        row = agreement(votes_of([0.8, 0.7, 0.6], 150, seed=seed)[0]).table.iloc[0]
        held += row["lower"] <= value <= row["upper"]
    assert held >= 52


def test_items_that_annotators_differ_on_come_first():
    votes = pd.DataFrame({"a": ["x", "x", "x"], "b": ["x", "y", "x"], "c": ["x", "z", "y"]}, index=["p", "q", "r"])
    items = agreement(votes).tables["items"]
    assert items["item"].tolist() == ["q", "r"] and items["said"][1] == "x: 2, y: 1"


def test_without_overlap_there_is_no_agreement():
    with pytest.raises(DataError, match="no item has votes of two annotators"):
        agreement(pd.DataFrame({"a": ["x", None], "b": [None, "y"]}))


def test_an_annotator_who_guesses_is_seen():
    matrix, truth = votes_of([0.95, 0.9, 0.9, 0.9, 0.34], 600)
    table = annotator_report(matrix, pd.Series(np.array(list("xyz"))[truth])).set_index("source")
    assert table["accuracy"].idxmin() == table["with_others"].idxmin() == table["gold_accuracy"].idxmin() == "eve"
    assert table.loc["eve", "accuracy"] == pytest.approx(table.loc["eve", "gold_accuracy"], abs=0.08)


@pytest.mark.parametrize(("items", "overlap", "each"), [(100, 0.2, 2), (7, 1.0, 3), (50, 0.0, 2), (0, 0.5, 2)])
def test_the_plan_shares_items_evenly(items, overlap, each):
    hands = HandLabels(["ann", "ben", "cat", "dan"], overlap, each)
    plan = hands.plan([f"i{n}" for n in range(items)])
    seen = plan["item"].value_counts()
    assert (seen == each).sum() == round(overlap * items) and (seen == 1).sum() == items - round(overlap * items)
    assert not plan.duplicated().any()
    loads = plan["annotator"].value_counts().reindex(hands.annotators, fill_value=0)
    assert loads.max() - loads.min() <= 1
    pd.testing.assert_frame_equal(plan, hands.plan([f"i{n}" for n in range(items)]))


def test_disputed_items_are_settled_and_become_gold():
    matrix, truth = votes_of([0.9, 0.8, 0.7], 60)
    votes, hands = Votes.of(matrix, "annotator"), HandLabels(["ann", "ben", "cat"])
    queue = hands.queue(votes)
    item = queue["item"][0]
    settled = hands.adjudicate(votes, {item: "x"}, by="boss")
    assert item not in set(hands.queue(settled)["item"]) and len(hands.queue(settled)) == len(queue) - 1
    assert settled.gold().to_dict() == {item: "x"} and settled.table["source"].iloc[-1] == "boss"
    with pytest.raises(DataError, match="gold contradicts itself"):
        hands.adjudicate(settled, {item: "y"}, by="boss")
    with pytest.raises(DataError, match="nobody voted on 999"):
        hands.adjudicate(votes, {999: "x"}, by="boss")
    assert hands.agreement(settled).scalars["items"] == 60
    assert len(hands.report(votes)) == 3
    with pytest.raises(DataError, match="none of zoe, max voted"):
        HandLabels(["zoe", "max"]).agreement(votes)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"annotators": ["a", "a"]}, "'a' comes twice"),
        ({"annotators": ["a"]}, "each=2 with 1"),
        ({"annotators": ["a", "b"], "overlap": 2}, "not a share"),
    ],
)
def test_plans_that_cannot_work_are_refused(given, says):
    with pytest.raises(ConfigurationError, match=says):
        HandLabels(**given)
