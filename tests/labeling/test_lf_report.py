"""The loop: what each function is worth, where it differs, where it is wrong, where nobody votes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import DataError
from mlsys.labeling import (
    VoteMatrix,
    cast_votes,
    keyword,
    lf_report,
    rule_report,
    show_conflicts,
    show_errors,
    show_holes,
    threshold,
)

RNG = np.random.default_rng(0)
SPAM = RNG.random(500) < 0.4
ROWS = pd.DataFrame({
    "text": [f"{'free' if s and u < .7 else ''} {'hello' if not s and u < .8 else ''} {'win' if v < .2 else ''}"
             for s, u, v in zip(SPAM, RNG.random(500), RNG.random(500), strict=True)],
    "size": np.where(SPAM, RNG.normal(1, 1, 500), RNG.normal(-1, 1, 500)),
    "shop": np.where(np.arange(500) < 50, "N", "S"),
}, index=[f"r{n}" for n in range(500)])  # fmt: skip
GOLD = pd.Series(np.where(SPAM, "spam", "ham"), index=ROWS.index)
RULES = [keyword("text", "free", "spam"), keyword("text", "hello", "ham"), keyword("text", "win", "spam"),
         threshold("size", "spam", above=1.5), threshold("size", "ham", below=-1.5)]  # fmt: skip


def test_counts_are_those_of_the_report_of_rules():
    mine, other = lf_report(RULES, ROWS, GOLD).set_index("function"), rule_report(ROWS, RULES, GOLD).set_index("rule")
    pairs = {"votes": "n", "coverage": "coverage", "overlap": "overlap", "conflict": "conflict",
             "gold_votes": "judged", "gold_accuracy": "accuracy", "gold_lower": "accuracy_lower"}  # fmt: skip
    for name, theirs in pairs.items():
        np.testing.assert_allclose(mine[name], other[theirs], err_msg=name)
    assert mine["accuracy"].idxmin() == "has_win"


def test_what_a_function_adds_is_the_difference_without_its_votes():
    report = lf_report(RULES, ROWS, GOLD).set_index("function")
    assert report["changes"].between(0, 1).all() and report.loc["has_hello", "changes"] > 0.2
    assert report.loc["has_win", "gain"] < 0 < report.loc["has_hello", "gain"] + 0.2
    assert "gain" not in lf_report(RULES, ROWS).columns


def test_conflicts_show_the_rows_with_the_most_votes_against():
    shown = show_conflicts(RULES, ROWS, "has_win", 5)
    votes = shown.filter(regex="^vote_")
    assert (shown["vote_has_win"] == "spam").all() and (votes == "ham").any(axis=1).all()
    against = (votes == "ham").sum(axis=1).tolist()
    assert against == sorted(against, reverse=True) and len(shown) == 5
    everything = show_conflicts(RULES, ROWS, "has_win", 10_000)
    assert len(everything) == round(lf_report(RULES, ROWS).set_index("function").loc["has_win", "conflict"] * 500)
    with pytest.raises(DataError, match="no function is named 'has_wine'"):
        show_conflicts(RULES, ROWS, "has_wine")


def test_errors_are_rows_with_another_truth():
    shown = show_errors(RULES, ROWS, GOLD, "has_win")
    assert (shown["said"] == "spam").all() and (shown["truth"] == "ham").all() and len(shown) == 10
    assert (GOLD.loc[shown.index] == shown["truth"]).all()
    of_model = show_errors(cast_votes(RULES, ROWS), ROWS, GOLD.where(np.arange(500) % 2 == 0), n=500)
    assert (of_model["said"] != of_model["truth"]).all() and of_model["truth"].notna().all()


def test_holes_are_slices_that_nobody_votes_on():
    votes = cast_votes(RULES, ROWS).votes
    votes.loc[ROWS["shop"] == "N"] = None
    holes = show_holes(votes, ROWS[["size", "shop"]])
    assert holes.iloc[0][["column", "value", "rows", "share"]].tolist() == ["shop", "N", 50, 1.0]
    bare = (~VoteMatrix.of(votes).covered).mean()
    assert holes.iloc[0]["beyond"] == pytest.approx(50 - 50 * bare)
    assert show_holes(RULES, ROWS, ["shop"])["column"].isin(["shop"]).all()


def test_functions_need_rows():
    with pytest.raises(DataError, match="without rows"):
        lf_report(RULES)
