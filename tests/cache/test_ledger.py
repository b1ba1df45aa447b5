"""Comparing two ledgers: every cause alone, steps that come and go, and what is nobody's cause."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.cache.ledger import Difference, differences


def line(step: str = "a", purpose: str = "", **parts: Any) -> dict[str, Any]:
    """Return a line as a run writes it."""
    usual: dict[str, Any] = {
        "configuration": "c",
        "version": "",
        "code": {"f()": "1"},
        "packages": {"numpy": "2"},
        "files": {},
        "other": {"seed": "0", "threads": "2", "check": "16"},
        "input": {"all": "i"},
        "tables": {"all": {"x": "1", "row ids": "r"}},
        "states": {},
    }
    return {"step": step, "purpose": purpose, **usual, **parts}


OTHER_RESULT: dict[str, Any] = {"tables": {"all": {"x": "2", "row ids": "r"}}}
CAUSES: list[tuple[dict[str, Any], str, str]] = [
    ({"code": {"f()": "2"}}, "code", "code of f() changed"),
    ({"version": "new"}, "code", "version= changed"),
    ({"configuration": "d"}, "configuration", "configuration changed"),
    ({"packages": {"numpy": "3"}}, "package", "version of numpy changed"),
    ({"files": {"a.csv": "9"}}, "data", "content of a.csv changed"),
    ({"other": {"seed": "1", "threads": "2", "check": "16"}}, "seed", "seed changed"),
    ({"other": {"seed": "0", "threads": "1", "check": "16"}}, "setting", "threads changed"),
    ({"other": {"seed": "0", "threads": "2", "check": "4"}}, "setting", "its input changed"),
    ({"input": {"all": "j"}}, "input", "its input changed"),
    ({"other": {"seed": "0", "threads": "2", "check": "16", "rates": "7"}}, "input", "its input changed"),
]


@pytest.mark.parametrize(("change", "cause", "why"), CAUSES, ids=[each[1] + " " + each[2] for each in CAUSES])
def test_each_cause_alone(change: dict[str, Any], cause: str, why: str) -> None:
    assert differences([line()], [line(**change, **OTHER_RESULT)]) == [Difference("a", "differs", (cause,), why)]
    assert differences([line()], [line(**change)]) == [Difference("a", "same", (cause,), why)]


@pytest.mark.parametrize(("change", "cause"), [each[:2] for each in CAUSES])
def test_a_cause_is_named_in_both_directions(change: dict[str, Any], cause: str) -> None:
    assert differences([line(**change, **OTHER_RESULT)], [line()])[0].causes == (cause,)


def test_without_a_cause_the_step_is_not_deterministic() -> None:
    found = differences([line()], [line(**OTHER_RESULT)])[0]
    assert found.causes == ("none",) and found.is_own


def test_other_states_are_other_results() -> None:
    assert differences([line(states={"state": "1"})], [line(states={"state": "2"})])[0].outcome == "differs"


def test_functions_are_code_although_they_are_part_of_the_configuration() -> None:
    found = differences([line()], [line(code={"f()": "2"}, configuration="d", **OTHER_RESULT)])
    assert found[0].causes == ("code",)


def test_of_a_file_counts_what_it_holds_and_not_where_it_lies() -> None:
    found = differences([line(files={"here/a.csv": "9"})], [line(files={"there/b.csv": "9"})])
    assert found == [Difference("a", "same")]


def test_what_a_step_learned_is_no_input_of_it() -> None:
    def run(configuration: str, state: str) -> list[dict[str, Any]]:
        handed = {"other": {"state": state, "check": "16"}, "tables": {"train": {"x": state}}}
        return [
            line("Scale", "learn", configuration=configuration, tables={}, states={"state": state}),
            line("Scale", "apply train", configuration=configuration, **handed),
        ]

    found = differences(run("c", "s"), run("d", "t"))
    assert found == [Difference("Scale", "differs", ("configuration",), "configuration changed")]


def test_a_step_that_was_asked_for_other_work_is_not_the_same() -> None:
    learned = line("Scale", "learn", states={"state": "s"}, tables={})
    applied = line("Scale", "apply train")
    found = differences([learned, applied], [learned])
    assert found == [Difference("Scale", "differs", ("input",), "different work was requested")]
    assert differences([learned], [applied])[0].outcome == "differs"


def test_added_and_removed_steps_stand_where_they_stand() -> None:
    before, now = [line(name) for name in "abcd"], [line(name) for name in "bxd"]
    found = [(each.step, each.outcome) for each in differences(before, now)]
    assert found == [("a", "removed"), ("b", "same"), ("c", "removed"), ("x", "added"), ("d", "same")]
    assert all(each.is_own for each in differences(before, now) if each.outcome != "same")


def test_folds_stand_behind_the_steps_that_they_repeat() -> None:
    ledger = [line("Split"), line("folds"), line("Impute", "learn"), line("Train", "learn"), line("Evaluate")]
    assert [each.step for each in differences(ledger, ledger)] == ["Split", "Impute", "Train", "folds", "Evaluate"]


def test_rows_that_were_given_are_data() -> None:
    one = {"step": "data", "purpose": "all", "tables": {"all": {"x": "1"}}, "states": {}}
    found = differences([one], [{**one, "tables": {"all": {"x": "2"}}}])
    assert found == [Difference("data", "differs", ("data",), "different rows were given")]


def test_a_part_that_is_given_more_is_data() -> None:
    one = {"step": "data", "purpose": "train", "tables": {"all": {"x": "1"}}, "states": {}}
    found = differences([one], [one, {**one, "purpose": "test"}])
    assert found[0].outcome == "differs" and found[0].causes == ("data",)


names = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=7)


@given(names, names)
def test_every_step_of_either_run_is_named_once(before: list[str], now: list[str]) -> None:
    found = differences([line(name) for name in before], [line(name) for name in now])
    assert sorted(each.step for each in found) == sorted(set(before) | set(now))
    assert [each.step for each in found if each.outcome != "removed"] == now
    for each in found:
        expected = "same" if each.step in before and each.step in now else "added" if each.step in now else "removed"
        assert each.outcome == expected


@given(names)
def test_a_ledger_is_the_same_as_itself(steps: list[str]) -> None:
    ledger = [line(name) for name in steps]
    assert all(each == Difference(each.step, "same") for each in differences(ledger, ledger))
