"""LeakBench: its cases are well formed, a few are caught in every change, and all of them in the long tier."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
if str(BENCHMARKS) not in sys.path:
    sys.path.append(str(BENCHMARKS))

pytest.importorskip("imblearn", reason="LeakBench needs: pip install mlsys[imbalance]")

from leakbench.asked_elsewhere import write_questions  # noqa: E402
from leakbench.asking import Accusation, Answer, ask  # noqa: E402
from leakbench.case import Case, Expected  # noqa: E402
from leakbench.cases import CASES, FIRST, SECOND  # noqa: E402
from leakbench.halves import half, is_held, of_half  # noqa: E402
from leakbench.measured import first, last, scored  # noqa: E402
from leakbench.real import available  # noqa: E402
from leakbench.score import Score  # noqa: E402

BY_NAME = {case.name: case for case in CASES}
QUICK = (
    "scaler-before-the-split",
    "z-score",
    "closure-over-a-mean",
    "entered-twice-dealt-by-hand",
    "refund",
    "patients-dealt-by-visit",
    "cut-by-date",
    "mean-target-in-sample",
)
"""One of each layer but the last, which needs MLflow, and of the commonest kinds."""
each_quick = pytest.mark.parametrize("name", QUICK)
each_case = pytest.mark.parametrize("name", [case.name for case in CASES])


def score_of(case: Case) -> Score:
    return Score(case, ask(case.leaky()), ask(case.clean()))


def answered(*accusations: Accusation) -> Answer:
    return Answer(list(accusations))


def test_there_are_at_least_thirty_pairs_and_two_of_every_kind() -> None:
    kinds = Counter(case.kind for case in FIRST)
    assert len(FIRST) >= 30
    assert len(kinds) == 13
    assert min(kinds.values()) >= 2


def test_there_are_at_least_160_pairs_and_every_family_has_some_in_both_halves() -> None:
    assert len(CASES) >= 160
    families = {case.family for case in CASES}
    assert len(families) == 8
    for wanted in ("tuned", "held"):
        assert {case.family for case in of_half(CASES, wanted)} == families


def test_the_half_of_a_case_follows_from_its_name_alone() -> None:
    dealt = [half(case.name) for case in SECOND]
    assert Counter(dealt).keys() == {"tuned", "held"}
    assert [half(case.name) for case in reversed(SECOND)] == dealt[::-1]
    assert {half(case.name) for case in FIRST} == {"first round"}
    assert [is_held(case.name) for case in SECOND] == [each == "held" for each in dealt]


def test_every_case_of_the_second_round_keeps_its_first_measurement() -> None:
    assert first().keys() == {case.name for case in SECOND}


def test_names_are_unique_and_every_expectation_has_a_reason() -> None:
    assert len(BY_NAME) == len(CASES)
    for case in CASES:
        assert case.story, case.name
        assert len(case.expected.reason.split()) >= 5, case.name
        assert case.expected.layers, case.name
        assert set(case.expected.layers) <= {1, 2, 3, 4}, case.name


@pytest.mark.quick(every=6)
@each_case
def test_data_is_the_same_each_time_it_is_made(name: str) -> None:
    case = BY_NAME[name]
    for make in (case.leaky, case.clean):
        first, again = make().data, make().data
        if isinstance(first, dict):
            assert all(first[part].equals(again[part]) for part in first)
        else:
            assert first.equals(again)


@pytest.mark.quick(every=6)
@each_case
def test_data_is_small_and_has_more_than_one_target(name: str) -> None:
    case = BY_NAME[name]
    for make in (case.leaky, case.clean):
        trial = make()
        frames = trial.data.values() if isinstance(trial.data, dict) else [trial.data]
        rows = sum(map(len, frames))
        assert (1_000 if case in FIRST else 80) <= rows <= 5_000
        target = trial.roles["target"]
        assert all(frame[target].nunique() >= 2 for frame in frames if target in frame.columns)


def test_expected_columns_are_named_only_where_frames_or_steps_have_them() -> None:
    for case in CASES:
        trial = case.leaky()
        frame = next(iter(trial.data.values())) if isinstance(trial.data, dict) else trial.data
        text = inspect.getsource(sys.modules[case.build.__module__])
        for column in case.expected.columns:
            assert column in frame.columns or column in text, (case.name, column)


def test_a_score_counts_any_layer_of_the_guard_and_tells_the_expected_ones_apart() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    found = Score(case, answered(Accusation(2, "LK201", ("Derive",), ("x", "y"))), answered())
    assert (found.caught, found.step_right, found.column_right, found.right) == (True, True, True, True)
    assert found.innocent_columns == ("y",)
    other = Score(case, answered(Accusation(1, "refused", ("Derive",), ("x",))), answered())
    assert (other.caught, other.seen_by) == (True, ())
    beside = Score(case, answered(Accusation(0, "DR101", ("Derive",), ("x",))), answered())
    assert not beside.caught


def test_what_is_said_of_the_twin_as_well_is_no_catch() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    leak, twin = Accusation(2, "LK204 x .97", (), ("x",)), Accusation(2, "LK204 x .96", (), ("x",))
    assert not Score(case, answered(leak), answered(twin)).caught
    assert Score(case, answered(leak), answered(Accusation(2, "LK204 z .96", (), ("z",)))).caught


def test_a_remark_that_names_the_column_is_a_hint_unless_the_twin_has_it() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", columns=("x",)), CASES[0].build)
    remark = Accusation(2, "LK222 not assessed", (), ("x",))
    hinted = Score(case, Answer(remarks=[remark]), answered())
    assert (hinted.verdict, hinted.hint) == ("hint", remark.said)
    assert Score(case, Answer(remarks=[remark]), Answer(remarks=[remark])).verdict == "missed"
    assert Score(case, Answer(remarks=[Accusation(2, "LK208", (), ("z",))]), answered()).verdict == "missed"


def test_a_leak_is_named_by_its_step_or_its_column() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    assert Score(case, answered(Accusation(2, "LK220", ("Derive",))), answered()).named
    assert Score(case, answered(Accusation(2, "LK220", (), ("x",))), answered()).named
    assert not Score(case, answered(Accusation(2, "LK220", ("Join",), ("y",))), answered()).named


def test_answers_are_kept_and_read_back(tmp_path: Path) -> None:
    case = BY_NAME["scaler-before-the-split"]
    asked = scored(case, tmp_path)
    (kept,) = tmp_path.iterdir()
    told = kept.read_text(encoding="utf-8").replace("LeakageError", "ToldBefore")
    kept.write_text(told, encoding="utf-8")
    again = scored(case, tmp_path)
    assert again.clean == asked.clean
    assert again.leaky.accusations[0].said == asked.leaky.accusations[0].said.replace("LeakageError", "ToldBefore")


def test_a_score_counts_a_wrong_step_and_a_crashed_twin() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    crashed = Answer(crash="ValueError: no")
    score = Score(case, answered(Accusation(2, "LK201", ("Join",), ("x",))), crashed)
    assert (score.caught, score.step_right, score.column_right, score.right) == (True, False, True, False)
    assert score.accused == ["ValueError: no"]


def test_a_column_kept_from_the_model_counts_for_the_leak_and_not_against_the_twin() -> None:
    case = Case("c", "k", "m", "s", Expected((1,), "reason", ("Derive",), ("price",)), CASES[0].build)
    kept = Answer(withheld=[Accusation(1, "withheld: 'price'", ("Derive",), ("price",))])
    score = Score(case, kept, answered())
    assert score.right
    assert Score(case, answered(), kept).accused == []
    assert not Score(case, kept, kept).caught


def test_parts_by_hand_are_cut_as_the_case_says(tmp_path: Path) -> None:
    chosen = [BY_NAME["patients-dealt-by-visit"], BY_NAME["random-split-of-hours"], BY_NAME["cut-by-date"]]
    write_questions(chosen, tmp_path)

    def parts(trial: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        return pd.read_parquet(tmp_path / trial / "train.parquet"), pd.read_parquet(tmp_path / trial / "test.parquet")

    for twin, shared in (("leaky", True), ("clean", False)):
        train, test = parts(f"patients-dealt-by-visit.{twin}")
        assert bool(set(train["patient"]) & set(test["patient"])) is shared
        train, test = parts(f"random-split-of-hours.{twin}")
        assert bool(train["time"].max() > test["time"].min()) is shared
        assert "demand" not in train.columns
    train, _ = parts("cut-by-date.clean")
    assert "part" not in train.columns
    assert "later" not in train.columns


@pytest.mark.quick(
    "scaler-before-the-split", "entered-twice-dealt-by-hand", "refund", "patients-dealt-by-visit", "cut-by-date"
)
@each_quick
def test_a_leak_is_caught_and_its_twin_is_not_accused(name: str) -> None:
    score = score_of(BY_NAME[name])
    assert score.caught, score.leaky
    assert score.column_right is not False, score.leaky.accusations
    assert score.accused == []


@pytest.mark.long
@pytest.mark.parametrize("name", [case.name for case in FIRST])
def test_every_leak_is_caught_with_step_and_column_and_no_twin_is_accused(name: str) -> None:
    score = score_of(BY_NAME[name])
    assert score.right, (score.case.expected, score.leaky)
    assert score.accused == []


@pytest.mark.long
@pytest.mark.parametrize("name", [case.name for case in of_half(SECOND, "tuned")])
def test_no_leak_of_the_tuned_half_that_was_caught_is_missed_and_no_twin_is_accused(name: str) -> None:
    score = score_of(BY_NAME[name])
    assert score.caught or name not in last() or last()[name]["said"] in ("missed", "hint")
    assert score.accused == []


@pytest.mark.long
@pytest.mark.parametrize("place", range(3))
def test_real_data_is_judged_as_expected(place: int) -> None:
    case, missing = list(available())[place]
    if missing:
        pytest.skip(missing)
    score = score_of(case)
    assert score.right, (score.case.expected, score.leaky)
    assert score.accused == []
