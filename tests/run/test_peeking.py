"""Validation rows that judged many models, and seeds of a split, are said; the best one run again is a warning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, KFolds, Pipeline, RandomSplit, Train
from mlsys.errors import Finding
from mlsys.evaluation import Evaluation
from mlsys.run.peeking import MANY, SEEDS, peeks
from mlsys.summaries.wilson import wilson
from mlsys.tracking.judgings import FILE, MOST_READ, Judging, judgings, note_judging

GENERATOR = np.random.default_rng(0)
ROWS = pd.DataFrame(GENERATOR.normal(size=(400, 3)), columns=list("abc"))
ROWS["y"] = (ROWS["a"] + GENERATOR.normal(size=400) > 0).astype(int)


def run(split: Any = None, strength: float = 1.0, track: bool = False) -> Any:
    steps = [
        split or RandomSplit(validation=0.3),
        Train(LogisticRegression(C=strength)),
        Evaluate(["roc_auc"], slices=()),
    ]
    return Pipeline(steps, target="y").run(ROWS, track=track, cache=False)


def told(of: Any) -> list[Finding]:
    return [finding for finding in of.findings if finding.code in {"LK233", "LK234"}]


def score(of: Any) -> float:
    table = of.metrics
    return float(table[(table["model"] == "model") & (table["part"] == "validation")]["value"].iloc[0])


def test_ten_models_on_the_same_rows_are_information_with_a_wider_interval() -> None:
    runs = [run(strength=2.0**power) for power in range(-MANY, 0)]
    assert [told(each) for each in runs[:-1]] == [[]] * (MANY - 1)
    (found,) = told(runs[-1])
    assert (found.code, found.severity) == ("LK233", "information")
    assert f"{MANY} models were evaluated on these validation rows" in found.message
    assert "Bonferroni" in repr(runs[-1])
    row = runs[-1].metrics.iloc[0]
    lower, upper = (float(each) for each in found.message.partition("lies in [")[2].partition("]")[0].split(","))
    assert lower < row["lower"] - 0.005 and upper > row["upper"]  # ends at 1 at most
    assert (row["upper"] - row["lower"]) * 1.2 < upper - lower <= (row["upper"] - row["lower"]) * 1.45


def test_the_same_model_again_is_no_other_one() -> None:
    assert not any(told(run()) for _ in range(3))


def test_variants_are_told_all_together() -> None:
    pipeline = Pipeline([RandomSplit(validation=0.3), Train(LogisticRegression())], target="y")
    grid = {f"C={2.0**power}": {"Train": Train(LogisticRegression(C=2.0**power))} for power in range(MANY)}
    runs = pipeline.variants(**{name.replace("=", "_"): each for name, each in grid.items()}).run(
        ROWS, track=False, cache=False
    )
    assert [len(told(each)) for each in runs.values()] == [1] * MANY


def test_the_best_seed_taken_up_again_is_a_warning() -> None:
    tried = {seed: run(RandomSplit(seed=seed, validation=0.2)) for seed in range(SEEDS + 2)}
    first = [told(tried[seed]) for seed in range(SEEDS - 1)]
    assert first == [[]] * (SEEDS - 1)
    assert {each.severity for seed in range(SEEDS - 1, SEEDS + 2) for each in told(tried[seed])} == {"information"}
    best = max(tried, key=lambda seed: score(tried[seed]))
    worst = min(tried, key=lambda seed: score(tried[seed]))
    (found,) = told(run(RandomSplit(seed=best, validation=0.2)))
    assert (found.code, found.severity) == ("LK234", "warning")
    assert f"{SEEDS + 2} different seeds" in found.message
    assert [each.severity for each in told(run(RandomSplit(seed=worst, validation=0.2)))] == ["information"]


def forest(seed: int) -> Any:
    steps = [
        RandomSplit(validation=0.3),
        Train(ExtraTreesClassifier(3, max_depth=3, random_state=seed)),
        Evaluate(["roc_auc"], slices=()),
    ]
    return Pipeline(steps, target="y").run(ROWS, track=False, cache=False)


def test_the_best_seed_of_a_model_taken_up_again_is_a_warning_and_the_first_loop_is_none() -> None:
    tried = {seed: forest(seed) for seed in reversed(range(SEEDS))}  # the best of them is not the first
    assert [told(tried[seed]) for seed in range(1, SEEDS)] == [[]] * (SEEDS - 1)
    assert [each.severity for each in told(tried[0])] == ["information"]
    best, worst = (pick(tried, key=lambda seed: score(tried[seed])) for pick in (max, min))
    (found,) = told(forest(best))
    assert best != SEEDS - 1 and (found.code, found.severity) == ("LK234", "warning")
    assert f"trained with {SEEDS} different seeds" in found.message and "Voting" in found.message
    assert [each.severity for each in told(forest(worst))] == ["information"]


def test_models_that_differ_in_more_than_their_seed_are_no_seeds_of_one_model() -> None:
    depths = [
        Pipeline([RandomSplit(validation=0.3), Train(ExtraTreesClassifier(3, max_depth=depth, random_state=depth))],
                 target="y").run(ROWS, track=False, cache=False)
        for depth in range(1, SEEDS + 2)
    ]  # fmt: skip
    assert not any(each.code == "LK234" for run_ in depths for each in told(run_))


@pytest.mark.long
def test_a_loop_over_seeds_that_is_run_again_accuses_nobody() -> None:
    for _ in range(2):
        found = [each for seed in range(SEEDS + 1) for each in told(run(RandomSplit(seed=seed, validation=0.2)))]
        assert {each.severity for each in found} <= {"information"}


def test_seeds_of_folds_judge_by_the_same_rows() -> None:
    found = [each for seed in range(SEEDS) for each in told(run(KFolds(4, seed=seed)))]
    assert {each.code for each in found} <= {"LK234"}


def test_tracked_runs_are_counted_by_another_process(own_folder: Path) -> None:
    run(track=True)
    (kept,) = judgings()
    text = next(own_folder.rglob(FILE)).read_text()
    assert kept.rows in text and len(text) < 300
    assert judgings()[0] == kept


def test_untracked_runs_write_nothing(own_folder: Path) -> None:
    run()
    assert len(judgings()) == 1
    assert not list(own_folder.rglob(FILE))


def test_damaged_and_foreign_lines_are_passed_over(own_folder: Path) -> None:
    note_judging(Judging("rows", "said"), keep=True)
    path = next(own_folder.rglob(FILE))
    path.write_bytes(b'{cut off\n[1]\n{"other": 1}\n' + path.read_bytes() + b"\xff\xfe\n")
    assert judgings() == [Judging("rows", "said")]


def test_a_pipe_or_a_link_in_its_place_is_left_alone(own_folder: Path) -> None:
    note_judging(Judging("rows", "said"), keep=True)
    path = next(own_folder.rglob(FILE))
    path.unlink()
    os.mkfifo(path)
    note_judging(Judging("rows", "other"), keep=True)
    path.unlink()
    path.symlink_to(own_folder / "elsewhere")
    note_judging(Judging("rows", "third"), keep=True)
    assert not (own_folder / "elsewhere").exists()
    assert [each.said for each in judgings()] == ["other", "third"]  # while the process lives


def test_only_the_end_of_a_long_file_is_read(own_folder: Path) -> None:
    note_judging(Judging("rows", "said"), keep=True)
    path = next(own_folder.rglob(FILE))
    line = path.read_bytes()
    path.write_bytes(line * (2 * MOST_READ // len(line)))
    found = judgings()
    assert len(found) * len(line) <= MOST_READ and set(found) == {Judging("rows", "said")}


def test_the_interval_of_the_best_of_many_holds() -> None:
    """The best of ten coins: at the wider interval it looks better than a coin in 5 of 100 at most."""
    generator, rows = np.random.default_rng(5), 400
    right = generator.binomial(rows, 0.5, size=(2_000, MANY)).max(axis=1)
    assert np.mean([wilson(each, rows)[0] <= 0.5 for each in right]) < 0.95
    assert np.mean([wilson(each, rows, 1 - 0.05 / MANY)[0] <= 0.5 for each in right]) > 0.95


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_not_defined_warns_of_nothing(value: float) -> None:
    dealt = [Judging(f"{seed}", f"{seed}", "dealing", seed) for seed in range(SEEDS)]
    table = pd.DataFrame([{"part": "validation", "model": "model", "slice": "all", "metric": "auc", "value": value,
                           "lower": value, "upper": value}])  # fmt: skip
    found = peeks(dealt[2], dealt, [], Evaluation("", table, headline="auc", part="validation"))
    assert [each.severity for each in found] == ["information"]
