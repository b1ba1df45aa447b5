"""Two rankings in one list have the same chances, and the better one wins more queries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import compare_rankings, interleave
from mlsys.errors import ConfigurationError, DataError

RANKINGS = st.lists(st.integers(0, 12), unique=True, max_size=10)


@given(first=RANKINGS, second=RANKINGS, seed=st.integers(0, 1_000))
def test_every_list_is_a_draft(first: list[int], second: list[int], seed: int) -> None:
    if not first and not second:
        return
    shown = interleave(first, second, seed=seed)
    assert len(shown.items) == len(set(shown.items)) == max(len(first), len(second))
    for place, (item, team) in enumerate(zip(shown.items, shown.teams, strict=True)):
        ranking = first if team == "champion" else second
        assert item == next(each for each in ranking if each not in shown.items[:place])
    if set(first) == set(second):
        assert abs(shown.teams.count("champion") - shown.teams.count("challenger")) <= 1


def test_either_ranking_is_first_as_often() -> None:
    first = [interleave(["a", "b"], ["x"], seed=seed).teams[0] for seed in range(2_000)]
    assert np.mean([each == "champion" for each in first]) == pytest.approx(0.5, abs=0.035)


def test_credit_goes_to_the_ranking_that_put_the_item_there() -> None:
    shown = interleave(["a", "b", "c", "d"], ["d", "c", "b", "a"], length=3, seed=1)
    assert len(shown.items) == 3
    assert sum(shown.credit(shown.items).values()) == 3
    assert shown.credit([shown.items[0]] * 2)[shown.teams[0]] == 1
    assert shown.credit([]) == {"champion": 0, "challenger": 0}
    with pytest.raises(DataError, match="'e' was not shown"):
        shown.credit(["e"])


def credits(seed: int, n: int, chance: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    wins, tied = rng.random(n) < chance, rng.random(n) < 0.3
    return pd.DataFrame({"champion": (~wins | tied).astype(int), "challenger": (wins | tied).astype(int)})


def test_the_better_ranking_is_preferred() -> None:
    assert compare_rankings(credits(0, 800, 0.65)).verdict == "better"
    assert compare_rankings(credits(0, 800, 0.35)).verdict == "worse"
    even = compare_rankings(credits(0, 800, 0.5))
    assert even.verdict == "waits"
    assert even.lower < 0.5 < even.upper
    assert even.p > 0.05


def test_the_interval_holds_the_shares_that_are_not_refused() -> None:
    from scipy.stats import beta

    found = compare_rankings(credits(1, 300, 0.6))
    n = int(found.table["queries"].head(2).sum())
    wins = round(found.share * n)
    for end in (found.lower, found.upper):
        assert beta.pdf(end, wins + 1, n - wins + 1) == pytest.approx(0.05, rel=1e-6)


def test_ties_are_left_out_and_nothing_is_said_of_none() -> None:
    found = compare_rankings(pd.DataFrame({"champion": [1, 1], "challenger": [1, 1]}))
    assert (found.verdict, np.isnan(found.share), found.table["queries"].tolist()) == ("waits", True, [0, 0, 2])


def test_queries_of_one_user_count_once() -> None:
    rows = credits(2, 40, 0.6).assign(user="ann")
    assert compare_rankings(rows, id="user").table["users"].sum() == 1


@pytest.mark.parametrize(("first", "second", "says"), [
    (["a", "a"], ["b"], "'champion' holds 'a' twice"), ([], [], "both rankings are empty"),
    ("abc", ["a"], "the ranking of 'champion' is str"), (["a"], [None], "'challenger' holds None"),
])  # fmt: skip
def test_rankings_that_are_none_are_refused(first: Any, second: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        interleave(first, second)


def test_lengths_and_levels_outside_their_range_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="length=0"):
        interleave(["a"], ["b"], length=0)
    with pytest.raises(ConfigurationError, match="alpha=1"):
        compare_rankings(credits(0, 10, 0.5), alpha=1)


@pytest.mark.parametrize(("change", "says"), [
    ({"champion": [None, 1]}, "'champion' is nan in row 0"), ({"challenger": [1, -1]}, "'challenger' is -1 in row 1"),
    ({"user": [None, "a"]}, "'user' is null in row 0"),
])  # fmt: skip
def test_credits_that_cannot_be_counted_are_named(change: dict[str, Any], says: str) -> None:
    frame = pd.DataFrame({"champion": [0, 1], "challenger": [1, 0], "user": ["a", "b"]}).assign(**change)
    with pytest.raises(DataError, match=says):
        compare_rankings(frame, id="user")


def test_the_preference_is_drawn_with_its_error_rate() -> None:
    from matplotlib import pyplot

    found = compare_rankings(credits(3, 300, 0.6))
    assert "5% at all looks together" in repr(found)
    assert found.plot().get_xlabel() == "share of decided queries that it won"
    pyplot.close("all")


def preferred(runs: int, chance: float) -> float:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(runs):
        wins = rng.random(1_000) < chance
        found += compare_rankings(pd.DataFrame({"champion": ~wins, "challenger": wins})).p < 0.05
    return found / runs


def test_peeking_after_every_query_finds_no_more_than_stated() -> None:
    assert preferred(200, 0.5) <= 0.07


@pytest.mark.long
def test_peeking_after_every_query_finds_no_more_than_stated_in_many_tests() -> None:
    assert preferred(3_000, 0.5) <= 0.05
