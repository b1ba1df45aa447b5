"""The interval of the ROC AUC covers the truth, also near 1, and says something there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlsys.evaluation.intervals import delong

DRAWS = 400


@pytest.mark.parametrize(
    ("events", "others", "truth"),
    [
        (20, 500, 0.999),
        (20, 500, 0.99),
        (50, 80, 0.99),
        (300, 300, 0.995),
        (20, 500, 0.95),
        (20, 20, 0.8),
        (200, 1000, 0.7),
    ],
)
def test_covers_the_area_of_two_normal_scores(events: int, others: int, truth: float, rng: np.random.Generator) -> None:
    event = np.arange(events + others) < events
    covered = 0
    for _ in range(DRAWS):
        score = rng.normal(size=len(event)) + event * norm.ppf(truth) * np.sqrt(2)
        _, lower, upper = delong(event, score)
        covered += lower <= truth <= upper
    chance = 3 * np.sqrt(0.05 * 0.95 / DRAWS)
    assert covered / DRAWS > 0.95 - chance


@pytest.mark.parametrize(("events", "lowest"), [(20, 0.93), (200, 0.99)])
def test_a_perfect_ranking_has_a_useful_interval(events: int, lowest: float) -> None:
    event = np.arange(10 * events) < events
    area, lower, upper = delong(event, event.astype(float) + np.linspace(0, 0.5, len(event)))
    assert area == pytest.approx(1.0) and upper == pytest.approx(1.0)
    assert lowest < lower < 1.0


def test_a_constant_score_is_a_half_for_certain() -> None:
    assert delong(np.arange(40) < 15, np.full(40, 0.3)) == (0.5, 0.5, 0.5)


def test_moderate_areas_have_delongs_width(rng: np.random.Generator) -> None:
    event = rng.random(5_000) < 0.3
    score = rng.normal(size=5_000) + event
    area, lower, upper = delong(event, score)
    positives, negatives = score[event], score[~event]
    placed = (positives[:, None] > negatives).astype(float)
    variance = placed.mean(axis=1).var(ddof=1) / len(positives) + placed.mean(axis=0).var(ddof=1) / len(negatives)
    assert (upper - lower) / 2 == pytest.approx(1.96 * np.sqrt(variance), rel=0.02)
    assert lower < area < upper
