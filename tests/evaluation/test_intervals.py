"""Intervals cover the truth as often as they say: simulated, with the binomial tolerance of the simulation."""

from __future__ import annotations

import functools
import warnings
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from mlsys.evaluation import metric_named, paired_difference, scored_interval
from mlsys.evaluation.intervals import at_once
from mlsys.summaries.wilson import wilson

LEVEL = 0.95
SLACK = 0.03
"""A bootstrap of a few hundred rows covers a little less than it says; more than this is a defect."""
SURE = 1e-4
"""Chance that a simulation of a sound interval fails."""


def scored_rows(
    rng: np.random.Generator, rows: int, task: str, weighted: bool = False, group_size: int = 0, skill: float = 1.0
) -> pd.DataFrame:
    """Rows with a target and what a model of some skill says of them."""
    shared = np.zeros(rows)
    frame = pd.DataFrame(index=range(rows))
    if group_size:
        groups = np.arange(rows) // group_size
        frame["group"] = groups
        shared = rng.normal(0, 1.5, groups[-1] + 1)[groups]
    known = rng.normal(size=rows)
    if task == "regression":
        frame["y"] = 2 * known + shared + rng.normal(size=rows)
        frame["prediction"] = 2 * skill * known
    else:
        frame["y"] = (rng.random(rows) < 1 / (1 + np.exp(1 - 1.5 * known - shared))).astype(int)
        says = 1 / (1 + np.exp(1 - 1.5 * skill * known))
        frame["prediction"] = (says > 0.4).astype(int)
        frame["probability_0"], frame["probability_1"] = 1 - says, says
    if weighted:
        frame["weight"] = rng.exponential(size=rows) + 0.05
    return frame


@functools.cache
def truth(task: str, name: str, weighted: bool, grouped: bool, skill: float = 1.0) -> float:
    """The value that endlessly many rows would have."""
    rng = np.random.default_rng(99)
    many = scored_rows(rng, 600_000, task, weighted, 1 if grouped else 0, skill).drop(columns="group", errors="ignore")
    return scored_interval(metric_named(name), many).value


def covers_enough(covered: int, draws: int) -> bool:
    return float(binom.cdf(covered, draws, LEVEL - SLACK)) > SURE


CASES = [
    # task, metric, weighted, rows in a group
    ("binary", "roc_auc", False, 0),
    ("binary", "accuracy", False, 0),
    ("binary", "recall", False, 0),
    ("binary", "precision", False, 0),
    ("binary", "log_loss", False, 0),
    ("binary", "brier", True, 0),
    ("binary", "roc_auc", True, 0),
    ("binary", "recall", True, 0),
    ("binary", "average_precision", False, 0),
    ("binary", "accuracy", False, 5),
    ("binary", "roc_auc", False, 5),
    ("regression", "mae", False, 0),
    ("regression", "mae", True, 0),
    ("regression", "rmse", False, 0),
    ("regression", "rmse", True, 5),
    ("regression", "r2", False, 0),
]


def coverage(case: tuple[str, str, bool, int], rows: int, draws: int) -> int:
    task, name, weighted, group_size = case
    metric, expected = metric_named(name), truth(task, name, weighted, bool(group_size))
    rng, covered = np.random.default_rng(1), 0
    for _ in range(draws):
        found = scored_interval(metric, scored_rows(rng, rows, task, weighted, group_size))
        covered += found.lower <= expected <= found.upper
    return covered


# One of each way to an interval; the long tier looks at all of them, with more draws.
@pytest.mark.quick(
    "('binary', 'log_loss', False, 0)",
    "('binary', 'brier', True, 0)",
    "('binary', 'roc_auc', False, 0)",
    "('regression', 'rmse', True, 5)",
)
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case[1] in {"recall", "log_loss", "brier", "r2"} or case[2:] == (True, 5)]
    + [("binary", "roc_auc", False, 0), ("binary", "accuracy", False, 5), ("regression", "mae", True, 0)],
    ids=str,
)
def test_intervals_cover_the_truth(case: tuple[str, str, bool, int]) -> None:
    draws = 150
    covered = coverage(case, rows=300, draws=draws)
    assert covers_enough(covered, draws), f"{covered} of {draws}"


@pytest.mark.long
@pytest.mark.parametrize("rows", [200, 2_000])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_intervals_cover_the_truth_over_many_draws(case: tuple[str, str, bool, int], rows: int) -> None:
    draws = 1_000
    covered = coverage(case, rows, draws)
    assert covers_enough(covered, draws), f"{covered} of {draws}"


def test_rows_of_a_group_taken_as_independent_would_cover_too_little() -> None:
    draws, covered, expected = 150, 0, truth("regression", "mae", False, True)
    rng = np.random.default_rng(1)
    for _ in range(draws):
        rows = scored_rows(rng, 600, "regression", group_size=30).drop(columns="group")
        found = scored_interval(metric_named("mae"), rows)
        covered += found.lower <= expected <= found.upper
    assert not covers_enough(covered, draws)  # shows that the simulation can tell


@pytest.mark.parametrize(("n", "share"), [(10, 0.5), (20, 0.1), (50, 0.02), (200, 0.3), (1_000, 0.99)])
def test_wilson_is_that_of_scipy_and_covers_exactly_as_often_as_it_should(n: int, share: float) -> None:
    covered = 0.0
    for successes in range(n + 1):
        found = wilson(successes, n)
        reference = binomtest(successes, n).proportion_ci(0.95, method="wilson")
        assert found == pytest.approx((reference.low, reference.high), abs=1e-12)
        covered += binom.pmf(successes, n, share) * (found[0] <= share <= found[1])
    assert covered > 0.89  # Brown, Cai and DasGupta 2001: it swings around 0.95


@pytest.mark.parametrize("k", [1, 5, 19])
def test_simultaneous_intervals_hold_together(k: int) -> None:
    level = at_once(0.95, k)
    assert level**k == pytest.approx(0.95)
    rng = np.random.default_rng(0)
    half = NormalDist().inv_cdf(0.5 + level / 2)
    together = (np.abs(rng.normal(size=(20_000, k))) <= half).all(axis=1).mean()
    assert together == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / 20_000))


PAIRED = [("binary", "roc_auc", 0), ("binary", "accuracy", 0), ("binary", "roc_auc", 5), ("regression", "rmse", 0)]


def paired_coverage(task: str, name: str, group_size: int, draws: int) -> tuple[int, float]:
    """Two models on the same rows; also the mean width against that of two intervals apart."""
    metric = metric_named(name)
    expected = truth(task, name, False, bool(group_size)) - truth(task, name, False, bool(group_size), skill=0.6)
    covered, widths = 0, []
    for draw in range(draws):
        one = scored_rows(np.random.default_rng(draw), 300, task, group_size=group_size)
        other = scored_rows(np.random.default_rng(draw), 300, task, group_size=group_size, skill=0.6)
        assert one["y"].equals(other["y"])
        found = paired_difference(metric, one, other)
        covered += found.lower <= expected <= found.upper
        if draw < 20:
            apart = [scored_interval(metric, each) for each in (one, other)]
            widths.append((found.upper - found.lower) / np.hypot(*(each.upper - each.lower for each in apart)))
    return covered, float(np.mean(widths))


@pytest.mark.quick("binary-roc_auc-0")
@pytest.mark.parametrize(("task", "name", "group_size"), PAIRED[::2])
def test_paired_differences_cover_the_truth_and_are_narrower_than_unpaired(
    task: str, name: str, group_size: int
) -> None:
    covered, width = paired_coverage(task, name, group_size, draws=120)
    assert covers_enough(covered, 120), covered
    assert width < 1


@pytest.mark.long
@pytest.mark.parametrize(("task", "name", "group_size"), PAIRED)
def test_paired_differences_cover_the_truth_over_many_draws(task: str, name: str, group_size: int) -> None:
    covered, _ = paired_coverage(task, name, group_size, draws=1_000)
    assert covers_enough(covered, 1_000), covered


def test_a_model_differs_from_itself_by_nothing(rng: np.random.Generator) -> None:
    rows = scored_rows(rng, 200, "binary")
    for name in ("roc_auc", "accuracy", "log_loss"):
        found = paired_difference(metric_named(name), rows, rows)
        assert (found.value, found.lower, found.upper) == (0, 0, 0)


@pytest.mark.parametrize("events", [0, 1, 3, 9])
@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_too_few_events_give_no_interval_and_say_so(name: str, events: int) -> None:
    scores = np.linspace(0.01, 0.99, 200)
    rows = pd.DataFrame(
        {
            "y": (np.arange(200) < events).astype(int),
            "prediction": 0,
            "probability_0": 1 - scores,
            "probability_1": scores,
        }
    )
    other = rows.assign(probability_True=scores**2, probability_False=1 - scores**2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone, paired = scored_interval(metric_named(name), rows), paired_difference(metric_named(name), rows, other)
    for found in (alone, paired):
        assert np.isnan(found.lower) and np.isnan(found.upper)
        assert found.note in {"not enough data", "not defined here"}


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_too_few_groups_give_no_interval_and_say_so(groups: int, rng: np.random.Generator) -> None:
    rows = scored_rows(rng, 200, "binary").assign(group=np.arange(200) % groups)
    alone = scored_interval(metric_named("accuracy"), rows)
    paired = paired_difference(metric_named("accuracy"), rows, rows.assign(prediction=0))
    for found in (alone, paired):
        assert np.isfinite(found.value) and np.isnan(found.lower) and found.note == "not enough data"


def test_rows_without_weight_have_no_score_and_no_error(rng: np.random.Generator) -> None:
    rows = scored_rows(rng, 50, "binary").assign(weight=0.0)
    for name in ("accuracy", "log_loss", "roc_auc", "recall"):
        assert np.isnan(scored_interval(metric_named(name), rows).value)


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "roc_auc"])
def test_intervals_narrow_with_the_root_of_the_rows(name: str, rng: np.random.Generator) -> None:
    few, many = (scored_interval(metric_named(name), scored_rows(rng, rows, "binary")) for rows in (500, 50_000))
    ratio = (few.upper - few.lower) / (many.upper - many.lower)
    assert ratio == pytest.approx(10, rel=0.2)


def test_a_bootstrap_of_a_sample_is_widened_back_to_all_rows(rng: np.random.Generator) -> None:
    rows = scored_rows(rng, 80_000, "regression")
    found = scored_interval(metric_named("rmse"), rows)
    squares = (rows["prediction"] - rows["y"]) ** 2
    error = squares.std() / np.sqrt(len(rows)) / (2 * found.value)
    assert (found.upper - found.lower) / 2 == pytest.approx(1.96 * error, rel=0.25)
    assert found.lower < found.value < found.upper


@pytest.mark.long
def test_a_bootstrap_of_a_sample_lies_around_the_value_of_all_rows(rng: np.random.Generator) -> None:
    # Around the sample's own value, 2,000,000 rows would be outside every other time.
    for _ in range(3):
        found = scored_interval(metric_named("average_precision"), scored_rows(rng, 400_000, "binary"))
        assert found.lower < found.value < found.upper
        assert (found.upper - found.value) / (found.value - found.lower) == pytest.approx(1, abs=0.5)


def test_many_rows_differ_by_the_delta_method_as_a_bootstrap_of_all_would_say(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (scored_rows(np.random.default_rng(3), 2_000, "binary") for _ in range(2))
    other = one.assign(probability_1=np.clip(one["probability_1"] + rng.normal(0, 0.2, 2_000), 0, 1))
    other["probability_0"] = 1 - other["probability_1"]
    metric = metric_named("average_precision")
    drawn = paired_difference(metric, one, other)
    monkeypatch.setattr("mlsys.evaluation.comparison.MOST_BOOTSTRAPPED", 1_000)
    told = paired_difference(metric, one, other)
    assert (drawn.method, told.method) == ("bootstrap, paired", "delta method, paired")
    assert told.value == drawn.value
    assert told.upper - told.lower == pytest.approx(drawn.upper - drawn.lower, rel=0.25)
