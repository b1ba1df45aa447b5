"""Two-sample tests and effects against SciPy, and against their own promise under no difference."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlsys.drift.two_sample import (
    benjamini_hochberg,
    kolmogorov,
    kolmogorov_smirnov,
    levels_differ,
    numbers_differ,
    two_sample_chi_square,
)


def on_cuts(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Counts between cuts; a value at a cut lies below it."""
    return np.bincount(np.searchsorted(cuts, values, side="left"), minlength=len(cuts) + 1).astype(float)


def ends_by_hand(one: np.ndarray, other: np.ndarray) -> float:
    """Four times the smallest chance that the outermost of all rows, drawn one by one, are of one side."""
    found = [1.0]
    for mine, theirs in ((one, other), (other, one), (-one, -other), (-other, -one)):
        outside, left, total = int((theirs < mine.min()).sum()), len(theirs), len(mine) + len(theirs)
        found.append(float(np.prod([(left - i) / (total - i) for i in range(outside)])))
    return min(1.0, 4 * min(found))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(20, 3_000), m=st.integers(20, 3_000), shift=st.floats(0, 1))
def test_whole_numbers_give_scipys_kolmogorov_smirnov(seed: int, n: int, m: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    one = np.clip(np.round(rng.normal(0, 5, n)), -20, 20)
    other = np.clip(np.round(rng.normal(5 * shift, 5, m)), -20, 20)
    cuts = np.arange(-20, 21)  # every value is a cut, so nothing is lost
    counts, widths = (on_cuts(one, cuts), on_cuts(other, cuts)), np.ones(len(cuts))
    found = numbers_differ(*counts, widths, float(one.std()), test=kolmogorov_smirnov)
    statistic = stats.ks_2samp(one, other).statistic
    p = stats.kstwobign.sf(statistic / np.sqrt(1 / n + 1 / m))
    assert found.p == pytest.approx(p, rel=1e-9, abs=1e-300)
    assert found.p_ends == pytest.approx(ends_by_hand(one, other), rel=1e-9, abs=1e-300)


def test_the_limiting_p_is_near_scipys_for_many_rows_and_on_the_safe_side(rng: np.random.Generator) -> None:
    cuts = np.linspace(-3, 3, 63)
    for shift in (0.0, 0.05, 0.1):
        one, other = rng.normal(size=4_000), rng.normal(shift, 1, 3_000)
        counts = on_cuts(one, cuts), on_cuts(other, cuts)
        found = numbers_differ(*counts, np.full(63, 0.1), 1.0, test=kolmogorov_smirnov)
        reference = stats.ks_2samp(one, other, method="asymp").pvalue
        assert found.p >= reference * 0.99
        assert np.log10(found.p) == pytest.approx(np.log10(reference), abs=0.5)


def test_the_effect_is_the_wasserstein_distance_in_deviations_less_chance(rng: np.random.Generator) -> None:
    cuts = np.linspace(-4, 5, 200)
    one, other = rng.normal(size=20_000), rng.normal(0.5, 1.2, 20_000)
    widths = np.full(len(cuts), cuts[1] - cuts[0])
    found = numbers_differ(on_cuts(one, cuts), on_cuts(other, cuts), widths, float(one.std()))
    assert found.effect == pytest.approx(stats.wasserstein_distance(one, other) / one.std(), abs=0.02)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 12), n=st.integers(500, 3_000))
def test_categories_give_scipys_chi_square(seed: int, levels: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(levels, 20.0))
    one, other = rng.multinomial(n, shares).astype(float), rng.multinomial(n // 2, shares).astype(float)
    expected = stats.chi2_contingency(np.array([one, other]), correction=False)
    if expected.expected_freq.min() < 5:
        return
    assert two_sample_chi_square(one, other) == pytest.approx(expected.pvalue, rel=1e-9)


def test_rare_levels_are_pooled_before_the_test() -> None:
    one, other = np.array([500.0, 300, 4, 3, 2, 2]), np.array([480.0, 320, 5, 1, 2, 1])
    pooled = stats.chi2_contingency([[500, 300, 11], [480, 320, 9]], correction=False)
    assert two_sample_chi_square(one, other) == pytest.approx(pooled.pvalue)


@pytest.mark.parametrize(
    ("one", "other", "few"),
    [
        ([500.0, 300, 1, 1, 1, 2], [480.0, 320, 2, 0, 1, 1], [2, 3, 4, 5]),  # even together they are few
        ([5000.0, 3000, 5, 0], [30.0, 16, 3, 4], [2, 3]),
    ],
)
def test_too_few_rows_for_chi_square_get_the_exact_test(one: list[float], other: list[float], few: list[int]) -> None:
    table = np.array([one, other])
    inside, common = table[:, few].sum(axis=1), np.delete(table, few, axis=1)
    drawn = stats.hypergeom(int(table.sum()), int(inside.sum()), int(table[1].sum()))
    exact = min(1.0, 2 * min(drawn.sf(inside[1] - 1), drawn.cdf(inside[1])))
    others = stats.chi2_contingency(common, correction=False).pvalue if common.shape[1] > 1 else 1.0
    assert two_sample_chi_square(*table) == pytest.approx(min(1.0, 2 * min(exact, others)), rel=1e-6)


def test_where_no_level_is_common_a_rare_one_counts_and_a_frequent_one_does_not() -> None:
    for one, other, p in (
        ([1000.0, 0], [0.0, 3], 2 * 2 / comb(1003, 3)),  # all but the most frequent level: Fisher, doubled
        ([1000.0, 1000, 0], [0.0, 0, 1], 2 / 2001),  # the rarest level seen
        ([1000.0, 1000], [1.0, 0], 1.0),
    ):
        assert two_sample_chi_square(np.array(one), np.array(other)) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("m", [1, 2, 5, 12, 40])
@pytest.mark.parametrize("kind", ["numbers", "levels", "a rare level"])
def test_a_few_rows_are_called_different_no_more_often_than_the_level(kind: str, m: int) -> None:
    rng, draws, level, called = np.random.default_rng(m), 1_000, 0.05, 0
    cuts = np.r_[-np.inf, stats.norm.ppf(np.linspace(0, 1, 65)[1:-1]), np.inf]
    shares = {"levels": [0.5, 0.3, 0.2], "a rare level": [0.998, 0.002]}.get(kind, [1.0])
    for _ in range(draws):
        if kind == "numbers":
            one, other = rng.normal(size=1_000), rng.normal(size=m)
            cuts[[0, -1]] = np.nextafter(one.min(), -9), one.max()
            found = numbers_differ(on_cuts(one, cuts), on_cuts(other, cuts), np.ones(len(cuts)), 1.0)
        else:
            found = levels_differ(*(rng.multinomial(rows, shares).astype(float) for rows in (1_000, m)))
        called += found.p <= level
    assert stats.binom.sf(called - 1, draws, level) > 1e-4, called


def test_total_variation_is_the_share_of_rows_that_changed_level() -> None:
    one, other = np.array([50_000.0, 50_000]), np.array([80_000.0, 20_000])
    assert levels_differ(one, other).effect == pytest.approx(0.3, abs=0.003)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_values_are_scipys(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), stats.false_discovery_control(p), rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0, 1.36, 2.5])
def test_kolmogorovs_limit_is_scipys(value: float) -> None:
    assert kolmogorov(value) == pytest.approx(stats.kstwobign.sf(value))


@pytest.mark.parametrize("n", [200, 1_000, 5_000])
@pytest.mark.parametrize("kind", ["numbers", "levels", "rare levels"])
def test_no_difference_is_called_one_no_more_often_than_the_level(kind: str, n: int) -> None:
    rng, draws, level, called, effects = np.random.default_rng(n), 1_000, 0.05, 0, []
    cuts = stats.norm.ppf(np.linspace(0, 1, 65)[1:-1])
    shares = np.array([0.5, 0.3, 0.2]) if kind == "levels" else np.r_[0.9, np.full(40, 0.1 / 40)]
    for _ in range(draws):
        if kind == "numbers":
            counts = [on_cuts(rng.normal(size=rows), cuts) for rows in (2_000, n)]
            found = numbers_differ(*counts, np.diff(np.r_[cuts, 3.0]), 1.0)
        else:
            found = levels_differ(*(rng.multinomial(rows, shares).astype(float) for rows in (2_000, n)))
        called += found.p <= level
        effects.append(found.effect)
    assert stats.binom.sf(called - 1, draws, level) > 1e-4, called
    assert np.mean(np.array(effects) > 0.1) < 0.01  # what chance alone would give is taken off the effect


def test_nothing_to_compare_is_no_difference() -> None:
    empty, some = np.zeros(3), np.array([1.0, 2, 3])
    for one, other in ((empty, some), (some, empty), (empty, empty)):
        assert levels_differ(one, other) == levels_differ(some, some)
        assert numbers_differ(one, other, np.ones(2), 1.0).p == 1.0
    assert numbers_differ(some, some, np.ones(2), 0.0).effect == 0.0
