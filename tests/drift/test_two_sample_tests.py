"""Tests on counts: right p-values against SciPy and simulation, and levels that are chosen alike for both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlsys.drift.two_sample import (
    OF_LEVELS,
    OF_NUMBERS,
    benjamini_hochberg,
    comparable_levels,
    e_benjamini_hochberg,
    e_values,
    share_moved,
    upper_tail,
)

Draw = Callable[[np.random.Generator, int], np.ndarray]
CUTS = np.linspace(-2.5, 2.5, 64)


def on_cuts(values: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(CUTS, values), minlength=len(CUTS) + 1).astype(float)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 30), quantile=st.floats(0.02, 0.9999))
def test_the_upper_tail_of_weighted_chi_squares_is_that_of_a_simulation_or_of_gamma(
    seed: int, size: int, quantile: float
) -> None:
    rng = np.random.default_rng(seed)
    assert upper_tail(stats.chi2.ppf(quantile, size), np.ones(size)) == pytest.approx(1 - quantile, rel=1e-6)
    # Pairs of equal weights make exponentials, whose sum has a closed form for two distinct weights.
    one, other = np.sort(rng.uniform(0.1, 3.0, 2))
    value = 2 * (one + other)
    exact = (other * np.exp(-value / (2 * other)) - one * np.exp(-value / (2 * one))) / (other - one)
    assert upper_tail(value, np.array([one, one, other, other])) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize("shift", [0.0, 0.15])
def test_cramer_von_mises_and_anderson_darling_are_near_scipys(shift: float) -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=400), rng.normal(shift, 1, 300)
    found = OF_NUMBERS["cramer_von_mises"](on_cuts(one), on_cuts(other))
    assert found == pytest.approx(stats.cramervonmises_2samp(one, other, method="asymptotic").pvalue, rel=0.15)
    darling = OF_NUMBERS["anderson_darling"](on_cuts(one), on_cuts(other))
    by_chance = stats.PermutationMethod(n_resamples=199, rng=rng)
    by_hand = stats.anderson_ksamp([one, other], variant="continuous", method=by_chance).pvalue
    assert darling == pytest.approx(by_hand, abs=0.08)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 12))
def test_g_is_scipys_likelihood_ratio(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(30, 90, (2, levels)).astype(float)
    expected = stats.chi2_contingency(np.array([one, other]), correction=False, lambda_="log-likelihood")
    assert OF_LEVELS["g"](one, other) == pytest.approx(expected.pvalue, rel=1e-6)


SHARES = {"few": np.full(3, 1 / 3), "skewed": 1 / np.arange(1, 41), "long": 1 / np.arange(1, 301)}


def rejected(test: Callable[[np.ndarray, np.ndarray], float], draw: Draw, sizes: tuple[int, int], times: int) -> int:
    rng = np.random.default_rng(times)
    return sum(test(draw(rng, sizes[0]), draw(rng, sizes[1])) <= 0.05 for _ in range(times))


@pytest.mark.quick("few-400-100-chi_square", "skewed-400-100-*")
@pytest.mark.parametrize("name", OF_LEVELS)
@pytest.mark.parametrize("sizes", [(400, 100), (3_000, 3_000)], ids="{0[0]}-{0[1]}".format)
@pytest.mark.parametrize("shares", SHARES)
def test_levels_that_did_not_move_are_rejected_no_more_often_than_stated(
    shares: str, sizes: tuple[int, int], name: str
) -> None:
    probabilities = SHARES[shares] / SHARES[shares].sum()

    def draw(rng: np.random.Generator, size: int) -> np.ndarray:
        return rng.multinomial(size, probabilities).astype(float)

    found = rejected(OF_LEVELS[name], draw, sizes, 300)
    assert stats.binom.sf(found - 1, 300, 0.065) > 1e-3, found / 300


@pytest.mark.quick("400-100-omnibus", "400-100-cramer_von_mises")
@pytest.mark.parametrize("name", OF_NUMBERS)
@pytest.mark.parametrize("sizes", [(400, 100), (5_000, 2_000)], ids="{0[0]}-{0[1]}".format)
def test_numbers_that_did_not_move_are_rejected_no_more_often_than_stated(sizes: tuple[int, int], name: str) -> None:
    found = rejected(OF_NUMBERS[name], lambda rng, size: on_cuts(rng.normal(size=size)), sizes, 300)
    assert stats.binom.sf(found - 1, 300, 0.065) > 1e-3, found / 300


@pytest.mark.parametrize("levels", [50, 400])
def test_levels_are_chosen_alike_for_both_sides_however_many_are_rare(levels: int) -> None:
    rng = np.random.default_rng(levels)
    shares = 1 / np.arange(1, levels + 1)
    found, effects = 0, []
    for _ in range(60):
        one, other = rng.multinomial(1_000, shares / shares.sum(), 2).astype(float)
        kept = np.argsort(-one)[: min(30 if levels == 400 else levels, int((one > 0).sum()))]
        rest = np.setdiff1d(np.arange(levels), kept)
        unseen = other[(one == 0) & (other > 0)]
        before, after = np.append(one[kept], one[rest].sum()), np.append(other[kept], other[rest].sum())
        table = comparable_levels(before, after, unseen)
        assert table[0].sum() == table[1].sum() == 1_000
        found += OF_LEVELS["chi_square"](*table) <= 0.05
        effects.append(share_moved(*table))
    assert stats.binom.sf(found - 1, 60, 0.065) > 1e-3 and np.mean(effects) < 0.03


@settings(max_examples=30, deadline=None)
@given(p=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=30), level=st.sampled_from([0.01, 0.05, 0.2]))
def test_e_values_of_p_values_reject_what_benjamini_and_yekutieli_reject(p: list[float], level: float) -> None:
    values = np.array(p)
    harmonic = (1 / np.arange(1, len(p) + 1)).sum()
    expected = benjamini_hochberg(np.minimum(values * harmonic, 1e300)) <= level
    raw = np.sort(values) * len(p) * harmonic / np.arange(1, len(p) + 1)
    if np.abs(raw - level).min() > 1e-9:  # at the edge rounding decides
        assert (e_benjamini_hochberg(e_values(values, level), level) == expected).all()


@pytest.mark.parametrize("k", [1, 5, 40])
def test_an_e_value_is_one_on_average_where_nothing_differs(k: int) -> None:
    largest = 0.05 / (1 / np.arange(1, k + 1)).sum()  # e-values of larger p are 0
    grid = largest * (np.arange(4_000) + 0.5) / 4_000
    assert np.mean([e_values(np.full(k, p), 0.05)[0] for p in grid]) * largest == pytest.approx(1.0, rel=0.01)
