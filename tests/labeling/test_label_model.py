"""Label models: what the truth is likely to be, and what they say of their sources."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling import LabelModel, VoteMatrix, Votes, VoteStats

METHODS = ["auto", "majority", "dawid_skene", "one_coin", "triplet"]


def crowd(accuracy: list[float], rows: int = 3_000, first: float = 0.5, share: float = 0.7, seed: int = 0):
    """Votes of sources that are right as often as given, and the truth."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) > first).astype(int)
    codes = np.full((rows, len(accuracy)), -1, np.int8)
    for place, right in enumerate(accuracy):
        said = np.where(rng.random(rows) < right, truth, 1 - truth)
        spoken = rng.random(rows) < share
        codes[spoken, place] = said[spoken]
    return codes, truth


def right(learned, matrix: VoteMatrix, truth) -> float:
    return learned.score(matrix, pd.Series(truth)).scalars["accuracy"]


def test_it_is_as_good_as_knowing_the_accuracies():
    accuracy = np.linspace(0.55, 0.9, 12)
    codes, truth = crowd(list(accuracy), 20_000, first=0.7, share=0.35)
    matrix = VoteMatrix(codes, [0, 1])
    odds = np.log(0.3 / 0.7) + (np.where(codes >= 0, 2.0 * codes - 1, 0) * np.log(accuracy / (1 - accuracy))).sum(
        axis=1
    )
    spoken = matrix.covered
    bayes = ((odds > 0) == truth)[spoken].mean()
    for method in ("auto", "dawid_skene", "one_coin", "triplet"):
        assert right(LabelModel(method).fit(matrix), matrix, truth) > bayes - 0.002, method
    assert right(LabelModel("majority").fit(matrix), matrix, truth) < bayes - 0.02


@pytest.mark.parametrize("method", ["auto", "one_coin", "triplet"])
def test_accuracies_of_sources_are_found_without_truth(method):
    accuracy = [0.6, 0.7, 0.8, 0.9, 0.75]
    codes, _ = crowd(accuracy, 20_000)
    table = LabelModel(method).fit(VoteMatrix(codes, [0, 1])).table
    np.testing.assert_allclose(table["accuracy"], accuracy, atol=0.02)
    assert (table["lower"] < table["accuracy"]).all() and (table["upper"] - table["lower"] < 0.04).all()


@pytest.mark.long
def test_intervals_of_accuracies_hold_the_truth_about_as_often_as_they_say():
    accuracy, held = [0.6, 0.7, 0.8, 0.9, 0.75], []
    for seed in range(100):
        codes, truth = crowd(accuracy, 800, seed=seed)
        table = LabelModel().fit(VoteMatrix(codes, [0, 1])).table
        real = [(codes[codes[:, each] >= 0, each] == truth[codes[:, each] >= 0]).mean() for each in range(5)]
        held += list((table["lower"] <= real) & (table["upper"] >= real))
    assert np.mean(held) > 0.93


@pytest.mark.parametrize("changed", [0.0, 0.05, 0.1])
@pytest.mark.parametrize("copies", [2, 6])
def test_copies_of_the_worst_source_cost_nothing(changed, copies):
    codes, truth = crowd(list(np.linspace(0.6, 0.8, 8)), 5_000)
    rng = np.random.default_rng(1)
    copied = np.repeat(codes[:, :1], copies, axis=1)
    flip = (rng.random(copied.shape) < changed) & (copied >= 0)
    copied[flip] = 1 - copied[flip]
    alone, more = VoteMatrix(codes, [0, 1]), VoteMatrix(np.hstack([codes, copied]), [0, 1])
    learned = LabelModel().fit(more)
    assert right(learned, more, truth) > right(LabelModel().fit(alone), alone, truth) - 0.005
    assert right(LabelModel("majority").fit(more), more, truth) < right(learned, more, truth) - 0.05
    assert learned.table["weight"].iloc[1:8].min() > 0.95
    assert changed or [each.code for each in learned.findings] == ["LB104"]


@pytest.mark.parametrize("accuracy", [[0.97] * 5, [0.6, 0.6, 0.6, 0.97, 0.97], [1.0, 1.0, 1.0]])
def test_good_sources_that_agree_are_not_taken_for_copies(accuracy):
    codes, truth = crowd(accuracy, 4_000, share=1.0)
    matrix = VoteMatrix(codes, [0, 1])
    learned = LabelModel().fit(matrix)
    assert min(accuracy) == 1 or learned.table["weight"].min() > 0.95
    assert right(learned, matrix, truth) >= right(LabelModel("majority").fit(matrix), matrix, truth)


def functions(classes: int, sources: int, rows: int = 3_000, seed: int = 0):
    """Votes of functions that know one class each, of all qualities, and the truth."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(classes, 3))
    truth = rng.choice(classes, rows, p=shares)
    codes = np.full((rows, sources), -1, np.int8)
    for place in range(sources):
        one = place % classes
        found, precise = rng.uniform(0.05, 0.4), rng.uniform(0.5, 0.95)
        false = found * shares[one] * (1 - precise) / precise / (1 - shares[one])
        codes[rng.random(rows) < np.where(truth == one, found, false), place] = one
    return codes, truth


@pytest.mark.parametrize(("classes", "sources"), [(2, 12), (3, 15), (5, 25)])
def test_functions_of_one_class_each_are_weighed_and_do_not_collapse(classes, sources):
    gains = []
    for seed in range(2):
        codes, truth = functions(classes, sources, seed=seed)
        learned = LabelModel().fit(VoteMatrix(codes, range(classes)))
        assert learned.weighed.prior_from == "taken to be equal"
        gains.append(learned.score(VoteMatrix(codes, range(classes)), pd.Series(truth)).scalars["gain"])
    assert min(gains) > 0


def test_the_statistics_are_all_that_is_learned_from():
    codes, _ = crowd([0.7, 0.8, 0.9])
    one = LabelModel().fit(VoteMatrix(codes, [0, 1]))
    half = [VoteStats.of(VoteMatrix(each, [0, 1])) for each in np.array_split(codes, 2)]
    other = LabelModel().fit(half[0] + half[1])
    pd.testing.assert_frame_equal(one.table, other.table)


@pytest.mark.parametrize("method", METHODS)
def test_items_without_votes_stay_unknown(method):
    votes = pd.DataFrame({"a": ["x", "y", None], "b": ["x", "y", None], "c": ["y", "y", None]}, index=["p", "q", "r"])
    found = LabelModel(method).fit(votes).predict(votes)
    assert found["prediction"].iloc[:2].tolist() == ["x", "y"] and found["majority"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert found.loc["r"].drop("votes").isna().all() and found["votes"].tolist() == [3, 3, 0]
    assert found.index.tolist() == ["p", "q", "r"]
    np.testing.assert_allclose(found.loc[["p", "q"], ["probability_x", "probability_y"]].sum(axis=1), 1)


def test_gold_calibrates_and_cannot_be_scored():
    codes, truth = crowd([0.7, 0.7, 0.75, 0.8, 0.65], 4_000)
    copied = np.hstack([codes, np.where(np.random.default_rng(0).random(codes.shape) < 0.3, 1 - np.abs(codes), codes)])
    matrix, gold = VoteMatrix(np.where(copied < 0, -1, copied), [0, 1]), pd.Series(truth)
    learned = LabelModel().fit(matrix, gold[:300])
    assert learned.calibration.rows == (matrix.covered[:300]).sum()
    with pytest.raises(DataError, match="300 items was used to fit or to calibrate"):
        learned.score(matrix, gold)
    result = learned.score(matrix, gold.drop(learned.used))
    assert result.scalars["calibration_error"] < 0.05
    plain = LabelModel().fit(matrix)
    assert (plain.predict(matrix)["prediction"] == learned.predict(matrix)["prediction"]).all()
    assert "gold_accuracy" in learned.table.columns and "gold_accuracy" not in plain.table.columns


def test_a_source_below_chance_and_a_silent_one_are_found():
    codes, _ = crowd([0.8, 0.85, 0.9, 0.25])
    votes = VoteMatrix(codes, [0, 1], ["a", "b", "c", "liar"]).frame().assign(mute=None)
    said = {each.code: each.message for each in LabelModel().fit(votes).findings}
    assert said.keys() == {"LB103", "LB105"} and "liar is right less often" in said["LB103"]
    assert said["LB105"].startswith("mute never voted")


def test_one_class_for_all_is_a_finding():
    said = LabelModel().fit(pd.DataFrame({"a": ["x", "x"], "b": ["x", None]})).findings
    assert [each.code for each in said] == ["LB102"]


def test_labels_that_are_worse_than_by_majority_are_a_finding():
    rng = np.random.default_rng(3)
    truth = (rng.random(4_000) < 0.2).astype(int)
    codes = np.full((4_000, 8), -1, np.int8)
    for place in range(8):
        one = place % 2
        codes[rng.random(4_000) < np.where(truth == one, 0.3, 0.06), place] = one
    matrix = VoteMatrix(codes, [0, 1])
    said = [each.code for each in LabelModel().fit(matrix, pd.Series(truth[:1_000])).findings]
    assert "LB108" in said
    assert "LB108" not in [each.code for each in LabelModel("majority").fit(matrix, pd.Series(truth[:1_000])).findings]


def test_shares_may_be_given():
    votes = pd.DataFrame({"a": ["x", "y"] * 20, "b": ["y", "x"] * 20})
    learned = LabelModel(prior={"x": 0.9, "y": 0.1}).fit(votes)
    assert learned.predict(votes)["prediction"].tolist() == ["x"] * 40
    assert learned.classes_table["prior"].round(6).tolist() == [0.9, 0.1]
    with pytest.raises(ConfigurationError, match="not above 0 with sum 1"):
        LabelModel(prior={"x": 0.9})
    with pytest.raises(DataError, match="no share for 'z'|not among the classes"):
        LabelModel(prior={"x": 0.9, "y": 0.1}).fit(pd.DataFrame({"a": ["z"]}))


@pytest.mark.parametrize(
    ("votes", "says"),
    [
        (pd.DataFrame({"a": [None, None]}), "nobody voted"),
        (pd.DataFrame(), "nobody voted"),
        (7, "not a frame"),
    ],
)
def test_votes_that_say_nothing_are_refused(votes, says):
    with pytest.raises(DataError, match=says):
        LabelModel().fit(votes)


def test_other_sources_and_classes_are_refused_later():
    learned = LabelModel().fit(pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]}))
    with pytest.raises(DataError, match="votes of c"):
        learned.predict(pd.DataFrame({"c": ["x"]}))
    with pytest.raises(DataError, match="votes for 'z'"):
        learned.predict(pd.DataFrame({"a": ["z"]}))
    assert learned.predict(pd.DataFrame({"b": ["y"]}))["prediction"].tolist() == ["y"]


def test_a_thousand_sources_with_few_votes_are_learned():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2_000)
    codes = np.full((2_000, 1_000), -1, np.int8)
    for row in range(2_000):
        who = rng.choice(1_000, 5, replace=False)
        codes[row, who] = np.where(rng.random(5) < 0.8, truth[row], 1 - truth[row])
    matrix = VoteMatrix(codes, [0, 1])
    assert right(LabelModel().fit(matrix), matrix, truth) > 0.9


def test_a_table_of_votes_brings_its_own_gold():
    codes, truth = crowd([0.7, 0.8, 0.9], 200)
    table = Votes.of(VoteMatrix(codes, [0, 1]), kind="annotator").table
    gold = pd.DataFrame({"item": range(50), "source": "expert", "label": truth[:50], "gold": True})
    votes = Votes(pd.concat([table, gold]))
    learned = LabelModel().fit(votes)
    assert learned.used.tolist() == list(range(50)) and {*learned.sources} == {"0", "1", "2"}
    assert learned.calibration is not None
    assert len(learned.predict(votes)) == votes.table["item"].nunique()


def test_it_shows_what_it_learned():
    text = repr(LabelModel().fit(pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]})))
    assert "Label model auto" in text and "not calibrated" in text
