"""The Pareto front: what no other run beats in score and cost, told and drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import Pipeline, RandomSplit, Train, compare
from mlsys.errors import ConfigurationError
from mlsys.outcome.pareto import SAME, front

POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=8)


@given(POINTS, st.booleans())
def test_the_front_is_what_a_brute_force_finds(points: list[tuple[int, int, int]], greater: bool) -> None:
    table = pd.DataFrame(points, columns=["value", "ms", "kB"]).assign(run=lambda each: each.index.astype("str"))
    sign = 1 if greater else -1

    def beats(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
        no_worse = sign * one[0] >= sign * other[0] and one[1] <= other[1] and one[2] <= other[2]
        return no_worse and one != other

    kept = [str(place) for place, each in enumerate(points) if not any(beats(other, each) for other in points)]
    assert front(table, greater, ["ms", "kB"]) == kept


def test_costs_that_are_about_equal_do_not_decide() -> None:
    table = pd.DataFrame({"run": ["a", "b"], "value": [0.8, 0.8], "ms": [1.0, 1.0 + SAME / 2]})
    assert front(table, True, ["ms"]) == ["a", "b"]


def test_an_unknown_cost_is_not_held_against_a_run() -> None:
    table = pd.DataFrame({"run": ["a", "b"], "value": [0.8, 0.9], "ms": [1.0, np.nan]})
    assert front(table, True, ["ms"]) == ["b"]


def test_runs_are_drawn_by_score_and_cost() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    frame["y"] = (frame["a"] + rng.normal(size=400) > 0).astype(int)
    pipeline = Pipeline([RandomSplit(), Train(LogisticRegression())], target="y")
    variants = pipeline.variants(linear={}, neighbours={"Train": KNeighborsClassifier(1)})
    compared = compare(variants.run(frame, track=False, cache=False))
    assert "linear" in compared.front
    axes = Figure().subplots()
    assert compared.pareto("size", axes) is axes and axes.get_xlabel() == "kB of the model"
    said = [each.get_text() for each in axes.texts]
    assert any(each.startswith("linear") for each in said) and any(each.startswith("neighbours") for each in said)
    with pytest.raises(ConfigurationError, match="did you mean 'latency'"):
        compared.pareto("latenzy")
