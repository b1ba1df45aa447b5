"""Intervals over folds: the corrected variance, what it reduces to, and how often it covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from mlsys.evaluation.resampled import resampled_mean, standard_error, unpaired_gap

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=30)
EQUAL = [0.1, 0.1, 0.1]
"""Their mean is no float, so that their spread is that of rounding."""
ROUNDING = 1e-12


@given(SCORES)
@example(EQUAL)
def test_without_a_correction_it_is_the_t_interval(scores: list[float]) -> None:
    found = resampled_mean(scores, judged_per_learned=0.0)
    error = float(stats.sem(scores))
    if error > ROUNDING:
        lower, upper = stats.t.interval(0.95, len(scores) - 1, float(np.mean(scores)), error)
        assert (found.lower, found.upper) == (pytest.approx(lower), pytest.approx(upper))


@given(st.floats(0, 1), st.integers(2, 30), st.floats(0, 1))
def test_equal_scores_have_an_interval_without_width(score: float, folds: int, ratio: float) -> None:
    found = resampled_mean([score] * folds, ratio)
    assert (found.lower, found.value, found.upper) == pytest.approx((score, score, score), abs=ROUNDING)
    assert standard_error([score] * folds, ratio) <= ROUNDING


@given(SCORES, st.floats(0.01, 1))
@example(EQUAL, 0.25)
def test_the_correction_is_the_published_factor(scores: list[float], ratio: float) -> None:
    factor = standard_error(scores, ratio) ** 2 / np.var(scores, ddof=1) if np.var(scores) > 1e-12 else None
    if factor is not None:
        assert factor == pytest.approx(1 / len(scores) + ratio)


@given(SCORES, st.floats(0.01, 1))
@example(EQUAL, 0.25)
def test_no_number_of_repeats_makes_it_narrower_than_the_overlap_allows(scores: list[float], ratio: float) -> None:
    assert standard_error(scores * 50, ratio) >= np.sqrt(ratio) * np.std(scores) * 0.999 - ROUNDING


def test_folds_in_which_it_is_not_defined_are_left_out_and_said() -> None:
    found = resampled_mean([0.8, float("nan"), 0.7, 0.9], 0.25)
    assert found.n == 3 and found.value == pytest.approx(0.8)
    assert found.note == "not defined in 1 of 4 folds"


def test_one_fold_has_a_value_and_no_interval() -> None:
    found = resampled_mean([0.8], 0.25)
    assert found.value == 0.8 and np.isnan(found.lower) and found.note == "one fold has no variance"
    assert np.isnan(resampled_mean([float("nan")], 0.25).value)


def test_ends_stay_within_what_a_metric_can_be() -> None:
    found = resampled_mean([0.99, 1.0, 0.9, 1.0, 0.95], 0.25, bounds=(0.0, 1.0))
    assert found.upper == 1.0 and found.lower > 0.8


@given(SCORES, SCORES)
@example(EQUAL, EQUAL)
def test_a_gap_between_other_rows_is_wider_than_either_side(one: list[float], other: list[float]) -> None:
    gap = unpaired_gap(one, other, (0.25, 0.25))
    total = np.hypot(standard_error(one, 0.25), standard_error(other, 0.25))
    half = (gap.upper - gap.lower) / 2
    assert half >= 1.95 * total - 1e-9
    assert half <= stats.t.ppf(0.975, min(len(one), len(other)) - 1) * total + 1e-9


@pytest.mark.long
@pytest.mark.parametrize(("folds", "repeats"), [(5, 1), (10, 1), (5, 10)])
def test_corrected_intervals_cover_where_naive_ones_do_not(folds: int, repeats: int) -> None:
    """Accuracy of nearest class means on 60 rows; the truth is the mean of as many data sets."""
    rng = np.random.default_rng(5)
    rows, dimensions, sets = 60, 5, 1_000
    means = []
    for _ in range(sets):
        y = np.repeat([0, 1], rows // 2)
        x = rng.normal(size=(rows, dimensions)) + 0.4 * y[:, None]
        scores = []
        for _ in range(repeats):
            fold = rng.permutation(rows) % folds
            for number in range(folds):
                inside = fold == number
                centres = [x[~inside & (y == each)].mean(axis=0) for each in (0, 1)]
                nearer = ((x[inside] - centres[1]) ** 2).sum(1) < ((x[inside] - centres[0]) ** 2).sum(1)
                scores.append(float((nearer == y[inside]).mean()))
        means.append(scores)
    truth = np.mean(means)

    def coverage(ratio: float) -> float:
        found = [resampled_mean(scores, ratio) for scores in means]
        return float(np.mean([each.lower <= truth <= each.upper for each in found]))

    corrected, naive = coverage(1 / (folds - 1)), coverage(0.0)
    assert corrected >= 0.93
    assert naive < corrected
    if repeats > 1:
        assert naive < 0.75
