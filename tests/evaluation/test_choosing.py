"""The score of the best of several is corrected for the choice, and about right where the truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Metric
from mlsys.evaluation.choosing import Bags, ChosenScore, chosen_score
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.sample import Sample

CLASSES = ["False", "True"]


def sample(y: Any, score: Any) -> Sample:
    p = 1 / (1 + np.exp(-np.asarray(score)))
    frame = pd.DataFrame({"y": y, "prediction": p > 0.5, "probability_False": 1 - p, "probability_True": p})
    return Sample.of(frame, CLASSES)


def guesses(rows: int, models: int, rng: np.random.Generator) -> list[Sample]:
    """Models that know nothing: whatever the best of them scores beyond a half is luck."""
    y = rng.random(rows) < 0.5
    return [sample(y, rng.normal(size=rows)) for _ in range(models)]


def chosen(models: list[Sample], metric: Any, codes: Any = None) -> tuple[float, ChosenScore]:
    bags = Bags(len(models[0]), codes)
    values, drawn = [metric(each) for each in models], [bags.values(metric, each) for each in models]
    best = max(values) if metric.greater_is_better else min(values)
    return best, chosen_score(values, drawn, drawn[0], metric.greater_is_better, bounds=metric.bounds)


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "brier"])
def test_luck_among_guesses_is_taken_off(name: str) -> None:
    metric = metric_named(name)
    found = [chosen(guesses(200, 20, np.random.default_rng(seed)), metric) for seed in range(8)]
    sign = 1 if metric.greater_is_better else -1
    truth = {"accuracy": 0.5, "roc_auc": 0.5, "brier": 0.293}[name]
    naive = np.mean([sign * (best - truth) for best, _ in found])
    corrected = np.mean([sign * (each.value - truth) for _, each in found])
    assert naive > 0.015 and abs(corrected) < 0.45 * naive
    assert all(each.optimism >= 0 and each.lower <= each.value <= each.upper for _, each in found)


def test_one_candidate_is_not_corrected_by_much() -> None:
    best, found = chosen(guesses(400, 1, np.random.default_rng(0)), metric_named("roc_auc"))
    assert abs(found.value - best) < 0.01 and found.gain == found.gain_lower == found.gain_upper == 0


def test_a_clear_winner_keeps_its_score_and_its_gain() -> None:
    rng = np.random.default_rng(1)
    y = rng.random(600) < 0.5
    models = [sample(y, strength * y + rng.normal(size=600)) for strength in (0.1, 3.0, 0.2)]
    best, found = chosen(models, metric_named("roc_auc"))
    assert found.value == pytest.approx(best, abs=0.005) and found.gain_lower > 0.3


def test_an_own_function_agrees_with_the_metric_that_it_is() -> None:
    models = guesses(300, 10, np.random.default_rng(2))
    own = Metric("mine", lambda y, prediction: float((y == prediction).mean()), bounds=(0, 1))
    one, other = chosen(models, own)[1], chosen(models, metric_named("accuracy"))[1]
    assert one.value == pytest.approx(other.value, abs=0.02)


def test_rows_of_a_group_are_drawn_together() -> None:
    """Each row stands ten times: drawn by rows, the copies betray what the others chose."""
    rng = np.random.default_rng(3)
    y, scores = np.repeat(rng.random(60) < 0.5, 10), [np.repeat(rng.normal(size=60), 10) for _ in range(20)]
    models, codes = [sample(y, each) for each in scores], np.repeat(np.arange(60), 10)
    together, apart = (chosen(models, metric_named("accuracy"), each)[1] for each in (codes, None))
    assert together.optimism > apart.optimism and together.upper - together.lower > apart.upper - apart.lower


def test_a_metric_without_interval_is_not_corrected() -> None:
    metric = Metric("slow", lambda y, prediction: float((y == prediction).mean()), interval="none")
    found = chosen(guesses(50, 3, np.random.default_rng(0)), metric)[1]
    assert np.isnan([found.value, found.lower, found.gain]).all()


def test_many_rows_are_drawn_in_blocks_with_the_same_spread() -> None:
    rng = np.random.default_rng(4)
    y = rng.random(40_000) < 0.5
    one = sample(y, y + rng.normal(size=40_000))
    inside, outside = Bags(40_000).values(metric_named("accuracy"), one)
    share = metric_named("accuracy")(one)
    expected = np.sqrt(share * (1 - share) / 40_000)
    assert inside.std() == pytest.approx(expected, rel=0.2)
    assert outside.std() == pytest.approx(expected * np.sqrt(np.e - 1), rel=0.2)


@pytest.mark.long
@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "log_loss"])
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_corrected_interval_holds_the_truth(name: str, spread: float) -> None:
    metric, held, far = metric_named(name), [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y, skills, values, models, truth = rng.random(20_500) < 0.4, rng.normal(1, spread, 20), [], [], []
        shared = rng.normal(size=len(y))
        for skill in skills:
            score = skill * y + 0.7 * shared + 0.7 * rng.normal(size=len(y)) - 0.5
            models.append(sample(y[:500], score[:500]))
            values.append(metric(models[-1]))
            truth.append(metric(sample(y[500:], score[500:])))
        found = chosen(models, metric)[1]
        place = int(np.argmax(values) if metric.greater_is_better else np.argmin(values))
        held.append(found.lower <= truth[place] <= found.upper)
        far.append(abs(found.value - truth[place]) <= found.upper - found.lower)
    assert np.mean(held) >= 0.88 and all(far)
