"""Votes that nobody hopes for: one message or finding each, and nothing dropped uncounted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import DataError
from mlsys.labeling import LabelModel, Votes


def codes_of(learned):
    return [each.code for each in learned.findings]


def test_gold_that_contradicts_itself_is_refused_by_item():
    votes = pd.DataFrame({"a": ["x", "y", "x"], "b": ["x", "y", None]}, index=["r0", "r1", "r2"])
    with pytest.raises(DataError, match="gold names the item 'r1' twice"):
        LabelModel().fit(votes, pd.Series(["x", "y", "x"], index=["r0", "r1", "r1"]))


def test_gold_of_two_experts_that_differ_is_refused_by_item():
    rows = [("r0", "a", "x", False), ("r0", "e1", "x", True), ("r0", "e2", "y", True)]
    votes = Votes(pd.DataFrame(rows, columns=["item", "source", "label", "gold"]))
    with pytest.raises(DataError, match="r0"):
        LabelModel().fit(votes)


def test_sources_that_share_no_item_are_taken_at_their_word():
    votes = pd.DataFrame({"a": ["x", "y"] * 10 + [None] * 20, "b": [None] * 20 + ["y", "x"] * 10})
    learned = LabelModel().fit(votes)
    said = learned.predict(votes)
    assert (said["prediction"] == said["majority"]).all() and not set(codes_of(learned)) & {"LB103", "LB104"}
    assert learned.table["coverage"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("method", ["auto", "majority", "dawid_skene", "one_coin", "triplet"])
def test_rows_on_which_all_contradict_each_other_are_labelled_without_a_winner_by_votes(method):
    votes = pd.DataFrame({"a": ["x", "y"] * 50, "b": ["y", "x"] * 50})
    said = LabelModel(method).fit(votes).predict(votes)
    assert said["majority"].isna().all() and said["prediction"].notna().all()
    shares = said[["probability_x", "probability_y"]].to_numpy()
    assert np.isfinite(shares).all() and shares.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("method", ["auto", "majority", "dawid_skene", "one_coin", "triplet"])
def test_one_row_and_one_source_are_enough(method):
    votes = pd.DataFrame({"a": ["x"]})
    assert LabelModel(method).fit(votes).predict(votes)["prediction"].tolist() == ["x"]


def test_repeated_ids_of_rows_are_refused():
    with pytest.raises(DataError, match="item 7 comes twice"):
        LabelModel().fit(pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]}, index=[7, 7]))


@pytest.mark.parametrize("dtype", ["category", "string", "object"])
def test_votes_of_any_type_of_text_are_read_alike(dtype):
    votes = pd.DataFrame({"a": ["x", "y", None], "b": ["x", None, "y"]})
    plain = LabelModel().fit(votes).predict(votes)["prediction"].tolist()
    made = votes.astype(dtype)
    assert LabelModel().fit(made).predict(made)["prediction"].tolist() == plain
