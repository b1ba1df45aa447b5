"""Comparing runs without a target: values as they were measured, their differences, and how far they say the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from mlsys.errors import ConfigurationError
from mlsys.evaluation import Evaluation
from mlsys.evaluation.intervals import Interval
from mlsys.outcome.comparing_alone import difference_alone, refuse_unlike, sameness, values_alone


def evaluation(task: str = "clusters", said: str = "nothing", **values: float) -> Evaluation:
    rows = [
        {"part": "validation", "model": "model", "slice": "all", "metric": name, "value": value, "lower": value - 0.1,
         "upper": value + 0.1, "n": 10, "verdict": ""}
        for name, value in values.items()
    ]  # fmt: skip
    return Evaluation("evaluate", pd.DataFrame(rows), task=task, headline="stability", nothing_beside=said)


def test_values_are_those_of_each_evaluation() -> None:
    found = values_alone({"a": evaluation(stability=0.8), "b": evaluation(stability=0.5)}, "stability")
    assert [(each.value, round(each.lower, 9)) for each in found.values()] == [(0.8, 0.7), (0.5, 0.4)]
    with pytest.raises(ConfigurationError, match="'silhouette'.: a was evaluated by stability"):
        values_alone({"a": evaluation(stability=0.8)}, "silhouette")


def test_a_difference_of_normal_means_has_the_interval_of_their_variances_together() -> None:
    one, other = (Interval(value, value - half, value + half, 10, "") for value, half in ((2.0, 0.3), (1.0, 0.4)))
    gap = difference_alone(one, other)
    assert (gap.value, gap.lower, gap.upper) == pytest.approx((1.0, 0.5, 1.5))


def test_clusters_say_the_same_whatever_their_numbers_are() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 3, 100), rng.integers(0, 4, 100)
    frames = [pd.DataFrame({"prediction": each}) for each in (one, other, 2 - one)]
    assert sameness(frames[0], frames[1]) == pytest.approx(adjusted_rand_score(one, other))
    assert sameness(frames[0], frames[2]) == pytest.approx(1.0)


def test_scores_say_the_same_where_their_order_is() -> None:
    scores = np.random.default_rng(1).normal(size=50)
    frames = [pd.DataFrame({"prediction": each > 0, "score_False": -each, "score_True": each})
              for each in (scores, np.exp(scores), -scores)]  # fmt: skip
    assert sameness(frames[0], frames[1]) == pytest.approx(1.0)
    assert sameness(frames[0], frames[2]) == pytest.approx(-1.0)


def test_what_cannot_be_compared_is_said_in_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match="truth is known, but a was evaluated without a target, and b with"):
        refuse_unlike({"a": evaluation(), "b": evaluation(said="")})
    with pytest.raises(ConfigurationError, match="different things: a finds clusters, b finds anomalies"):
        refuse_unlike({"a": evaluation(), "b": evaluation("anomalies")})
