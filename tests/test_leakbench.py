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
from leakbench.cases import CASES  # noqa: E402
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
    kinds = Counter(case.kind for case in CASES)
    assert len(CASES) >= 30
    assert len(kinds) == 13
    assert min(kinds.values()) >= 2


def test_names_are_unique_and_every_expectation_has_a_reason() -> None:
    assert len(BY_NAME) == len(CASES)
    for case in CASES:
        assert case.story, case.name
        assert len(case.expected.reason.split()) >= 5, case.name
        assert case.expected.layers, case.name
        assert set(case.expected.layers) <= {1, 2, 3, 4}, case.name


@each_case
def test_data_is_the_same_each_time_it_is_made(name: str) -> None:
    case = BY_NAME[name]
    for make in (case.leaky, case.clean):
        first, again = make().data, make().data
        if isinstance(first, dict):
            assert all(first[part].equals(again[part]) for part in first)
        else:
            assert first.equals(again)


@each_case
def test_data_is_small_and_has_both_classes(name: str) -> None:
    case = BY_NAME[name]
    for make in (case.leaky, case.clean):
        trial = make()
        frames = trial.data.values() if isinstance(trial.data, dict) else [trial.data]
        assert 1_000 <= sum(map(len, frames)) <= 5_000
        target = trial.roles["target"]
        assert all(frame[target].nunique() == 2 for frame in frames if target in frame.columns)


def test_expected_columns_are_named_only_where_frames_or_steps_have_them() -> None:
    for case in CASES:
        trial = case.leaky()
        frame = next(iter(trial.data.values())) if isinstance(trial.data, dict) else trial.data
        text = inspect.getsource(sys.modules[case.build.__module__])
        for column in case.expected.columns:
            assert column in frame.columns or column in text, (case.name, column)


def test_a_score_wants_an_accusation_of_an_expected_layer() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    other = Score(case, answered(Accusation(1, "refused", ("Derive",), ("x",))), answered())
    assert (other.caught, other.step_right, other.column_right, other.right) == (False, False, False, False)
    found = Score(case, answered(Accusation(2, "LK201", ("Derive",), ("x", "y"))), answered())
    assert (found.caught, found.step_right, found.column_right, found.right) == (True, True, True, True)
    assert found.innocent_columns == ("y",)


def test_a_score_counts_a_wrong_step_and_a_crashed_twin() -> None:
    case = Case("c", "k", "m", "s", Expected((2,), "reason", ("Derive",), ("x",)), CASES[0].build)
    crashed = Answer(crash="ValueError: no")
    score = Score(case, answered(Accusation(2, "LK201", ("Join",), ("x",))), crashed)
    assert (score.caught, score.step_right, score.column_right, score.right) == (True, False, True, False)
    assert score.accused == ["ValueError: no"]


def test_a_column_kept_from_the_model_counts_for_the_leak_and_not_against_the_twin() -> None:
    case = Case("c", "k", "m", "s", Expected((1,), "reason", ("Derive",), ("price",)), CASES[0].build)
    kept = Answer(withheld=[Accusation(1, "withheld: 'price'", ("Derive",), ("price",))])
    score = Score(case, kept, kept)
    assert score.right
    assert score.accused == []


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


@each_quick
def test_a_leak_is_caught_and_its_twin_is_not_accused(name: str) -> None:
    score = score_of(BY_NAME[name])
    assert score.caught, score.leaky
    assert score.column_right is not False, score.leaky.accusations
    assert score.accused == []


@pytest.mark.long
@pytest.mark.parametrize("name", BY_NAME)
def test_every_leak_is_caught_with_step_and_column_and_no_twin_is_accused(name: str) -> None:
    score = score_of(BY_NAME[name])
    assert score.right, (score.case.expected, score.leaky)
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
