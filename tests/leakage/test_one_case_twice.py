"""Rows of one case that are not equal: mirrored, changed in one column, under an id in another spelling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from mlsys import GroupSplit, Pipeline, RandomSplit, TimeSplit, Train
from mlsys.leakage.all_but_one import all_but_one_findings
from mlsys.leakage.mirrored import mirrored_findings, sides
from mlsys.leakage.spelling import folded, spelling_findings

TREE = DecisionTreeClassifier(max_depth=3)
SEEDS = st.integers(0, 2**32 - 1)


def matches(rng: np.random.Generator, count: int, names: tuple[str, str] = ("home", "away")) -> pd.DataFrame:
    """Pairs of sides with three measurements each."""
    columns = [f"{side}_{what}" for side in names for what in ("speed", "height", "age")]
    return pd.DataFrame(rng.normal(size=(count, 6)).round(3), columns=columns).assign(y=rng.integers(0, 2, count))


def turned(frame: pd.DataFrame, target: Any) -> pd.DataFrame:
    """Return the same pairs seen from the other side."""
    return frame.set_axis([*frame.columns[3:6], *frame.columns[:3], "y"], axis=1)[frame.columns].assign(y=target)


def visits(rng: np.random.Generator, count: int = 900) -> pd.DataFrame:
    frame = (
        pd.DataFrame(rng.integers(0, 6, (count, 8))).add_prefix("code").assign(weight=rng.normal(70, 9, count).round(1))
    )
    return frame.assign(y=rng.integers(0, 2, count))


def halves(rng: np.random.Generator, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    shuffled = frame.sample(frac=1, random_state=int(rng.integers(2**31))).reset_index(drop=True)
    return shuffled[: len(frame) * 6 // 10], shuffled[len(frame) * 6 // 10 :]


# --- mirrored pairs ---


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["home_goals", "away_goals", "day"], [("home_goals", "away_goals")]),
        (["HomeTeam", "AwayTeam"], [("HomeTeam", "AwayTeam")]),
        (["homeless", "awayless", "home"], []),
        (["home_home", "away_away"], [("home_home", "away_away")]),
    ],
)
def test_names_that_differ_by_one_word_are_sides(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert sides(names, "home", "away") == pairs


@given(SEEDS, st.sampled_from([("home", "away"), ("a", "b"), ("player1", "player2")]), st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_pair_seen_from_both_sides_is_found(seed: int, names: tuple[str, str], same: bool) -> None:
    rng = np.random.default_rng(seed)
    frame = matches(rng, 300, names)
    train, part = halves(rng, pd.concat([frame, turned(frame, frame["y"] if same else 1 - frame["y"])]))
    (finding,) = mirrored_findings(train, part, "test", list(frame.columns.drop("y")), "y")
    assert ("the same target" if same else "the other target") in finding.message
    assert set(finding.columns) == set(frame.columns) - {"y"}


def test_a_goal_difference_turns_its_sign(rng: np.random.Generator) -> None:
    frame = matches(rng, 300).assign(y=rng.normal(size=300))
    train, part = halves(rng, pd.concat([frame, turned(frame, -frame["y"])]))
    assert "the opposite target" in mirrored_findings(train, part, "test", list(frame.columns[:6]), "y")[0].message


def test_pairs_seen_once_and_teams_that_meet_twice_are_silent(rng: np.random.Generator) -> None:
    once = matches(rng, 600)
    teams = pd.DataFrame(rng.integers(0, 20, (3_000, 2)), columns=["home_team", "away_team"])
    league = teams.assign(y=rng.integers(0, 2, 3_000))
    for frame in (once, league):
        assert mirrored_findings(*halves(rng, frame), "test", list(frame.columns.drop("y")), "y") == []


# --- one column changed ---


@pytest.mark.parametrize("changed", ["code3", "weight"])
def test_rows_entered_again_with_one_column_changed_are_told(rng: np.random.Generator, changed: str) -> None:
    frame = visits(rng)
    again = frame.sample(250, random_state=1).assign(**{changed: lambda rows: rows[changed] + 1})
    train, part = halves(rng, pd.concat([frame, again]))
    (finding,) = all_but_one_findings(train, part, "test", list(frame.columns.drop("y")), "y")
    assert finding.severity == "information" and changed in finding.columns


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_rows_that_are_merely_alike_are_silent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    alike = visits(rng).drop(columns="weight")  # eight codes of six values
    coarse = pd.DataFrame(rng.integers(0, 2, (900, 5))).add_prefix("c").assign(y=rng.integers(0, 2, 900))
    for frame in (visits(rng), alike, coarse):
        assert all_but_one_findings(*halves(rng, frame), "test", list(frame.columns.drop("y")), "y") == []


def test_alternatives_whose_targets_differ_are_silent(rng: np.random.Generator) -> None:
    frame = visits(rng)
    other = frame.assign(weight=frame["weight"] + 1, y=1 - frame["y"])
    train, part = halves(rng, pd.concat([frame, other]))
    assert all_but_one_findings(train, part, "test", list(frame.columns.drop("y")), "y") == []


def people(rng: np.random.Generator, rows: int = 500) -> pd.DataFrame:
    """Persons entered by hand: a name, a town, a zip code, whether they paid."""
    syllables = np.array(["ka", "le", "mo", "nu", "pa", "ri", "so", "tu", "ve", "wi"])
    said = ["".join(each).title() for each in syllables[rng.integers(0, 10, (rows, 4))]]
    town = rng.choice(["New York", "Saint-Denis", "Bad Aibling", "Aix"], rows)
    return pd.DataFrame(
        {"name": said, "town": town, "zip": rng.integers(10_000, 99_999, rows), "y": rng.integers(0, 2, rows)}
    )


def retyped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(name=frame["name"].str.upper() + " ", town=frame["town"].str.lower().str.replace("-", " "))


def test_rows_retyped_in_another_spelling_are_told_with_the_columns(rng: np.random.Generator) -> None:
    named = {"name": "self"}  # the name of an argument is a column's name like any other
    frame = people(rng)
    both = pd.concat([frame, retyped(frame.sample(200, random_state=1))]).rename(columns=named)
    (finding,) = all_but_one_findings(*halves(rng, both), "test", ["self", "town", "zip"], "y")
    assert "in the spelling of 'self', 'town'" in finding.message and set(finding.columns) == {"self", "town"}
    assert all_but_one_findings(*halves(rng, frame), "test", ["name", "town", "zip"], "y") == []


@pytest.mark.parametrize("odd", ["-", "", " ", "\x00"])
def test_texts_of_which_nothing_is_left_are_compared_as_they_are(rng: np.random.Generator, odd: str) -> None:
    frame = people(rng).assign(name=odd)
    assert all_but_one_findings(*halves(rng, frame), "test", ["name", "town", "zip"], "y") == []
    nulls = frame.assign(name=None, town=frame["town"].astype("category"))
    assert all_but_one_findings(*halves(rng, nulls), "test", ["name", "town", "zip"], "y") == []


def test_a_run_asks_for_near_repeats_in_the_columns_that_its_model_uses(rng: np.random.Generator) -> None:
    frame = visits(rng)
    noise = {f"noise{place}": rng.normal(size=len(frame)) for place in range(2)}
    again = frame.assign(weight=frame["weight"] + 1, **{name: rng.normal(size=len(frame)) for name in noise})
    both = pd.concat([frame.assign(**noise), again], ignore_index=True)
    assert "LK231" not in codes([RandomSplit(), TREE], both)
    used = Train(TREE, features=list(frame.columns.drop("y")))
    assert "LK231" in codes([RandomSplit(), used], both)


# --- spelling ---


def test_leading_zeros_are_a_spelling_and_those_within_are_none(rng: np.random.Generator) -> None:
    train = pd.DataFrame({"who": [f"P{number:03d}" for number in range(100, 140)] + ["P007", "P-012"]})
    part = pd.DataFrame({"who": ["p7", "P0012", "P14", "P1010"]})
    (finding,) = spelling_findings(train, part, "test", ["who"], "who")
    assert "2 values" in finding.message and "P1010" not in finding.message and "P14" not in finding.message


@given(st.text(alphabet="abcXYZ019 -_./", max_size=8))
def test_folding_twice_is_folding_once_and_case_does_not_matter(value: str) -> None:
    assert folded(value.upper()) == folded(value.lower()) == folded(f"  {value}\t")


@pytest.mark.parametrize(("one", "other"), [("1.5", "15"), ("2024-01-12", "2024-11-2"), ("a1", "a2"), ("3-1", "31")])
def test_digits_that_are_parted_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_a_declared_group_in_two_spellings_is_a_warning_and_another_column_a_question(rng: np.random.Generator) -> None:
    who = np.array([f"P-{number:03d}" for number in range(40)])
    train = pd.DataFrame({"who": who})
    part = pd.DataFrame({"who": ["p001", "P 002", " P-003 ", "P-999"]})
    (declared,) = spelling_findings(train, part, "test", ["who"], "who")
    (other,) = spelling_findings(train, part, "test", ["who"], None)
    assert (declared.severity, other.severity) == ("warning", "information")
    assert "3 values" in declared.message and "P-999" not in declared.message
    assert spelling_findings(train, train, "test", ["who"], "who") == []


# --- a run ---


def codes(steps: list[Any], frame: pd.DataFrame, **roles: Any) -> set[str]:
    run = Pipeline(steps, target="y", **roles).run(frame, track=False, cache=False, verbose=False)
    return {each.code for each in run.findings if each.code in {"LK213", "LK230", "LK231", "LK232"}}


def test_a_run_compares_the_columns_that_its_model_uses(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(rng.normal(size=(900, 6))).add_prefix("x").assign(y=rng.integers(0, 2, 900))
    twice = pd.concat([frame, frame.assign(x4=rng.normal(size=900), x5=rng.normal(size=900))], ignore_index=True)
    few = Train(TREE, features=["x0", "x1", "x2", "x3"])
    assert "LK213" in codes([RandomSplit(), few], twice)
    assert codes([RandomSplit(), few], frame) == set()


def test_a_customer_who_comes_again_in_time_is_no_repeat(rng: np.random.Generator) -> None:
    first = visits(rng).assign(day=0)
    days = pd.concat([first.assign(day=day, weight=first["weight"] + day) for day in range(3)], ignore_index=True)
    days["day"] = (
        pd.Timestamp("2024-01-01") + pd.to_timedelta(days["day"], unit="D") + pd.to_timedelta(days.index, unit="s")
    )
    assert "LK231" not in codes([TimeSplit(), TREE], days, time="day")
    assert "LK231" in codes([RandomSplit(), TREE], days, exclude=["day"])


def test_a_dirty_group_is_told_although_the_split_keeps_groups_together(rng: np.random.Generator) -> None:
    who = [f"P-{number:03d}" for number in np.repeat(np.arange(100), 6)]
    frame = pd.DataFrame({"who": who, "x": rng.normal(size=600), "y": rng.integers(0, 2, 600)})
    dirty = frame.assign(who=frame["who"].where(rng.random(600) < 0.9, frame["who"].str.lower() + " "))
    found = [codes([GroupSplit(), TREE], each, group="who") for each in (frame, dirty)]
    assert found == [set(), {"LK232"}]
