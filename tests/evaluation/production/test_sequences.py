"""Confidence sequences are the published mixtures, and their chances those of simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mlsys.evaluation.production.sequences import (
    found_by,
    half_width,
    mixing,
    one_sided_width,
    p_values,
    planned_information,
    sequential_information,
    share_evidence,
    share_interval_at_all_looks,
)


@pytest.mark.parametrize("information", [3.0, 100.0, 4_000.0])
def test_the_interval_ends_where_the_mixture_of_normal_bets_has_won_one_over_alpha(information: float) -> None:
    mixture, alpha = 50.0, 0.05
    moved = float(half_width(information, mixture, alpha)) * information

    def bet(size: float) -> float:
        return float(np.exp(size * moved - size**2 * information / 2) * norm.pdf(size, scale=mixture**-0.5))

    at = moved / (information + mixture)
    won, _ = quad(bet, at - 12 / np.sqrt(information + mixture), at + 12 / np.sqrt(information + mixture), limit=200)
    assert won == pytest.approx(1 / alpha, rel=1e-6)


def test_the_p_value_is_alpha_where_the_interval_ends() -> None:
    known = np.array([700.0])
    assert p_values(half_width(known, 40.0, 0.03), known, 40.0)[0] == pytest.approx(0.03)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_a_sequence_is_narrowest_where_it_was_planned(alpha: float) -> None:
    planned = mixing(1_000, alpha)
    for other in (0.8 * planned, 1.25 * planned):
        assert half_width(1_000, planned, alpha) < half_width(1_000, other, alpha)


def test_one_side_alone_is_narrower() -> None:
    known = np.geomspace(1, 1e6, 20)
    assert (one_sided_width(known, 100.0, 0.05) < half_width(known, 100.0, 0.05)).all()


def test_the_chance_of_finding_an_effect_is_that_of_simulations() -> None:
    effect, alpha = 0.1, 0.05
    information = 1.4 * planned_information(effect, alpha, 0.8)
    mixture = mixing(information / 1.4, alpha)
    looks = np.arange(1, 21) * information / 20
    rng = np.random.default_rng(0)
    walk = np.cumsum(effect * information / 20 + rng.normal(0, np.sqrt(information / 20), (20_000, 20)), axis=1)
    found = (walk / looks > half_width(looks, mixture, alpha)).any(axis=1).mean()
    assert found_by(information, effect, mixture, alpha) == pytest.approx(found, abs=0.012)


def test_the_planned_information_has_the_power() -> None:
    information = sequential_information(0.1, 0.05, 0.9)
    mixture = mixing(planned_information(0.1, 0.05, 0.9), 0.05)
    assert found_by(information, 0.1, mixture, 0.05) == pytest.approx(0.9)


def test_evidence_of_a_share_is_the_integral_of_likelihood_ratios() -> None:
    hits, rows, share = 14.0, 20.0, 0.3
    ratio, _ = quad(lambda p: (p / share) ** hits * ((1 - p) / (1 - share)) ** (rows - hits), 0, 1)
    assert share_evidence(np.array([hits]), np.array([rows]), share)[0] == pytest.approx(ratio)


@pytest.mark.parametrize(("hits", "rows"), [(0, 5), (5, 5), (1, 1), (3, 9), (700, 1_000)])
def test_the_interval_of_a_share_holds_it_and_ends_within_zero_and_one(hits: int, rows: int) -> None:
    lower, upper = share_interval_at_all_looks(hits, rows, 0.05)
    assert 0 <= lower <= hits / rows <= upper <= 1
