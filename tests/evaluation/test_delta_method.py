"""Slopes are those of the metric itself, and variances those of many data sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.evaluation.delta_method import added_by_rows, ends_of, variance_of
from mlsys.evaluation.metrics import metric_named
from mlsys.evaluation.sample import Sample
from mlsys.summaries.wilson import wilson

BINARY = ["recall", "precision", "f1", "f2", "mcc", "balanced_accuracy", "roc_auc", "average_precision", "log_loss",
          "brier"]  # fmt: skip
MANY = ["accuracy", "macro_f1", "mcc", "balanced_accuracy", "macro_roc_auc", "top_2_accuracy", "log_loss"]
NUMBERS = ["mae", "rmse", "r2", "d2_poisson", "poisson_deviance", "pinball_0.9"]


def a_sample(task: str, seed: int, rows: int = 60, classes: int = 2, weighted: bool = True) -> Sample:
    """Rows of a model of some skill, with ties among their scores and a weight each."""
    rng = np.random.default_rng(seed)
    weight = rng.exponential(size=rows) + 0.1 if weighted else np.ones(rows)
    if task == "numbers":
        y = np.abs(rng.normal(3, 1, rows)) + 0.1
        return Sample(y, np.abs(y + rng.normal(0, 0.7, rows)) + 0.1, None, weight, ())
    y = rng.integers(0, classes, rows)
    shares = rng.dirichlet(np.ones(classes), rows) + 0.6 * np.eye(classes)[y]
    shares = np.round(shares / shares.sum(axis=1, keepdims=True), 1) + 0.01
    shares /= shares.sum(axis=1, keepdims=True)
    names = tuple(map(str, range(classes)))
    return Sample(y.astype(float), shares.argmax(axis=1).astype(float), shares, weight, names)


CASES = [*(("binary", name) for name in BINARY), *(("many", name) for name in MANY),
         *(("numbers", name) for name in NUMBERS)]  # fmt: skip


@pytest.mark.parametrize(("task", "name"), CASES)
@settings(max_examples=5)
@given(seed=st.integers(0, 10_000))
def test_what_a_row_adds_is_how_the_metric_changes_with_its_weight(task: str, name: str, seed: int) -> None:
    sample, metric = a_sample(task, seed, classes=4 if task == "many" else 2), metric_named(name)
    added = added_by_rows(metric, sample)
    assert added is not None
    assert added.sum() == pytest.approx(0, abs=1e-6)  # twice the weight for all rows leaves a metric as it is
    for row in (0, 7, 31):
        times = np.ones(len(sample))
        up, down = (metric(sample.drawn(times + share * (np.arange(len(times)) == row))) for share in (1e-5, -1e-5))
        assert added[row] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-8)


def test_the_variance_of_a_mean_is_that_of_the_mean(rng: np.random.Generator) -> None:
    sample = a_sample("numbers", 1, weighted=False)
    errors = np.abs(sample.y - sample.prediction)
    added: Any = added_by_rows(metric_named("mae"), sample)
    assert variance_of(added, None) == pytest.approx(errors.var(ddof=1) / len(errors))


def test_between_groups_rows_that_are_there_twice_tell_no_more(rng: np.random.Generator) -> None:
    once = a_sample("binary", 3)
    twice = once.taken(np.repeat(np.arange(len(once)), 2))
    metric = metric_named("f1")
    one, other = (added_by_rows(metric, each) for each in (once, twice))
    assert one is not None and other is not None
    codes = np.repeat(np.arange(len(once)), 2)
    assert variance_of(other, codes) == pytest.approx(variance_of(one, None))
    assert variance_of(other, None) < 0.6 * variance_of(one, None)


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert ends_of(0.3, 0.3 * 0.7 / 50, 1e9, 0.9, (0, 1)) == pytest.approx(wilson(15, 50, 0.9))


@pytest.mark.parametrize(
    ("bounds", "value"), [((0, 1), 0.02), ((-1, 1), -0.97), ((0, np.inf), 0.1), ((-np.inf, 1), 0.9)]
)
def test_ends_stay_inside_the_bounds_and_around_the_value(bounds: tuple[float, float], value: float) -> None:
    lower, upper = (float(end) for end in ends_of(value, 0.01, 12, 0.99, bounds))
    assert bounds[0] <= lower < value < upper <= bounds[1]


def test_few_units_give_wider_ends_than_many() -> None:
    few, many = (ends_of(2.0, 0.04, units, 0.95) for units in (10, 1_000))
    assert few[1] - 2.0 == pytest.approx((many[1] - 2.0) * 2.262 / 1.962, rel=1e-3)


def test_a_value_that_cannot_vary_is_certain_unless_it_lies_at_a_bound() -> None:
    assert ends_of(0.5, 0.0, 40, 0.95, (0, 1)) == (0.5, 0.5)
    lower, upper = ends_of(1.0, 0.0, 1e9, 0.95, (0, 1))
    assert upper == 1.0 and 0.999 < lower < 1.0
    assert ends_of(1.0, 0.0, 10, 0.95, (0, 1))[0] < 0.8
    assert ends_of(0.0, 0.0, 10, 0.95, (0, np.inf)) == (0.0, 0.0)
